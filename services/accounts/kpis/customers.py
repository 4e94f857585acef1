"""Whom the board counts as a customer: accounts that were merged are one, since their merge (S-I2)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Subquery,
    and_,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.database import one_of
from services.accounts.dossiers.models import Account
from services.accounts.kpis.material import AccountLife
from services.accounts.kpis.models import KpiOrder
from services.accounts.kpis.vantage import Day, recorded
from services.accounts.merges.domain import Heirs
from services.accounts.programmes.models import ListMember
from services.accounts.targets.domain import Scope
from shared.calendar import Period


@dataclass(frozen=True, slots=True)
class Customers:
    """A scope's accounts, all and those that go on, and who goes on for merged ones, as it stood at a moment (S-I2).

    Work is counted where it was done; customers are counted once.
    """

    every: Select[Any]
    heirs: Heirs
    at: datetime

    def of(self, account_id: str) -> str:
        return self.heirs.of(account_id, self.at)

    @property
    def going_on(self) -> Select[Any]:
        return select(Account.id).where(Account.id.in_(self.every), ~one_of(Account.id, self.heirs.merges))

    @property
    def merged(self) -> Subquery:
        """`absorbed` and the `heir` who goes on in the end."""
        absorbed = sorted(self.heirs.merges)
        heirs = [self.of(one) for one in absorbed]
        columns = (func.unnest(literal(ids, ARRAY(String))) for ids in (absorbed, heirs))
        return select(
            *(column.label(name) for column, name in zip(columns, ("absorbed", "heir"), strict=True))
        ).subquery()

    @property
    def members(self) -> CompoundSelect[Any]:
        """Those that go on, and all they go on for."""
        merged = self.merged
        return self.going_on.union(select(merged.c.absorbed).where(merged.c.heir.in_(self.going_on)))


@dataclass(frozen=True, slots=True)
class Whose:
    """The scope, its people and its customers; `listed` are the days each account was a key account.

    `branches` are those whose figures are shown of people; None shows all.
    """

    scope: Scope
    people: Collection[str]
    customers: Customers
    listed: Sequence[AccountLife]
    branches: Collection[str] | None = None


async def customers_before(session: AsyncSession, *, customers: Customers, span: Period, day: Day) -> int:
    """Customers with an order that stands, placed before the span."""
    merged = customers.merged
    query = select(func.count(func.coalesce(merged.c.heir, KpiOrder.account_id).distinct())).select_from(KpiOrder)
    query = query.outerjoin(merged, merged.c.absorbed == KpiOrder.account_id).where(
        KpiOrder.account_id.in_(customers.members), KpiOrder.placed_on < span.first, stands(day)
    )
    return int(await session.scalar(query) or 0)


async def listed_lives(session: AsyncSession, *, customers: Customers, day: Day) -> tuple[AccountLife, ...]:
    """Customers that have ever been on a list."""
    known = recorded(ListMember.recorded_at, day)
    ever = select(ListMember.account_id).where(ListMember.account_id.in_(customers.members), known)
    return await _lives(session, ever, customers, day)


async def newcomer_lives(
    session: AsyncSession, *, customers: Customers, span: Period, day: Day
) -> tuple[AccountLife, ...]:
    """Customers that ordered inside the span."""
    inside = and_(KpiOrder.placed_on >= span.first, KpiOrder.placed_on < span.until)
    ordered = select(KpiOrder.account_id).where(KpiOrder.account_id.in_(customers.members), inside, stands(day))
    return await _lives(session, ordered, customers, day)


async def _lives(
    session: AsyncSession, accounts: Select[Any], customers: Customers, day: Day
) -> tuple[AccountLife, ...]:
    """One life for each customer who has one of the accounts: the days of all he goes on for are his."""
    merged = customers.merged
    heads = select(func.coalesce(merged.c.heir, Account.id)).select_from(Account)
    heads = heads.outerjoin(merged, merged.c.absorbed == Account.id).where(Account.id.in_(accounts))
    theirs = heads.union(select(merged.c.absorbed).where(merged.c.heir.in_(heads)))
    wanted = select(Account.id, Account.developer).where(Account.id.in_(theirs)).order_by(Account.id)
    developed: dict[str, bool] = {}
    for row in await session.execute(wanted):
        customer = customers.of(row.id)
        developed[customer] = developed.get(customer, False) or row.developer is not None
    spans: dict[str, list[tuple[date, date]]] = {}
    members = select(ListMember.account_id, ListMember.valid_from, ListMember.valid_until)
    members = members.where(recorded(ListMember.recorded_at, day))
    for account_id, first, until in await session.execute(members.where(ListMember.account_id.in_(theirs))):
        spans.setdefault(customers.of(account_id), []).append((first, until))
    days: dict[str, list[date]] = {}
    orders = select(KpiOrder.account_id, KpiOrder.placed_on).where(KpiOrder.account_id.in_(theirs), stands(day))
    for account_id, placed_on in await session.execute(orders):
        days.setdefault(customers.of(account_id), []).append(placed_on)
    return tuple(
        AccountLife(one, self_developed, tuple(sorted(spans.get(one, ()))), tuple(sorted(days.get(one, ()))))
        for one, self_developed in sorted(developed.items())
    )


async def listed_days(session: AsyncSession, *, customers: Customers, day: Day) -> tuple[AccountLife, ...]:
    """The days each account was listed under its own id, and from a merge on under its heir's."""
    either = or_(ListMember.account_id.in_(customers.every), ListMember.account_id.in_(customers.members))
    members = select(ListMember.account_id, ListMember.valid_from, ListMember.valid_until).where(either)
    members = members.where(recorded(ListMember.recorded_at, day))
    spans: dict[str, list[tuple[date, date]]] = {}
    for named, first, until in await session.execute(members):
        for account_id, part in customers.heirs.parts_of(named, (first, until), day.zone):
            spans.setdefault(account_id, []).append(part)
    inside = set(
        await session.scalars(select(Account.id).where(one_of(Account.id, spans), Account.id.in_(customers.every)))
    )
    return tuple(AccountLife(one, False, tuple(sorted(spans[one]))) for one in sorted(inside))


def stands(day: Day) -> ColumnElement[bool]:
    """Placed by that day and not cancelled by then, as far as it was recorded."""
    cancelled = and_(KpiOrder.cancelled_on <= day.known_on, recorded(KpiOrder.cancel_recorded_at, day))
    placed = and_(KpiOrder.placed_on <= day.known_on, recorded(KpiOrder.recorded_at, day))
    return and_(placed, or_(KpiOrder.cancelled_on.is_(None), not_(cancelled)))
