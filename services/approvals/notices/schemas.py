"""Shapes of addresses and notices over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Address = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$")]


class AddressGiven(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"address": "lawyer@mainstay.example", "language": "zh"}]}
    )

    address: Address
    language: Literal["en", "zh"] | None = Field(None, description="left out: mails are in both languages")


class AddressShown(BaseModel):
    user_id: str
    address: str
    language: Literal["en", "zh"] | None
    changed_at: datetime


class NoticeShown(BaseModel):
    """What somebody was, or was not, told by mail."""

    id: UUID
    user_id: str
    request_id: UUID
    step: str = Field(description="empty where it is about the whole request")
    kind: str = Field(examples=["reminded"])
    noted_at: datetime
    mail_state: str = Field(description="waiting, sent, given_up or needless", examples=["sent"])
    mail_tries: int
    mail_sent_at: datetime | None
    mail_failure: str | None = Field(description="of the last try", examples=["unreachable"])
