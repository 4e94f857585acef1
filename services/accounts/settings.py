"""What an operator can set for the accounts service."""

from typing import ClassVar

from pydantic import Field

from shared.settings import SECRET, ServiceSettings


class AccountsSettings(ServiceSettings):
    service: ClassVar[str] = "accounts"

    database_url: str = Field(
        "postgresql://accounts:accounts@127.0.0.1:5432/accounts",
        description="the service's own PostgreSQL database",
        json_schema_extra=SECRET,
        repr=False,
    )
    port: int = Field(8101, ge=0, le=65535, description="port of the API")
