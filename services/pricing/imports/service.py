"""Takes an order file in, batch by batch, each in one transaction with its events: it can go on where it stopped."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.repository import accounts_by_number
from services.pricing.catalogue.repository import costs_of, exchange_rates, prices_of, products_of
from services.pricing.imports import parking, repository
from services.pricing.imports.discounting import ByPolicies
from services.pricing.imports.domain import Invoice, OpenLine, Pricing, Shelf, SourceMapping
from services.pricing.imports.planning import AsInvoiced, Batch, Planner, Pricer, ReturnedTo, Surroundings
from services.pricing.imports.reading import Format, Window, read_invoices
from services.pricing.imports.refusing import Reason, is_clean
from services.pricing.orders import events
from services.pricing.orders.measures import purchases_of
from services.pricing.orders.repository import (
    Movement,
    add_movements,
    add_orders,
    open_lines,
    save_lines,
    sum_up_returns,
)
from services.pricing.quotes.pricebook import PriceBook
from shared.calendar import Period, add_months, local_day, period_of
from shared.clock import Clock
from shared.db.session import Sessions, commit
from shared.events.orders import OrderReturned, ReturnedLine
from shared.ids import new_id
from shared.outbox import record_many

LINES_A_BATCH = 5000


@dataclass(frozen=True)
class FileToImport:
    """One request: which file, read how, priced how, which part of it."""

    import_id: UUID
    path: Any
    format: Format
    mapping: SourceMapping
    pricing: Pricing
    window: Window


class Opened(NamedTuple):
    """Who began an import, when, and under which id where the client chose one."""

    import_id: UUID | None
    user_id: str
    at: datetime


async def open_import(
    sessions: Sessions, opened: Opened, mapping: SourceMapping, pricing: Pricing, window: Window
) -> UUID:
    """An id that is known already is opened again: the file is sent once more to go on."""
    import_id = opened.import_id or new_id()
    async with sessions() as session:
        await repository.open_import(
            session,
            {
                "id": import_id,
                "mapping": mapping.id,
                "pricing": pricing,
                "state": "running",
                "window_from": window.start,
                "window_until": window.end,
                "requested_by": opened.user_id,
                "started_at": opened.at,
                "finished_at": None,
                "rows_total": 0,
                "result": {},
            },
        )
        await commit(session)
    return import_id


@dataclass(frozen=True)
class Importer:
    """What every import of the process shares."""

    sessions: Sessions
    clock: Clock
    zone: str
    book_of: Callable[[date], PriceBook]

    async def take(self, file: FileToImport) -> dict[str, Any]:
        """The result as a person is told it; a file imported again changes nothing and says so."""
        try:
            return await self._take(file)
        except BaseException:
            await self._note(file, state="failed")
            raise

    async def _take(self, file: FileToImport) -> dict[str, Any]:
        invoices = await to_thread.run_sync(read_invoices, file.path, file.format, file.mapping, file.window)
        await self._note(file, rows_total=sum(len(invoice.lines) for invoice in invoices))
        counts: Counter[str] = Counter()
        for batch in in_batches(invoices):
            counts += await self._take_batch(file, batch)
            counts["rows"] += sum(len(invoice.lines) for invoice in batch)
            await self._note(file, result=told(counts))
        await self._note(file, state="done", finished_at=self.clock.now(), result=told(counts))
        return told(counts)

    async def _note(self, file: FileToImport, **values: Any) -> None:
        async with self.sessions() as session:
            await repository.note_progress(session, file.import_id, **values)
            await commit(session)

    async def _take_batch(self, file: FileToImport, invoices: Sequence[Invoice]) -> Counter[str]:
        now = self.clock.now()
        intake = Intake(self.zone, self.book_of)
        async with self.sessions() as session:
            batch = await intake.take(session, file.mapping, invoices, pricing=file.pricing, now=now)
            await repository.add_rejects(session, file.import_id, batch.rejects)
            await commit(session)
        return batch.counts


@dataclass(frozen=True)
class Intake:
    """Takes foreign invoices in, whichever way they came: planned against what is known, written with their events."""

    zone: str
    book_of: Callable[[date], PriceBook] | None = None

    async def take(
        self,
        session: AsyncSession,
        mapping: SourceMapping,
        invoices: Sequence[Invoice],
        *,
        pricing: Pricing,
        now: datetime,
        whole: bool = False,
    ) -> Batch:
        """In the caller's transaction; what was refused is told and not written."""
        await repository.lock_system(session, mapping.system)
        around = await self._surroundings(session, mapping, invoices, now)
        shelf = await _shelf(session, around, invoices)
        pricer = await self._pricer(session, pricing, around, invoices)
        batch = await to_thread.run_sync(Planner(around, shelf, pricer, whole=whole).take, invoices)
        await write_batch(session, mapping.system, batch, now=now)
        await parking.park(session, mapping, batch.parked, pricing=pricing, now=now)
        return batch

    async def _surroundings(
        self, session: AsyncSession, mapping: SourceMapping, invoices: Sequence[Invoice], now: datetime
    ) -> Surroundings:
        lines = list(chain.from_iterable(invoice.lines for invoice in invoices))
        skus = set(filter(is_clean, {line.sku for line in lines}))
        numbers = set(filter(is_clean, {line.account for line in lines if line.account}))
        references = [invoice.reference for invoice in invoices if is_clean(invoice.reference)]
        return Surroundings(
            mapping=mapping,
            zone=self.zone,
            now=now,
            accounts=await accounts_by_number(session, numbers),
            taken=await repository.taken_lines(session, mapping.system, references),
            waiting=await parking.waiting_accounts(session, mapping),
            products=await products_of(session, skus),
            prices=await prices_of(session, skus, mapping.currency),
            costs=await costs_of(session, skus, mapping.currency),
        )

    async def _pricer(
        self, session: AsyncSession, pricing: Pricing, around: Surroundings, invoices: Sequence[Invoice]
    ) -> Pricer:
        if pricing == "as_invoiced" or self.book_of is None:
            return AsInvoiced()
        months = months_of(invoices, self.zone)
        ids = [account.id for account in around.accounts.values()]
        purchases = await purchases_of(session, account_ids=ids, months=months, zone=self.zone) if months else {}
        rates = await exchange_rates(session)
        return ByPolicies(self.book_of, zone=self.zone, rates=rates, purchases=purchases)


def in_batches(invoices: Iterable[Invoice]) -> Iterator[list[Invoice]]:
    """Whole invoices, some thousand lines together."""
    batch: list[Invoice] = []
    lines = 0
    for invoice in invoices:
        batch.append(invoice)
        lines += len(invoice.lines)
        if lines >= LINES_A_BATCH:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


def months_of(invoices: Sequence[Invoice], zone: str) -> Period | None:
    """From the first to the last local month that the invoices touch."""
    days = [local_day(invoice.at, zone) for invoice in invoices if invoice.at is not None]
    if not days:
        return None
    first, last = period_of("month", min(days)), period_of("month", max(days))
    return Period(f"{first.key}/{last.key}", first.first, add_months(last.first, 1))


async def _shelf(session: AsyncSession, around: Surroundings, invoices: Sequence[Invoice]) -> Shelf:
    """What the batch's returns may take from orders of earlier batches."""
    shelf = Shelf()
    returns = [line for invoice in invoices if around.mapping.is_return(invoice.reference) for line in invoice.lines]
    named = {(line.account, line.at) for line in returns if line.at is not None and line.account in around.accounts}
    ids = {account.id for number, at in named for account in around.succession(number, at)}
    if ids:
        skus = set(filter(is_clean, {line.sku for line in returns}))
        for row in await open_lines(session, account_ids=ids, skus=skus):
            shelf.put(row.account_id, OpenLine(row.order_id, row.placed_at, row.priced_at, row.currency, row.line))
    return shelf


async def write_batch(session: AsyncSession, system: str, batch: Batch, *, now: datetime) -> None:
    """Orders, returns, the lines taken and all events, in the caller's transaction."""
    await add_orders(session, batch.orders)
    movements: list[Movement] = []
    for order in batch.orders:
        delivery, payment = new_id(), new_id()
        movements.append(Movement(order.id, delivery, "delivered", order.placed_at, now))
        if order.paid_minor:
            movements.append(Movement(order.id, payment, "paid", order.placed_at, now, amount_minor=order.paid_minor))
        record_many(session, events.in_full(order, delivery, payment))
    await _write_returns(session, batch.returns, movements, now)
    await add_movements(session, movements)
    await repository.remember_lines(session, system, batch.digests)


async def _write_returns(
    session: AsyncSession, returns: Sequence[ReturnedTo], movements: list[Movement], now: datetime
) -> None:
    if not returns:
        return
    left = {(one.order_id, piece.line.line): piece.line for one in returns for piece, _ in one.pieces}
    await save_lines(
        session, [(order_id, line) for (order_id, _), line in sorted(left.items(), key=lambda kept: kept[0])]
    )
    await sum_up_returns(session, list({one.order_id for one in returns}))
    for one in returns:
        lines = [
            {
                "line": p.returned.line,
                "quantity": p.returned.quantity,
                "net_minor": p.returned.net_minor,
                "price": price,
            }
            for p, price in one.pieces
        ]
        movements.append(Movement(one.order_id, one.id, "returned", one.at, now, lines, source_reference=one.reference))
    record_many(session, map(_returned, returns))


def _returned(one: ReturnedTo) -> OrderReturned:
    """Several lines of one return that took from the same original line are told as one."""
    quantities: Counter[int] = Counter()
    nets: Counter[int] = Counter()
    for piece, _ in one.pieces:
        quantities[piece.returned.line] += piece.returned.quantity
        nets[piece.returned.line] += piece.returned.net_minor
    return OrderReturned(
        occurred_at=one.at,
        order_id=str(one.order_id),
        account_id=str(one.account_id),
        return_id=str(one.id),
        returned_at=one.at,
        lines=tuple(ReturnedLine(line=line, quantity=quantities[line], net_minor=nets[line]) for line in quantities),
    )


def told(counts: Counter[str]) -> dict[str, Any]:
    """rows = accepted + unchanged + parked + all rejected; the rest of a return taken in part is told beside them."""
    rejected = {str(reason): counts[reason] for reason in Reason if counts[reason]}
    names = (
        "rows", "accepted", "unchanged", "parked", "orders", "order_lines", "returns", "discounted_orders",
        "requires_approval", "floor_breaches", "partly_unmatched", "unmatched_quantity",
    )  # fmt: skip
    return {**{name: counts[name] for name in names}, "rejected": rejected}
