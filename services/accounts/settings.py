"""What an operator can set for the accounts service."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from shared.mail_settings import MailSettings
from shared.settings import SECRET


class AccountsSettings(MailSettings):
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
    bank_key_id: str = Field(
        "development", pattern=r"^[a-z0-9-]{1,40}$", description="name of the key that seals bank details now"
    )
    bank_key: str = Field(
        "for development only",
        min_length=16,
        description="seals bank details in the database",
        json_schema_extra=SECRET,
        repr=False,
    )
    bank_key_id_before: str = Field(
        "", pattern=r"^[a-z0-9-]{0,40}$", description="name of the key before, while details are sealed with it"
    )
    bank_key_before: str = Field(
        "", description="the key before; needed until `mainstay bank-keys rotate` has found nothing left", repr=False
    )

    @model_validator(mode="after")
    def _keys_have_names_of_their_own(self) -> Self:
        if bool(self.bank_key_before) != bool(self.bank_key_id_before):
            raise ValueError("BANK_KEY_BEFORE and BANK_KEY_ID_BEFORE are set together")
        if self.bank_key_before and self.bank_key_id_before == self.bank_key_id:
            raise ValueError("BANK_KEY_ID_BEFORE names another key than BANK_KEY_ID")
        return self
