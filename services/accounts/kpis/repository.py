"""What the board reads and writes; figures are added up by the database, per day and currency."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, or_, select, text, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.accounts.dossiers.models import Account, AccountPaper, TeamRow
from services.accounts.dossiers.repository import team_known
from services.accounts.identity.repository import people_led_by
from services.accounts.kpis.material import SoldOn
from services.accounts.kpis.models import Appraisal, DossierShare, KpiOrder, KpiSale, KpiWarning, WatchedPeriod
from services.accounts.kpis.sales import Sale, SoldOrder, credited, from_plain, to_plain
from services.accounts.kpis.vantage import Day, recorded
from services.accounts.programmes.models import ListMember
from services.accounts.targets.domain import Scope, ScopeKind
from services.accounts.targets.repository import seen_by
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.calendar import Period
from shared.db.mechanisms import person, role_holding
from shared.money import Money

CLERK_ROLE = "office_clerk"
SAVE_ORDERS = text("""
    INSERT INTO kpi_order (order_id, account_id, branch, currency, placed_on, recorded_at, cancelled_on,
                           cancel_recorded_at, lines)
    SELECT unnest(CAST(:ids AS text[])), unnest(CAST(:accounts AS text[])), unnest(CAST(:branches AS text[])),
           unnest(CAST(:currencies AS text[])), unnest(CAST(:placed AS date[])),
           unnest(CAST(:recorded AS timestamptz[])), unnest(CAST(:cancelled AS date[])),
           unnest(CAST(:cancels_recorded AS timestamptz[])), unnest(CAST(:lines AS jsonb[]))
    ON CONFLICT (order_id) DO UPDATE SET cancelled_on = excluded.cancelled_on,
        cancel_recorded_at = excluded.cancel_recorded_at, lines = excluded.lines
""")


async def sold_orders(session: AsyncSession, *, order_ids: Collection[str]) -> dict[str, SoldOrder]:
    """Orders known already, locked in a fixed order."""
    query = select(KpiOrder).where(KpiOrder.order_id.in_(order_ids)).order_by(KpiOrder.order_id).with_for_update()
    return {
        row.order_id: SoldOrder(
            row.account_id,
            row.branch,
            row.currency,
            row.placed_on,
            from_plain(row.lines),
            row.recorded_at,
            row.cancelled_on,
            row.cancel_recorded_at,
        )
        for row in await session.scalars(query)
    }


async def save_orders(session: AsyncSession, *, orders: Mapping[str, SoldOrder]) -> None:
    values = {
        "ids": list(orders),
        "accounts": [order.account_id for order in orders.values()],
        "branches": [order.branch for order in orders.values()],
        "currencies": [order.currency for order in orders.values()],
        "placed": [order.placed_on for order in orders.values()],
        "recorded": [order.recorded_at for order in orders.values()],
        "cancelled": [order.cancelled_on for order in orders.values()],
        "cancels_recorded": [order.cancel_recorded_at for order in orders.values()],
        "lines": [orjson.dumps(to_plain(order.lines)).decode() for order in orders.values()],
    }
    await session.execute(SAVE_ORDERS, values)


async def save_sales(session: AsyncSession, *, sales: Iterable[tuple[str, SoldOrder, Sale, datetime]]) -> None:
    """Each amount split by who sold its line, with when it was recorded."""
    rows = [
        {
            "order_id": order_id,
            "account_id": order.account_id,
            "branch": order.branch,
            "user_id": user_id,
            "counts_on": sale.counts_on,
            "occurred_on": sale.occurred_on,
            "currency": order.currency,
            "net_minor": part,
            "recorded_at": recorded_at,
        }
        for order_id, order, sale, recorded_at in sales
        for user_id, part in credited(sale, order.lines[sale.line].sellers)
    ]
    if rows:
        await session.execute(insert(KpiSale), rows)


async def teams_of(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[TeamRow]]:
    """The reps of each account, past and present."""
    query = select(TeamRow).where(TeamRow.account_id.in_(account_ids), TeamRow.duty == "account_rep", team_known())
    found: dict[str, list[TeamRow]] = {}
    for row in await session.scalars(query.order_by(TeamRow.id)):
        found.setdefault(row.account_id, []).append(row)
    return found


async def people_of(session: AsyncSession, *, manager_id: str, on: date) -> tuple[str, ...]:
    """A manager and those whose line manager he was on a day."""
    rows = await session.scalars(people_led_by(manager_id, on=on))
    return (manager_id, *sorted(set(rows) - {manager_id}))


async def name_of(session: AsyncSession, *, user_id: str) -> str:
    return await session.scalar(select(person.c.name).where(person.c.user_id == user_id)) or user_id


def sold_by(scope: Scope, people: Collection[str], branches: Collection[str] | None) -> ColumnElement[bool]:
    """A branch's sales are of its orders; people's are what was credited to them, in the branches that are shown."""
    if scope.kind is ScopeKind.branch:
        return KpiSale.branch == scope.id
    return and_(KpiSale.user_id.in_(people), of_branches(KpiSale.branch, branches))


def accounts_in(
    scope: Scope, people: Collection[str], day: date, *, known_at: datetime, branches: Collection[str] | None
) -> Select[Any]:
    """The accounts of a branch, or those in whose team, as it was known, the people are on that day."""
    if scope.kind is ScopeKind.branch:
        return select(Account.id).where(Account.branch == scope.id)
    still = and_(TeamRow.valid_from <= day, or_(TeamRow.valid_until.is_(None), TeamRow.valid_until > day))
    query = select(TeamRow.account_id).where(TeamRow.user_id.in_(people), still, team_known(known_at))
    if branches is None:
        return query
    return query.join(Account, Account.id == TeamRow.account_id).where(of_branches(Account.branch, branches))


def of_branches(column: InstrumentedAttribute[str], branches: Collection[str] | None) -> ColumnElement[bool]:
    """The rows of the branches that are shown; None shows all."""
    return true() if branches is None else column.in_(branches)


async def sales_of(session: AsyncSession, *, whose: ColumnElement[bool], span: Period, day: Day) -> tuple[SoldOn, ...]:
    inside = KpiSale.counts_on >= span.first, KpiSale.counts_on < span.until
    known = KpiSale.occurred_on <= day.known_on, recorded(KpiSale.recorded_at, day)
    query = select(KpiSale.counts_on, KpiSale.currency, func.sum(KpiSale.net_minor)).where(whose, *inside, *known)
    rows = await session.execute(query.group_by(KpiSale.counts_on, KpiSale.currency).order_by(KpiSale.counts_on))
    return tuple(SoldOn(day, Money(int(total), currency)) for day, currency, total in rows)


async def list_spans(session: AsyncSession, *, day: Day) -> tuple[tuple[date, date], ...]:
    known = recorded(ListMember.recorded_at, day)
    rows = await session.execute(select(ListMember.valid_from, ListMember.valid_until).where(known).distinct())
    return tuple(sorted((first, until) for first, until in rows))


async def mean_share(session: AsyncSession, *, accounts: Select[Any], day: date) -> Decimal | None:
    """The mean over the accounts of how complete each dossier was on a day."""
    latest = (
        select(DossierShare.share)
        .where(DossierShare.account_id.in_(accounts), DossierShare.on_day <= day)
        .ext(distinct_on(DossierShare.account_id))
        .order_by(DossierShare.account_id, DossierShare.on_day.desc())
        .subquery()
    )
    total, count = (await session.execute(select(func.sum(latest.c.share), func.count()).select_from(latest))).one()
    return Decimal(total) / count if count else None


async def accounts_to_measure(session: AsyncSession, *, policy: str, day: date, limit: int) -> Sequence[Account]:
    """Accounts that changed since they were measured, or were by another checklist, or have a paper expired since."""
    kept = (
        select(DossierShare.on_day, DossierShare.version, DossierShare.policy)
        .where(DossierShare.account_id == Account.id)
        .order_by(DossierShare.on_day.desc())
        .limit(1)
        .lateral("kept")
    )
    expired = exists().where(
        AccountPaper.account_id == Account.id, AccountPaper.expires_on >= kept.c.on_day, AccountPaper.expires_on < day
    )
    stale = or_(kept.c.version.is_distinct_from(Account.version), kept.c.policy.is_distinct_from(policy), expired)
    query = select(Account).outerjoin(kept, true()).where(stale).order_by(Account.id).limit(limit)
    return (await session.scalars(query)).all()


async def keep_shares(
    session: AsyncSession, *, day: date, policy: str, shares: Mapping[str, tuple[int, Decimal]]
) -> None:
    """`shares` are `(version, share)` by account; a day's last measure stands."""
    rows = [
        {"account_id": account_id, "on_day": day, "share": share, "version": version, "policy": policy}
        for account_id, (version, share) in shares.items()
    ]
    statement = upsert(DossierShare).values(rows)
    changed = {name: statement.excluded[name] for name in ("share", "version", "policy")}
    await session.execute(statement.on_conflict_do_update(index_elements=["account_id", "on_day"], set_=changed))


async def keep_warning(session: AsyncSession, *, row: Mapping[str, Any]) -> bool:
    """Once per (KPI, scope, period): whether it is the first."""
    statement = upsert(KpiWarning).values(**row).on_conflict_do_nothing().returning(KpiWarning.id)
    return await session.scalar(statement) is not None


async def watched_periods(session: AsyncSession) -> list[str]:
    """The keys of the months, quarters and years whose warnings have been looked for."""
    return list(await session.scalars(select(WatchedPeriod.period)))


async def begin_watch(session: AsyncSession, *, period: str, now: Any) -> bool:
    """Whether the period's warnings have not been looked for yet; from now on they have."""
    statement = upsert(WatchedPeriod).values(period=period, watched_at=now).on_conflict_do_nothing()
    return await session.scalar(statement.returning(WatchedPeriod.period)) is not None


async def appraisal(session: AsyncSession, *, appraisal_id: str, reach: Reach) -> Appraisal | None:
    query = select(Appraisal).where(Appraisal.id == appraisal_id, seen(reach, Appraisal))
    found: Appraisal | None = await session.scalar(query)
    return found


async def is_clerk(session: AsyncSession, *, user_id: str, span: Period, reach: Reach) -> bool:
    """Whether somebody held the office clerk's role on a day of the span, within the caller's reach."""
    held = role_holding.c
    still = or_(held.valid_until.is_(None), held.valid_until > span.first)
    seen_there = within(reach, branch=held.branch)
    query = select(held.holding_id).where(
        held.user_id == user_id, held.role == CLERK_ROLE, held.valid_from < span.until, still, seen_there
    )
    return (await session.execute(query)).first() is not None


async def take_turn_at_appraising(session: AsyncSession, *, kind: str, scope_id: str, period: str) -> None:
    lock = func.hashtextextended(f"appraisal/{kind}/{scope_id}/{period}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(lock)))


async def is_appraised(session: AsyncSession, *, scope: str, scope_id: str, period: str) -> bool:
    same = (Appraisal.scope == scope, Appraisal.scope_id == scope_id, Appraisal.period == period)
    return await session.scalar(select(Appraisal.id).where(*same)) is not None


def seen(reach: Reach, table: type[Appraisal | KpiWarning]) -> ColumnElement[bool]:
    """Of the caller's branches, of the people who hold a role in them, and his own."""
    return true() if reach.everywhere else seen_by(reach, table)
