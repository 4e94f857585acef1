"""An e-mail kept as evidence, read for who sent what to whom and when; its attachments are never unpacked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

HEADERS_WITHIN = 256 * 1024  # the headers of a real mail end long before; the rest of the file is not read
LONGEST = 500


class NotAMail(ValueError):
    """The file has no sender or no date, so it proves nothing."""


@dataclass(frozen=True, slots=True)
class Mail:
    """As its headers say: addresses, subject, and the sender's clock in UTC."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    sent_at: datetime


def read_mail(path: Path) -> Mail:
    """The mail in an EML file; raises NotAMail. File names in it are never used as paths."""
    with path.open("rb") as file:
        head = file.read(HEADERS_WITHIN)
    try:
        # The plain policy: a header that no standard allows is still a text and never an error of ours.
        message = BytesParser(policy=policy.compat32).parsebytes(head, headersonly=True)
        sender = _addresses(message.get_all("From", []))
        sent_at = parsedate_to_datetime(str(message["Date"]))
        recipients = _addresses([*message.get_all("To", []), *message.get_all("Cc", [])])
    except (ValueError, TypeError, OverflowError) as wrong:
        raise NotAMail(str(wrong)) from wrong
    if len(sender) != 1:
        raise NotAMail("one sender is needed")
    if sent_at.tzinfo is None:
        sent_at = sent_at.replace(tzinfo=UTC)
    return Mail(sender[0], recipients, _subject(message["Subject"]), sent_at.astimezone(UTC))


def _addresses(headers: Sequence[object]) -> tuple[str, ...]:
    found = (address for _, address in getaddresses([str(header) for header in headers]))
    return tuple(address[:LONGEST] for address in found if "@" in address)


def _subject(header: object) -> str:
    if header is None:
        return ""
    try:
        said = policy.default.header_factory("Subject", str(header))
    except (ValueError, IndexError, LookupError):
        said = str(header)
    return "".join(letter for letter in str(said) if letter.isprintable())[:LONGEST]
