"""A statement is a pure reading of the ledger at one journal position: asked again, it is the same to the byte."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.judging import Judge
from services.rewards.ledger.domain import BalanceOf
from services.rewards.ledger.repository import balances_at, postings_of
from services.rewards.settlement import repository
from services.rewards.settlement.domain import Line, lines, totals, waiting
from services.rewards.settlement.models import ClosedPeriod, StatementRow
from shared import journal
from shared.money import Money

Judges = Mapping[str, Judge]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose statement of which month, as known at which instant (None: now)."""

    beneficiary: str
    period: str
    known_at: datetime | None
    now: datetime
    this_month: str


@dataclass(frozen=True, slots=True)
class Statement:
    """`statement_id` is None while it is provisional; `waiting` stands beside it and is in no total."""

    statement_id: UUID | None
    beneficiary: str
    period: str
    position: int
    lines: tuple[Line, ...]
    totals: tuple[Money, ...]
    waiting: tuple[tuple[BalanceOf, int], ...]


async def statement(session: AsyncSession, asked: Asked) -> Statement | None:
    """The issued one where the month was closed by then, else a provisional one; None where there is nothing."""
    closed = await repository.closed_period(session, asked.period)
    if closed is not None and (asked.known_at is None or asked.known_at >= closed.closed_at):
        row = await repository.statement_of(session, beneficiary=asked.beneficiary, period=asked.period)
        return await issued(session, row) if row else None
    return await _provisional(session, asked, closed)


async def issued(session: AsyncSession, row: StatementRow) -> Statement:
    """A statement as it was printed."""
    return await _at(session, row.statement_id, row.beneficiary, row.period, row.position)


async def _provisional(session: AsyncSession, asked: Asked, closed: ClosedPeriod | None) -> Statement | None:
    known_at = asked.known_at or asked.now
    position = await journal.position_at(session, known_at, now=asked.now)
    found = await _at(session, None, asked.beneficiary, asked.period, position)
    return found if found.lines or (found.waiting and await _is_of_then(session, asked)) else None


async def _is_of_then(session: AsyncSession, asked: Asked) -> bool:
    """What waits now is no news of a month before anything was booked, nor of one that has not begun."""
    first = await repository.first_month(session, beneficiary=asked.beneficiary)
    return first is not None and first <= asked.period <= asked.this_month


async def _at(
    session: AsyncSession, statement_id: UUID | None, beneficiary: str, period: str, position: int
) -> Statement:
    booked = await postings_of(session, beneficiary=beneficiary, period=period, until=position)
    found = tuple(lines(booked))
    beside = waiting(await balances_at(session, beneficiary=beneficiary, until=position))
    return Statement(statement_id, beneficiary, period, position, found, tuple(totals(found)), tuple(beside))
