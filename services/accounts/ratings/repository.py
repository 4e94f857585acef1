"""Queries over what ratings rest on; orders are written a batch at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.domain import AccountMerged
from services.accounts.dossiers.models import Account
from services.accounts.ratings.domain import ClassFact
from services.accounts.ratings.facts import Assessed, Span
from services.accounts.ratings.models import (
    Assessment,
    ClassRow,
    FrozenBaseline,
    PurchaseMovement,
    PurchaseOrder,
    RateRow,
    RatingProposal,
    RatingRun,
)
from services.accounts.ratings.movements import Movement, Worth
from services.accounts.ratings.purchases import Bought, Delivered, from_plain, to_plain
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.calendar import Period
from shared.errors import NotFound
from shared.money import ExchangeRate

UPSERT = text("""
    INSERT INTO purchase_order
        (order_id, account_id, currency, placed_on, cancelled, paid_minor, lines, deliveries, last_delivered_on,
         cancelled_on, credit_days, returns)
    SELECT unnest(CAST(:ids AS text[])), unnest(CAST(:accounts AS text[])), unnest(CAST(:currencies AS text[])),
           unnest(CAST(:placed AS date[])), unnest(CAST(:cancelled AS boolean[])), unnest(CAST(:paid AS bigint[])),
           unnest(CAST(:lines AS jsonb[])), unnest(CAST(:deliveries AS jsonb[])), unnest(CAST(:last AS date[])),
           unnest(CAST(:cancelled_on AS date[])), unnest(CAST(:credit_days AS integer[])),
           unnest(CAST(:returns AS jsonb[]))
    ON CONFLICT (order_id) DO UPDATE SET cancelled = excluded.cancelled,
        cancelled_on = excluded.cancelled_on, paid_minor = excluded.paid_minor,
        lines = excluded.lines, returns = excluded.returns,
        deliveries = excluded.deliveries, last_delivered_on = excluded.last_delivered_on
""")


MOVE = text("""
    INSERT INTO purchase_movement (order_id, account_id, currency, delivered_on, due_on, happened_on, recorded_at,
                                   net_minor, paid_minor, cost_minor, costless_minor)
    SELECT * FROM unnest(CAST(:order_id AS text[]), CAST(:account_id AS text[]), CAST(:currency AS text[]),
                         CAST(:delivered_on AS date[]), CAST(:due_on AS date[]), CAST(:happened_on AS date[]),
                         CAST(:recorded_at AS timestamptz[]), CAST(:net_minor AS bigint[]),
                         CAST(:paid_minor AS bigint[]), CAST(:cost_minor AS bigint[]),
                         CAST(:costless_minor AS bigint[]))
""")
FREEZE = text("""
    INSERT INTO rating_baseline (account_id, first, until, currency, paid_minor, recorded_at)
    SELECT *, CAST(:recorded_at AS timestamptz)
    FROM unnest(CAST(:accounts AS text[]), CAST(:firsts AS date[]), CAST(:untils AS date[]),
                CAST(:currencies AS text[]), CAST(:paid AS bigint[]))
    ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class AccountsWanted:
    """Accounts by id, or all within reach that no other goes on for; `opened_before` leaves out later ones."""

    reach: Reach
    account_ids: Collection[str] | None = None
    opened_before: datetime | None = None


async def bought_orders(session: AsyncSession, *, order_ids: Collection[str]) -> dict[str, Bought]:
    """The orders known already, by id, locked in a fixed order."""
    query = select(PurchaseOrder).where(PurchaseOrder.order_id.in_(order_ids))
    rows = await session.scalars(query.order_by(PurchaseOrder.order_id).with_for_update())
    return {row.order_id: _bought(row) for row in rows}


async def save_orders(session: AsyncSession, *, orders: Mapping[str, Bought]) -> None:
    """Write a batch of orders as they now are, in one statement."""
    plain = {order_id: to_plain(bought) for order_id, bought in orders.items()}
    values = {
        "ids": list(orders),
        "accounts": [bought.account_id for bought in orders.values()],
        "currencies": [bought.currency for bought in orders.values()],
        "placed": [bought.placed_on for bought in orders.values()],
        "cancelled": [bought.cancelled for bought in orders.values()],
        "paid": [bought.paid_minor for bought in orders.values()],
        "lines": [orjson.dumps(plain[order_id]["lines"]).decode() for order_id in orders],
        "deliveries": [orjson.dumps(plain[order_id]["deliveries"]).decode() for order_id in orders],
        "last": [max((d.day for d in bought.deliveries), default=None) for bought in orders.values()],
        "cancelled_on": [bought.cancelled_on for bought in orders.values()],
        "credit_days": [bought.credit_days for bought in orders.values()],
        "returns": [orjson.dumps(plain[order_id]["returns"]).decode() for order_id in orders],
    }
    await session.execute(UPSERT, values)


async def add_movements(session: AsyncSession, *, movements: Sequence[Movement]) -> None:
    """Append what a batch of events moved, in its order, in one statement."""
    columns: dict[str, list[Any]] = {
        name: [getattr(one, name) for one in movements]
        for name in ("order_id", "account_id", "currency", "due_on", "happened_on", "recorded_at")
    }
    changed = {name: [getattr(one.change, name) for one in movements] for name in Worth._fields}
    await session.execute(MOVE, columns | changed)


async def movements_of(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[Movement]]:
    """All that ever moved in what these accounts bought, in the order in which it became known."""
    query = select(PurchaseMovement).where(PurchaseMovement.account_id.in_(account_ids)).order_by(PurchaseMovement.id)
    found: dict[str, list[Movement]] = {}
    for row in await session.scalars(query):
        change = Worth(row.delivered_on, row.net_minor, row.paid_minor, row.cost_minor, row.costless_minor)
        moved = Movement(
            row.order_id, row.account_id, row.currency, row.due_on, row.happened_on, row.recorded_at, change
        )
        found.setdefault(row.account_id, []).append(moved)
    return found


async def orders_placed(
    session: AsyncSession, *, account_ids: Collection[str], window: Period, as_of: date
) -> dict[str, int]:
    """Orders placed in the window and not cancelled by the day, by account."""
    query = select(PurchaseOrder.account_id, func.count().label("orders")).where(
        PurchaseOrder.account_id.in_(account_ids),
        PurchaseOrder.placed_on >= window.first,
        PurchaseOrder.placed_on < window.until,
        PurchaseOrder.placed_on <= as_of,
        or_(~PurchaseOrder.cancelled, PurchaseOrder.cancelled_on > as_of),
    )
    counted = await session.execute(query.group_by(PurchaseOrder.account_id))
    return {row.account_id: row.orders for row in counted}


async def baselines_of(
    session: AsyncSession, *, account_ids: Collection[str], spans: Collection[Span]
) -> dict[str, dict[Span, int]]:
    """What was frozen of each account's purchases in these spans."""
    wanted = tuple_(FrozenBaseline.first, FrozenBaseline.until, FrozenBaseline.currency)
    query = select(FrozenBaseline).where(FrozenBaseline.account_id.in_(account_ids), wanted.in_(list(spans)))
    found: dict[str, dict[Span, int]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.account_id, {})[Span(row.first, row.until, row.currency)] = row.paid_minor
    return found


async def freeze_baselines(
    session: AsyncSession, *, frozen: Sequence[tuple[str, Span, int]], recorded_at: datetime
) -> None:
    """Keep `(account_id, span, paid_minor)`; what was frozen before stays as it was (S-A8)."""
    if not frozen:
        return
    columns = {
        "accounts": [account_id for account_id, _, _ in frozen],
        "firsts": [span.first for _, span, _ in frozen],
        "untils": [span.until for _, span, _ in frozen],
        "currencies": [span.currency for _, span, _ in frozen],
        "paid": [paid for _, _, paid in frozen],
    }
    await session.execute(FREEZE, columns | {"recorded_at": recorded_at})


async def orders_of(
    session: AsyncSession, *, account_ids: Collection[str] | None, since: date
) -> dict[str, list[Bought]]:
    """Orders with a delivery on or after a day as they are now, by account; None is every account."""
    query = select(PurchaseOrder).where(PurchaseOrder.last_delivered_on >= since).order_by(PurchaseOrder.position)
    if account_ids is not None:
        query = query.where(PurchaseOrder.account_id.in_(account_ids))
    found: dict[str, list[Bought]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.account_id, []).append(_bought(row))
    return found


async def assessments_of(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[Assessed]]:
    found: dict[str, list[Assessed]] = {}
    for row in await session.scalars(select(Assessment).where(Assessment.account_id.in_(account_ids))):
        assessed = Assessed(row.id, row.fact, row.value, row.assessed_on, row.expires_on)
        found.setdefault(row.account_id, []).append(assessed)
    return found


async def exchange_rates(session: AsyncSession) -> tuple[ExchangeRate, ...]:
    rows = await session.scalars(select(RateRow))
    return tuple(ExchangeRate(row.base, row.quote, row.rate, row.day, row.source) for row in rows)


async def accounts_to_rate(
    session: AsyncSession, *, wanted: AccountsWanted, after: str, most: int
) -> Sequence[Row[str, str, str]]:
    """The next `(id, number, branch)` by id of the accounts wanted."""
    query = select(Account.id, Account.number, Account.branch).where(_reached(wanted), Account.id > after)
    return (await session.execute(query.order_by(Account.id).limit(most))).all()


async def check_all_are_there(session: AsyncSession, *, wanted: AccountsWanted) -> None:
    """Raises NotFound for an account that is named and not there for the caller, AccountMerged for one merged away."""
    if wanted.account_ids is None:
        return
    rows = await session.execute(select(Account.id, Account.merged_into).where(_reached(wanted)))
    found = {row.id: row.merged_into for row in rows}
    missing = set(wanted.account_ids) - set(found)
    if missing:
        raise NotFound({"en": f"There is no account {min(missing)}.", "zh": f"没有客户{min(missing)}。"})
    for account_id, heir in sorted(found.items()):
        if heir is not None:
            raise AccountMerged(account_id, heir)


def _reached(wanted: AccountsWanted) -> ColumnElement[bool]:
    kept = [within(wanted.reach, branch=Account.branch, account=Account.id)]
    if wanted.account_ids is None:
        kept.append(Account.merged_into.is_(None))
    else:
        kept.append(Account.id.in_(wanted.account_ids))
    if wanted.opened_before is not None:
        kept.append(Account.opened_at < wanted.opened_before)
    return and_(*kept)


async def locked_proposal(session: AsyncSession, *, proposal_id: str) -> RatingProposal | None:
    return await session.scalar(select(RatingProposal).where(RatingProposal.id == proposal_id).with_for_update())


async def proposal(session: AsyncSession, *, proposal_id: str, reach: Reach) -> RatingProposal:
    found: RatingProposal | None = await session.scalar(seen_proposals(reach).where(RatingProposal.id == proposal_id))
    if found is None:
        raise NotFound({"en": f"There is no rating proposal {proposal_id}.", "zh": f"没有评级建议{proposal_id}。"})
    return found


def seen_proposals(reach: Reach) -> Select[Any]:
    seen = within(reach, branch=Account.branch, account=Account.id)
    return select(RatingProposal).join(Account, Account.id == RatingProposal.account_id).where(seen)


async def rated_period(session: AsyncSession, *, key: str) -> bool:
    """Whether the half year has had its run."""
    return await session.scalar(select(RatingRun.id).where(RatingRun.period == key)) is not None


async def classes_of(session: AsyncSession, *, account_id: str) -> list[ClassRow]:
    """Every class ever recorded, in the order in which it was."""
    query = select(ClassRow).where(ClassRow.account_id == account_id)
    return list(await session.scalars(query.order_by(ClassRow.recorded_at, ClassRow.id)))


async def classes_of_all(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[ClassFact]]:
    found: dict[str, list[ClassFact]] = {}
    query = select(ClassRow).where(ClassRow.account_id.in_(account_ids)).order_by(ClassRow.id)
    for row in await session.scalars(query):
        found.setdefault(row.account_id, []).append(class_fact(row))
    return found


def class_fact(row: ClassRow) -> ClassFact:
    return ClassFact(row.grade, row.valid_from, row.valid_until, row.recorded_at)


async def revenue_by_account(
    session: AsyncSession, *, first: date, until: date
) -> Iterable[tuple[str, str, date, int]]:
    """`(account_id, currency, day, net_minor)` of each delivery of the days `[first, until)`."""
    query = select(PurchaseOrder).where(
        PurchaseOrder.last_delivered_on >= first, PurchaseOrder.placed_on < until, ~PurchaseOrder.cancelled
    )
    return [
        (row.account_id, row.currency, delivered.day, delivered.net_minor)
        for row in await session.scalars(query)
        for delivered in _bought(row).deliveries
        if first <= delivered.day < until
    ]


def _bought(row: PurchaseOrder) -> Bought:
    bought = Bought(
        account_id=row.account_id,
        currency=row.currency,
        placed_on=row.placed_on,
        lines=from_plain(row.lines),
        paid_minor=row.paid_minor,
        cancelled=row.cancelled,
        cancelled_on=row.cancelled_on,
        credit_days=row.credit_days,
    )
    bought.deliveries = [Delivered(date.fromisoformat(day), from_plain(lines)) for day, lines in row.deliveries]
    bought.returns = [(line, quantity, net) for line, quantity, net in row.returns]
    return bought
