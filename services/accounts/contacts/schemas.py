"""Shapes of the contact log over HTTP."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.accounts.contacts.domain import ContactKind
from services.accounts.dossiers.schemas import Request, UserId
from services.accounts.evidence import HASH
from shared.http.moments import Day

Note = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
FileHash = Annotated[str, StringConstraints(pattern=HASH)]


class NewContact(Request):
    """A call, mail, visit or meeting as it happened."""

    kind: ContactKind = Field(examples=["visit"])
    on_day: Day = Field(description="the local day it happened", examples=["2021-02-03"])
    note: Note = Field(examples=["needs twelve demo handsets for the new shop"])
    made_by: UserId | None = Field(None, description="user who met the customer; the caller where left out")
    form_hash: FileHash | None = Field(None, description="the record form, uploaded before")


class NewAccountContact(NewContact):
    account_id: str


class RecordForm(Request):
    file_hash: FileHash = Field(description="the record form, uploaded before")


class ContactOut(BaseModel):
    id: str
    account_id: str
    kind: ContactKind
    on_day: date
    note: str
    made_by: str
    logged_by: str
    form_hash: str | None
    recorded_at: AwareDatetime
