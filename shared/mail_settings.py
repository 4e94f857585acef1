"""How a service that writes mail reaches its mail server; without a host none is written."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from shared.mail import MailServer, Security
from shared.settings import ServiceSettings

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class MailSettings(ServiceSettings):
    """Settings of a service that writes mail."""

    smtp_host: str = Field("", description="mail server; empty: no mail is written")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    smtp_tls: Security = Field(
        "starttls", description="starttls, tls from the first byte, or none; production takes none on this machine only"
    )
    smtp_ca_file: Path | None = Field(None, description="PEM file of who vouches for the mail server, where it is ours")
    smtp_user: str = Field("", description="login at the mail server; empty: none")
    smtp_password: str = Field("", description="password of that login; better SMTP_PASSWORD_FILE", repr=False)
    mail_from: str = Field("", description="address that mail comes from")
    mail_links_url: str = Field("", description="where people open what a mail links to: a link's path is put behind")

    @property
    def mail_server(self) -> MailServer | None:
        """Where mail is handed over; none where no host is set."""
        if not self.smtp_host:
            return None
        return MailServer(
            host=self.smtp_host,
            port=self.smtp_port,
            security=self.smtp_tls,
            sender=self.mail_from,
            user=self.smtp_user,
            password=self.smtp_password,
            ca_file=self.smtp_ca_file,
        )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise ValueError("SMTP_USER and SMTP_PASSWORD are set together")
        if not self.smtp_host:
            return self
        if "@" not in self.mail_from or not self.mail_links_url.startswith(("http://", "https://")):
            raise ValueError("SMTP_HOST needs MAIL_FROM, an address, and MAIL_LINKS_URL, a web address")
        if self.smtp_tls == "none" and self.environment == "production" and self.smtp_host not in THIS_MACHINE:
            raise ValueError("production writes no mail over an open line: SMTP_TLS must be starttls or tls")
        return self
