"""Rows that are to be mailed: tried with growing pauses, at least once, and given up where a person sees it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import DateTime, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from shared.db.session import commit
from shared.mail import Mail, MailServer, Outcome, deliver
from shared.titled import Titled

AT_ONCE = 20
RETRY_AFTER = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)

log = structlog.get_logger(__name__)


class MailState(Titled):
    WAITING = "waiting", "waiting to be sent", "待发送"
    SENT = "sent", "sent", "已发送"
    GIVEN_UP = "given_up", "given up", "已放弃"
    NEEDLESS = "needless", "not needed any more", "无需发送"


class Unsent(Titled):
    """Why a mail was not even tried."""

    NO_ADDRESS = "no_address", "there is no address", "无邮箱地址"
    NEEDLESS = "needless", "it says nothing any more", "内容已失效"


def _instant() -> MappedColumn[datetime | None]:
    return mapped_column(DateTime(timezone=True))


class Mailed:
    """Columns of a row that is mailed; `mail_state` is empty where nobody wants it mailed. Never an address."""

    id: Mapped[str]
    mail_state: Mapped[str | None]
    mail_tries: Mapped[int] = mapped_column(default=0)
    mail_next_at: Mapped[datetime | None] = _instant()
    mail_sent_at: Mapped[datetime | None] = _instant()
    mail_failure: Mapped[str | None]


Row = TypeVar("Row", bound=Mailed)
Compose = Callable[[AsyncSession, Row], Awaitable[Mail | Unsent]]


def wish_mail(row: Mailed, *, now: datetime) -> None:
    """The row is mailed by the worker from now on."""
    row.mail_state, row.mail_tries, row.mail_next_at, row.mail_failure = MailState.WAITING, 0, now, None


async def send_waiting(
    session: AsyncSession, rows: type[Row], *, server: MailServer, compose: Compose[Row], now: datetime
) -> int:
    """Send what is due, each try committed before it is made: a crash sends again, later. Returns how many were sent.

    `compose` reads what a row needs when it is sent, its address too; what came of it is left to the caller's commit.
    """
    letters: list[tuple[Row, Mail]] = []
    for row in await _due(session, rows, now=now):
        letter = await compose(session, row)
        if isinstance(letter, Mail):
            row.mail_tries += 1
            row.mail_next_at = now + RETRY_AFTER[min(row.mail_tries, len(RETRY_AFTER)) - 1]
            letters.append((row, letter))
        else:
            _end(row, MailState.NEEDLESS if letter is Unsent.NEEDLESS else MailState.GIVEN_UP, because=letter)
    await commit(session)
    outcomes = await deliver(server, [letter for _, letter in letters])
    for (row, _), outcome in zip(letters, outcomes, strict=True):
        _note(row, outcome, now=now)
    await session.flush()
    return outcomes.count(Outcome.SENT)


async def _due(session: AsyncSession, rows: type[Row], *, now: datetime) -> list[Row]:
    query = select(rows).where(rows.mail_state == MailState.WAITING, rows.mail_next_at <= now)
    locked = query.order_by(rows.mail_next_at, rows.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    return list(await session.scalars(locked.execution_options(populate_existing=True)))


def _note(row: Mailed, outcome: Outcome, *, now: datetime) -> None:
    if outcome is Outcome.SENT:
        row.mail_state, row.mail_sent_at, row.mail_next_at, row.mail_failure = MailState.SENT, now, None, None
    elif outcome is Outcome.REFUSED or row.mail_tries > len(RETRY_AFTER):
        _end(row, MailState.GIVEN_UP, because=outcome)
    else:
        row.mail_failure = outcome


def _end(row: Mailed, state: MailState, *, because: Titled) -> None:
    row.mail_state, row.mail_next_at, row.mail_failure = state, None, because
    if state is MailState.GIVEN_UP:
        log.warning("mail_given_up", what=type(row).__name__, id=row.id, because=str(because), tries=row.mail_tries)
