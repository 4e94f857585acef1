"""Mail over SMTP: plain text to one person, handed over in a thread; what it says and to whom is never logged."""

import asyncio
import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from pathlib import Path
from typing import Literal

import structlog
from prometheus_client import Counter

from shared.titled import Titled

ANSWER_WITHIN_S = 10.0
BATCH_WITHIN_S = 120.0

Security = Literal["starttls", "tls", "none"]

MAILS = Counter("mainstay_mails", "Mails handed to the mail server, by what came of it", ["outcome"])

log = structlog.get_logger(__name__)


class Outcome(Titled):
    SENT = "sent", "taken by the mail server", "邮件服务器已接收"
    REFUSED = "refused", "the mail server refuses it for good", "邮件服务器拒收"
    PUT_OFF = "put_off", "the mail server does not take it now", "邮件服务器暂不接收"
    UNREACHABLE = "unreachable", "the mail server is not reached", "无法连接邮件服务器"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over; `ca_file` names who vouches for a server that the machine does not know."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """`id` is the same each time it is sent, so that a mail that comes twice is known to be one."""

    id: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)


async def deliver(server: MailServer, mails: Sequence[Mail]) -> list[Outcome]:
    """Hand them over one by one; what came of each, in their order. Never raises for what a server or network does."""
    outcomes = await asyncio.to_thread(_deliver, server, mails) if mails else []
    for outcome in outcomes:
        MAILS.labels(outcome).inc()
    return outcomes


def _deliver(server: MailServer, mails: Sequence[Mail]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    until = time.monotonic() + BATCH_WITHIN_S
    try:
        with _connected(server) as smtp:
            for mail in mails:
                if time.monotonic() > until:
                    break
                outcomes.append(_hand_over(smtp, server, mail))
    except (OSError, smtplib.SMTPException) as error:
        # The text of such an error may name who was written to.
        log.warning("mail_server_failed", host=server.host, error=type(error).__name__)
    return outcomes + [Outcome.UNREACHABLE] * (len(mails) - len(outcomes))


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    trust = ssl.create_default_context(cafile=server.ca_file)
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=ANSWER_WITHIN_S, context=trust)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=ANSWER_WITHIN_S)
    with smtp:
        if server.security == "starttls":
            smtp.starttls(context=trust)
        if server.user:
            smtp.login(server.user, server.password)
        yield smtp


def _hand_over(smtp: smtplib.SMTP, server: MailServer, mail: Mail) -> Outcome:
    try:
        smtp.send_message(_message(server, mail))
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPRecipientsRefused as refused:
        return _by_code(max(code for code, _ in refused.recipients.values()))
    except smtplib.SMTPSenderRefused:
        return Outcome.PUT_OFF  # our own address is refused: the settings are wrong, not the mail
    except smtplib.SMTPDataError as refused:
        return _by_code(refused.smtp_code)
    except (smtplib.SMTPNotSupportedError, MessageError, ValueError, IndexError):
        return Outcome.REFUSED  # no address that this server can write to
    return Outcome.SENT


def _by_code(code: int) -> Outcome:
    return Outcome.REFUSED if code >= 500 else Outcome.PUT_OFF


def _message(server: MailServer, mail: Mail) -> EmailMessage:
    """Raises MessageError, ValueError or IndexError for what is no address of one mailbox."""
    sender = Address(addr_spec=server.sender)
    message = EmailMessage()
    message["From"], message["To"] = sender, Address(addr_spec=mail.to)
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = localtime()
    message["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
