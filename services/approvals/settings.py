"""What an operator can set for the approvals service."""

from typing import ClassVar

from pydantic import Field

from shared.mail_settings import MailSettings
from shared.settings import SECRET


class ApprovalsSettings(MailSettings):
    service: ClassVar[str] = "approvals"

    database_url: str = Field(
        "postgresql://approvals:approvals@127.0.0.1:5432/approvals",
        description="the service's own PostgreSQL database",
        json_schema_extra=SECRET,
        repr=False,
    )
    port: int = Field(8103, ge=0, le=65535, description="port of the API")
