"""Closing months in order: what was accrued becomes payable, and everybody with a line gets a statement."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.books import Books, Judgement
from services.rewards.accrual.domain import Move
from services.rewards.accrual.needs import Needs
from services.rewards.accrual.repository import open_books, open_month, unsettled_windows
from services.rewards.accrual.service import Policies, load_books, write_back
from services.rewards.accrual.windows import Window
from services.rewards.ledger.domain import Cause, Kind, State
from services.rewards.settlement import repository
from services.rewards.settlement.domain import check_closable, month, months_to_close
from services.rewards.settlement.models import ClosedPeriod
from shared import journal
from shared.calendar import Duration, Period, local_day
from shared.events.rewards import MoneyText, PeriodClosed, StatementIssued
from shared.ids import new_id
from shared.money import Money
from shared.outbox import record, record_many


@dataclass(frozen=True, slots=True)
class Closing:
    """Who closes when, by which grace and in which zone."""

    now: datetime
    closed_by: str
    grace: Duration
    zone: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed month, and which months this call has closed for it."""

    row: ClosedPeriod
    closed: tuple[str, ...]


async def close_period(session: AsyncSession, *, period: str, closing: Closing, policies: Policies) -> Closed:
    """Close a month and each earlier one still open, all at one journal position (R13).

    Nothing is journaled meanwhile: what comes later belongs to a later month. Raises GraceNotOver, NoSuchPeriod.
    """
    asked = month(period)
    check_closable(asked, closing.grace, local_day(closing.now, closing.zone))
    await open_books(session, alone=True)
    cut = await journal.head(session)
    open_from = await open_month(session) or await repository.first_month(session)
    months = months_to_close(asked, open_from)
    for one in months:
        await _close_one(session, one, cut=cut, closing=closing, policies=policies)
    row = await repository.closed_period(session, period)
    if row is None:
        row = await _close_one(session, asked, cut=cut, closing=closing, policies=policies)
        months = [asked]
    return Closed(row, tuple(one.key for one in months))


async def _close_one(
    session: AsyncSession, asked: Period, *, cut: int, closing: Closing, policies: Policies
) -> ClosedPeriod:
    await _settle(session, asked, cut=cut, closing=closing, policies=policies)
    statements = await _issue(session, asked, cut=cut, closing=closing)
    row = ClosedPeriod(
        period=asked.key, position=cut, closed_at=closing.now, closed_by=closing.closed_by, statements=statements
    )
    session.add(row)
    await session.flush()
    record(
        session,
        PeriodClosed(occurred_at=closing.now, period=asked.key, journal_position=cut, statements=statements),
    )
    return row


async def _settle(session: AsyncSession, asked: Period, *, cut: int, closing: Closing, policies: Policies) -> None:
    """Accrued becomes payable, for every window that settles with this month or settled with an earlier one."""
    windows = await unsettled_windows(session, until=asked.key)
    if not windows:
        return
    books = await load_books(session, Needs(), policies=policies)
    books.open_from = asked.key
    judgement = Judgement(Cause(), cut, closing.now)
    for window in windows:
        _settle_window(books, window, judgement)
    await write_back(session, books)


def _settle_window(books: Books, window: Window, judgement: Judgement) -> None:
    plan = books.plan_of(window)
    books.changed_windows[window.key] = window
    books.post(window, plan, Move(Kind.SETTLEMENT, State.ACCRUED, State.PAYABLE, window.posted.accrued), judgement)


async def _issue(session: AsyncSession, asked: Period, *, cut: int, closing: Closing) -> int:
    sums = await repository.sums_of(session, period=asked.key, until=cut)
    rows: list[dict[str, Any]] = []
    for beneficiary, amounts in groupby(sums, key=lambda row: row.beneficiary):
        totals = [Money(int(row.amount), row.currency).to_json() for row in amounts]
        rows.append(
            {
                "statement_id": new_id(),
                "beneficiary": beneficiary,
                "period": asked.key,
                "position": cut,
                "issued_at": closing.now,
                "totals": totals,
            }
        )
    await repository.insert_statements(session, rows)
    record_many(session, [_issued(row, closing.now) for row in rows])
    return len(rows)


def _issued(row: dict[str, Any], now: datetime) -> StatementIssued:
    return StatementIssued(
        occurred_at=now,
        statement_id=str(row["statement_id"]),
        beneficiary=row["beneficiary"],
        period=row["period"],
        total=tuple(MoneyText(**one) for one in row["totals"]),
        journal_position=row["position"],
    )
