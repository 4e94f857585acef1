"""Routes of orders, from placing to the last return."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from sqlalchemy import select

from services.pricing.orders import repository, service
from services.pricing.orders.models import OrderRow
from services.pricing.orders.schemas import (
    Cancellation,
    NewAcceptance,
    NewAmendment,
    NewDelivery,
    NewOrder,
    NewPayment,
    NewReturn,
    OrderAnswer,
    show_order,
)
from services.pricing.orders.service import Change, Payment
from services.pricing.rules import Today
from shared.auth.principal import Principal
from shared.auth.scope import within
from shared.http.dependencies import Now, Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router

router = Router(tags=["orders"])
OrderId = Annotated[UUID, Path(description="the order")]
Reader = Annotated[Principal, allowed("orders.read")]
Writer = Annotated[Principal, allowed("orders.write")]
Deliverer = Annotated[Principal, allowed("orders.deliver")]


@router.post("/orders", status_code=201)
async def place_order(*, body: NewOrder, session: Session, when: Today, caller: Writer) -> OrderAnswer:
    """Draw quantities from an accepted quote that is alive (P8), and from the contract that is named, if any.

    Neither is ever drawn beyond its quantities; costs and salespeople are frozen now.
    """
    order = await service.place_order(
        session,
        caller=caller,
        quote_id=body.quote_id,
        wanted=body.wanted(),
        contract_id=body.contract_id,
        when=when,
    )
    return show_order(order)


@router.get("/orders")
async def list_orders(
    *,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    account_id: Annotated[UUID | None, Query(description="only this account's")] = None,
    reference: Annotated[str | None, Query(description="only the one another system calls so")] = None,
) -> Page[OrderAnswer]:
    """Orders within reach, newest first."""
    reach = caller.reach("orders.read")
    query = select(OrderRow).where(within(reach, branch=OrderRow.branch, account=OrderRow.account_id))
    query = query if account_id is None else query.where(OrderRow.account_id == account_id)
    query = query if reference is None else query.where(OrderRow.source_reference == reference)
    rows: Page[OrderRow] = await read_page(session, query, asked=asked, by=newest_first(OrderRow.id), show=_as_it_is)
    lines = await repository.lines_of(session, [row.id for row in rows.items])
    return Page(items=[show_order(repository.order_of(row, lines[row.id])) for row in rows.items], next=rows.next)


def _as_it_is(row: OrderRow) -> OrderRow:
    return row


@router.get("/orders/{order_id}")
async def get_order(*, order_id: OrderId, session: Session, caller: Reader) -> OrderAnswer:
    """One order with what was delivered, paid and returned of it."""
    return show_order(await service.find_order(session, order_id, caller=caller, permission="orders.read"))


@router.post("/orders/{order_id}/confirm")
async def confirm_order(*, order_id: OrderId, session: Session, when: Today, caller: Writer) -> OrderAnswer:
    """The order is binding: it waits for stock where stock is kept, and may be delivered."""
    return show_order(await service.confirm_order(session, order_id, caller=caller, when=when))


@router.post("/orders/{order_id}/deliveries", status_code=201)
async def record_delivery(
    *, order_id: OrderId, body: NewDelivery, session: Session, when: Today, caller: Deliverer
) -> OrderAnswer:
    """Record what was handed over: the purchase belongs to the local month of this time.

    Where stock is kept, only what is allocated to the order can be handed over (P9).
    """
    order = await service.record_delivery(
        session, order_id, caller=caller, quantities=body.quantities(), at=body.delivered_at or when.now, when=when
    )
    return show_order(order)


@router.post("/orders/{order_id}/acceptances", status_code=201)
async def accept_delivery(
    *, order_id: OrderId, body: NewAcceptance, session: Session, now: Now, caller: Deliverer
) -> OrderAnswer:
    """The account accepted lines that were delivered in full; none named are all."""
    order = await service.accept_delivery(
        session, order_id, caller=caller, lines=body.lines, at=body.accepted_at or now, now=now
    )
    return show_order(order)


@router.post("/orders/{order_id}/payments", status_code=201)
async def record_payment(
    *,
    order_id: OrderId,
    body: NewPayment,
    session: Session,
    when: Today,
    caller: Annotated[Principal, allowed("payments.record")],
) -> OrderAnswer:
    """Record money that came in; more than is owed is refused."""
    money = body.amount.money()
    payment = Payment(money.amount_minor, money.currency, body.paid_at or when.now, body.evidence)
    return show_order(await service.record_payment(session, order_id, caller=caller, payment=payment, when=when))


@router.post("/orders/{order_id}/returns", status_code=201)
async def record_return(
    *,
    order_id: OrderId,
    body: NewReturn,
    session: Session,
    now: Now,
    caller: Annotated[Principal, allowed("orders.return")],
) -> OrderAnswer:
    """Take pieces back against their own lines: what they earned is taken back with them (R14)."""
    order = await service.record_return(
        session,
        order_id,
        caller=caller,
        quantities=body.quantities(),
        reason=body.reason,
        at=body.returned_at or now,
        now=now,
    )
    return show_order(order)


@router.post("/orders/{order_id}/amendments", status_code=201)
async def amend_order(
    *, order_id: OrderId, body: NewAmendment, session: Session, when: Today, caller: Writer
) -> OrderAnswer:
    """Change how many pieces of which quote lines are ordered; what was delivered stays (S-E4).

    The old lines are taken back and the new ones applied, both on one event; costs, salespeople and prices of what
    stands stay frozen. More is drawn from the same quote and contract and is refused where they have no more.
    """
    change = Change(body.wanted(), body.reason)
    return show_order(await service.amend_order(session, order_id, caller=caller, change=change, when=when))


@router.post("/orders/{order_id}/cancel")
async def cancel_order(
    *,
    order_id: OrderId,
    body: Cancellation,
    session: Session,
    when: Today,
    caller: Annotated[Principal, allowed("orders.cancel")],
) -> OrderAnswer:
    """Cancel an order of which nothing was delivered; its quantities go back to quote, contract and stock."""
    return show_order(await service.cancel_order(session, order_id, caller=caller, reason=body.reason, when=when))
