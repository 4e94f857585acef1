"""Routes of stock, of the ranking by which it is given out, and of delivery promises (P9)."""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import Path, Query, Request
from sqlalchemy import func, select

from services.pricing.allocation import service
from services.pricing.allocation.domain import Place
from services.pricing.allocation.models import AllocationRow, PromiseRow, StockEntryRow, StockRow
from services.pricing.allocation.schemas import (
    AllocationAnswer,
    NewPromise,
    NewStock,
    PromiseAnswer,
    StockAnswer,
    StockEntryAnswer,
    WriteOff,
    show_allocation,
    show_entry,
    show_promise,
)
from services.pricing.allocation.service import Entry, Promise
from services.pricing.orders.service import find_order
from services.pricing.rules import Today
from services.pricing.schemas import Sku
from shared.auth.principal import Principal
from shared.auth.scope import within
from shared.calendar import local_day
from shared.errors import FieldError, Forbidden, ValidationProblem, Words
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, oldest_first, read_page
from shared.http.problems import language_of
from shared.http.routes import Router

router = Router(tags=["supply"])
Reader = Annotated[Principal, allowed("stock.read")]
Writer = Annotated[Principal, allowed("stock.write")]
Promising = Annotated[Principal, allowed("promises.write")]
OfSku = Annotated[Sku | None, Query(description="only this SKU's", examples=["HS-100"])]
OfBranch = Annotated[str | None, Query(description="only at this branch")]


class NotReceivedYet(ValidationProblem):
    code = "not_received_yet"
    title: ClassVar[Words] = {"en": "Stock counts from the day it came in", "zh": "库存自到货日起计算"}

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/received_on", self.code, self.title)])


@router.post("/stock", status_code=201)
async def receive_stock(*, body: NewStock, session: Session, when: Today, caller: Writer) -> StockAnswer:
    """Record what came in; from now on stock of this SKU is kept at this branch, and who waits is supplied at once."""
    today = local_day(when.now, when.zone)
    if body.received_on is not None and body.received_on > today:
        raise NotReceivedYet
    entry = _entry(caller, body, "received", body.quantity, body.reference, body.received_on or today)
    await service.receive_stock(session, entry, when=when)
    return await _stock_at(session, entry.place)


@router.post("/stock/write-offs", status_code=201)
async def write_off_stock(*, body: WriteOff, session: Session, when: Today, caller: Writer) -> StockAnswer:
    """Record what was lost or broken; the last in the ranking lose it first."""
    entry = _entry(caller, body, "written_off", -body.quantity, body.reason, local_day(when.now, when.zone))
    await service.write_off_stock(session, entry, when=when)
    return await _stock_at(session, entry.place)


def _entry(
    caller: Principal, body: NewStock | WriteOff, kind: str, quantity: int, reference: str, on_day: date
) -> Entry:
    if not caller.reach("stock.write").covers(branch=body.branch):
        raise Forbidden
    return Entry(Place(body.sku, body.branch), kind, quantity, on_day, reference, caller.user_id)


@router.get("/stock")
async def list_stock(
    *, session: Session, asked: PageQuery, caller: Reader, sku: OfSku = None, branch: OfBranch = None
) -> Page[StockAnswer]:
    """What lies where, how much of it is allocated, and by how much it is short."""
    query = _of(_STOCK.where(within(caller.reach("stock.read"), branch=StockRow.branch)), StockRow, sku, branch)
    return await read_page(
        session, query, asked=asked, by=oldest_first(StockRow.sku, StockRow.branch), show=_show_stock
    )


@router.get("/stock/entries")
async def list_stock_entries(
    *, session: Session, asked: PageQuery, caller: Reader, sku: OfSku = None, branch: OfBranch = None
) -> Page[StockEntryAnswer]:
    """Every entry of the stock, newest first: received, delivered, written off."""
    reached = within(caller.reach("stock.read"), branch=StockEntryRow.branch)
    query = _of(select(StockEntryRow).where(reached), StockEntryRow, sku, branch)
    return await read_page(session, query, asked=asked, by=newest_first(StockEntryRow.id), show=show_entry)


@router.get("/allocations")
async def list_allocations(
    *,
    request: Request,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    sku: Annotated[Sku, Query(description="the SKU", examples=["HS-100"])],
    branch: OfBranch = None,
    order_id: Annotated[UUID | None, Query(description="only this order's lines")] = None,
) -> Page[AllocationAnswer]:
    """Who is supplied from the stock of a SKU, in which place and why (P9): branch by branch, first place first."""
    reached = within(caller.reach("stock.read"), branch=AllocationRow.branch)
    query = _of(select(AllocationRow).where(reached), AllocationRow, sku, branch)
    query = query if order_id is None else query.where(AllocationRow.order_id == order_id)
    language = language_of(request.headers)
    by = oldest_first(AllocationRow.branch, AllocationRow.rank)
    return await read_page(session, query, asked=asked, by=by, show=lambda row: show_allocation(row, language))


@router.post("/delivery-promises", status_code=201)
async def promise_delivery(*, body: NewPromise, session: Session, when: Today, caller: Promising) -> PromiseAnswer:
    """Secure a line's delivery date (保障交付): it is supplied before any class. A later promise stands instead."""
    order = await find_order(session, body.order_id, caller=caller, permission="promises.write", lock=True)
    promise = Promise(body.line, body.promised_on, body.reason, caller.user_id)
    return show_promise(await service.promise_delivery(session, order, promise, when=when))


@router.post("/delivery-promises/{order_id}/{line}/withdraw", status_code=204)
async def withdraw_promise(
    *,
    order_id: Annotated[UUID, Path(description="the order")],
    line: Annotated[int, Path(ge=1, le=32_000, description="its line")],
    session: Session,
    when: Today,
    caller: Promising,
) -> None:
    """The line stands again where its class and its time put it."""
    order = await find_order(session, order_id, caller=caller, permission="promises.write", lock=True)
    await service.withdraw_promise(session, order, line, when=when)


@router.get("/delivery-promises")
async def list_promises(
    *,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    order_id: Annotated[UUID | None, Query(description="only this order's")] = None,
) -> Page[PromiseAnswer]:
    """Promises that stand, the earliest day first."""
    query = select(PromiseRow).where(within(caller.reach("stock.read"), branch=PromiseRow.branch))
    query = query if order_id is None else query.where(PromiseRow.order_id == order_id)
    by = oldest_first(PromiseRow.promised_on, PromiseRow.order_id, PromiseRow.line)
    return await read_page(session, query, asked=asked, by=by, show=show_promise)


_GIVEN = (
    select(
        AllocationRow.sku,
        AllocationRow.branch,
        func.sum(AllocationRow.quantity).label("allocated"),
        func.sum(AllocationRow.wanted).label("wanted"),
    )
    .group_by(AllocationRow.sku, AllocationRow.branch)
    .subquery()
)
_STOCK: Any = select(
    StockRow.sku,
    StockRow.branch,
    StockRow.on_hand,
    func.coalesce(_GIVEN.c.allocated, 0).label("allocated"),
    func.coalesce(_GIVEN.c.wanted, 0).label("wanted"),
).outerjoin(_GIVEN, (_GIVEN.c.sku == StockRow.sku) & (_GIVEN.c.branch == StockRow.branch))


async def _stock_at(session: Session, place: Place) -> StockAnswer:
    return _show_stock((await session.execute(_of(_STOCK, StockRow, place.sku, place.branch))).one())


def _of(query: Any, table: Any, sku: str | None, branch: str | None) -> Any:
    query = query if sku is None else query.where(table.sku == sku)
    return query if branch is None else query.where(table.branch == branch)


def _show_stock(row: Any) -> StockAnswer:
    return StockAnswer(
        sku=row.sku,
        branch=row.branch,
        on_hand=row.on_hand,
        allocated=int(row.allocated),
        free=row.on_hand - int(row.allocated),
        short_by=int(row.wanted) - int(row.allocated),
    )
