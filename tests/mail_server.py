"""A real mail server on a free port, that keeps what it takes and refuses what a test wants refused."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "mainstay", "an open secret"


@dataclass
class Post:
    """What has come; `refuse` answers for an address instead of taking its mail."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    was_encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802 – aiosmtpd names it
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        self.taken.append(message)
        self.was_encrypted.append(session.ssl is not None)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.taken if str(message["To"]) == address]


def _knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, proof: Any) -> AuthResult:
    right = isinstance(proof, LoginPassword) and (proof.login, proof.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right)


@asynccontextmanager
async def mail_server(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[Post]:
    """Listens while inside; with `tls` it takes nothing before STARTTLS and a login."""
    post = Post()

    def talk() -> SMTP:
        guarded: dict[str, Any] = {"tls_context": tls, "require_starttls": True, "auth_required": True} if tls else {}
        return SMTP(post, hostname="localhost", authenticator=_knows, enable_SMTPUTF8=False, **guarded)

    server = await asyncio.get_running_loop().create_server(talk, "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    async with server:
        yield post


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")
