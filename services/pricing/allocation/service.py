"""Stock comes in and goes out; each time, and whenever an order moves, whoever waits for it is ranked again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.allocation import repository
from services.pricing.allocation.domain import (
    RANKING,
    MoreThanOnHand,
    NotAllocated,
    NothingToPromise,
    Place,
    PromiseInThePast,
    Ranked,
    UnknownPromise,
    Waiting,
    criteria,
    ranking,
)
from services.pricing.allocation.models import PromiseRow, StockEntryRow
from services.pricing.catalogue.domain import UnknownProduct
from services.pricing.catalogue.repository import product_by_sku
from services.pricing.orders.domain import ENDED, Order
from services.pricing.when import When
from shared.branches import unknown_branch
from shared.calendar import local_day
from shared.errors import FieldError, ValidationProblem, Words
from shared.events.orders import StockAllocated
from shared.ids import new_id
from shared.outbox import record_many

BRANCHES = "branches"


class UnknownBranch(ValidationProblem):
    code = "unknown_branch"
    title: ClassVar[Words] = {"en": "There is no such branch", "zh": "没有该分公司"}

    def __init__(self, branch: str) -> None:
        super().__init__(errors=[unknown_branch(branch)])


@dataclass(frozen=True, slots=True)
class Entry:
    """What changes the stock of a place, on a local day, by whose word; `quantity` is what is added."""

    place: Place
    kind: str
    quantity: int
    on_day: date
    reference: str
    recorded_by: str


async def receive_stock(session: AsyncSession, entry: Entry, *, when: When) -> int:
    """What lies there then; whoever waits for it is supplied at once. Raises UnknownProduct, UnknownBranch."""
    if await product_by_sku(session, entry.place.sku) is None:
        raise UnknownProduct
    if entry.place.branch not in {row["branch"] for row in when.rules.table(BRANCHES)}:
        raise UnknownBranch(entry.place.branch)
    on_hand = await _enter(session, entry, when)
    await rank_again(session, [entry.place], when=when)
    return on_hand


async def write_off_stock(session: AsyncSession, entry: Entry, *, when: When) -> int:
    """What is lost or broken; the lines at the end of the ranking lose it first. Raises MoreThanOnHand."""
    known = await repository.stock_for_change(session, [entry.place])
    if known.get(entry.place, 0) < -entry.quantity:
        raise MoreThanOnHand
    on_hand = await _enter(session, entry, when)
    await rank_again(session, [entry.place], when=when)
    return on_hand


async def _enter(session: AsyncSession, entry: Entry, when: When) -> int:
    row = StockEntryRow(
        id=new_id(),
        sku=entry.place.sku,
        branch=entry.place.branch,
        kind=entry.kind,
        quantity=entry.quantity,
        on_day=entry.on_day,
        reference=entry.reference,
        recorded_at=when.now,
        recorded_by=entry.recorded_by,
    )
    session.add(row)
    return await repository.change_stock(session, entry.place, entry.quantity)


async def hand_out(session: AsyncSession, order: Order, quantities: Mapping[int, int], *, by: str, when: When) -> None:
    """What a delivery takes from stock, by line of the order: only what is allocated to it. Raises NotAllocated."""
    lines = {line.line: line for line in order.lines if line.line in quantities}
    kept = await repository.stock_for_change(session, {Place(line.sku, order.branch) for line in lines.values()})
    allocated = await repository.allocated_to(session, order.id) if kept else {}
    taken = [(number, Place(lines[number].sku, order.branch)) for number in quantities if number in lines]
    short = [
        _short(list(quantities).index(number), allocated.get(number, 0), place.sku)
        for number, place in taken
        if place in kept and quantities[number] > allocated.get(number, 0)
    ]
    if short:
        raise NotAllocated(short[0].detail, errors=short)
    day = local_day(when.now, when.zone)
    for number, place in taken:
        if place in kept:
            await _enter(session, Entry(place, "delivered", -quantities[number], day, order.number, by), when)


def _short(item: int, allocated: int, sku: str) -> FieldError:
    words: Words = {
        "en": f"{allocated} of {sku} are allocated to this order",
        "zh": f"已分配给该订单的{sku}为{allocated}件",
    }
    return FieldError(f"/lines/{item}/quantity", NotAllocated.code, words)


async def supply_again(session: AsyncSession, order: Order, *, when: When) -> None:
    """After the order moved: what it no longer waits for is free for the next in the ranking (P9)."""
    done = [line.line for line in order.lines if line.state in ENDED or line.delivered == line.quantity]
    if done:
        await repository.drop_promises(session, order.id, done)
    await rank_again(session, {Place(line.sku, order.branch) for line in order.lines}, when=when)


async def rank_again(session: AsyncSession, places: Collection[Place], *, when: When) -> None:
    """Rank the open lines of each place where stock is kept, under its lock, and tell those for whom it changed."""
    kept = await repository.stock_for_change(session, places)
    if not kept:
        return
    by = criteria(when.rules.table(RANKING))
    policy = when.rules.plans.by_id[RANKING].heading.policy
    for place, on_hand in kept.items():
        before = await repository.allocations_at(session, place)
        ranked = ranking(await _waiting(session, place, when), by, on_hand)
        given = {key: row.quantity for key, row in before.items()}
        await repository.keep_ranking(session, place, ranked, policy=policy, at=when.now)
        changed = [one for one in ranked if given.get((one.waiting.order_id, one.waiting.line), 0) != one.quantity]
        record_many(session, _told(place, changed, policy, when))


async def _waiting(session: AsyncSession, place: Place, when: When) -> list[Waiting]:
    found = await repository.waiting_at(session, place)
    day = local_day(when.now, when.zone)
    classes = await repository.classes_on(session, {line.account_id for line in found}, day)
    return [replace(line, account_class=classes.get(line.account_id)) for line in found]


def _told(place: Place, changed: Iterable[Ranked], policy: str, when: When) -> list[StockAllocated]:
    return [
        StockAllocated(
            occurred_at=when.now,
            order_id=str(one.waiting.order_id),
            account_id=str(one.waiting.account_id),
            line=one.waiting.line,
            sku=place.sku,
            branch=place.branch,
            rank=one.rank,
            wanted=one.waiting.wanted,
            quantity=one.quantity,
            policy=policy,
        )
        for one in changed
    ]


@dataclass(frozen=True, slots=True)
class Promise:
    """A day on which a line is to be delivered, and who secured it."""

    line: int
    promised_on: date
    reason: str
    promised_by: str


async def promise_delivery(session: AsyncSession, order: Order, promise: Promise, *, when: When) -> PromiseRow:
    """P9: it is kept before any class. `order` is locked. Raises NothingToPromise, PromiseInThePast."""
    if promise.promised_on < local_day(when.now, when.zone):
        raise PromiseInThePast
    line = next((line for line in order.lines if line.line == promise.line), None)
    if line is None or line.state in ENDED or line.delivered == line.quantity:
        raise NothingToPromise
    row = PromiseRow(
        order_id=order.id,
        line=promise.line,
        branch=order.branch,
        promised_on=promise.promised_on,
        reason=promise.reason,
        promised_by=promise.promised_by,
        promised_at=when.now,
    )
    await repository.promise(session, row)
    await rank_again(session, [Place(line.sku, order.branch)], when=when)
    return row


async def withdraw_promise(session: AsyncSession, order: Order, line: int, *, when: When) -> None:
    """The line stands again where its class and time put it. Raises UnknownPromise."""
    gone = await session.execute(
        delete(PromiseRow)
        .where(PromiseRow.order_id == order.id, PromiseRow.line == line)
        .returning(PromiseRow.order_id)
    )
    if gone.one_or_none() is None:
        raise UnknownPromise
    await rank_again(session, {Place(one.sku, order.branch) for one in order.lines if one.line == line}, when=when)
