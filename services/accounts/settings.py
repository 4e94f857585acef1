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
    signing_key_secret: str = Field(
        "for development only",
        min_length=16,
        description="seals the issuer's private keys in the database",
        json_schema_extra=SECRET,
        repr=False,
    )
    signing_key_days: int = Field(30, ge=1, description="days one key signs before the next takes over")
    access_token_s: int = Field(300, ge=10, le=3600, description="seconds an access token is good for")
    refresh_token_days: int = Field(14, ge=1, description="days an unused session can be taken up again")
