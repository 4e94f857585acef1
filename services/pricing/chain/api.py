"""Routes of the chain from quote to reward, walked from any of its ends (P10)."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from sqlalchemy import select

from services.pricing.accounts.repository import contract_by_id
from services.pricing.chain.repository import belonging, rewards_of
from services.pricing.chain.schemas import ContractLink, End, OrderChain, QuoteLink, show_reward
from services.pricing.orders import repository as orders
from services.pricing.orders.domain import Order
from services.pricing.orders.models import OrderRow
from services.pricing.orders.schemas import show_movement, show_order
from services.pricing.orders.service import find_order
from services.pricing.quotes.repository import quote_by_id
from shared.auth.principal import Principal
from shared.auth.scope import within
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router

router = Router(tags=["orders"])
Reader = Annotated[Principal, allowed("orders.read")]


@router.get("/orders/{order_id}/chain")
async def order_chain(
    *, order_id: Annotated[UUID, Path(description="the order")], session: Session, caller: Reader
) -> OrderChain:
    """Quote, contract, order, deliveries, acceptances, payments, returns and rewards in one place (P10)."""
    return await _chain_of(
        session, await find_order(session, order_id, caller=caller, permission="orders.read"), caller
    )


@router.get("/chains/{end}/{end_id}")
async def list_chains(
    *,
    end: Annotated[End, Path(description="what the chain is taken by; a delivery or a payment is a movement")],
    end_id: Annotated[UUID, Path(description="its id")],
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("chains.read")],
) -> Page[OrderChain]:
    """The same chains found from their other ends: of each order within reach that this belongs to, newest first."""
    reached = within(caller.reach("chains.read"), branch=OrderRow.branch, account=OrderRow.account_id)
    query = select(OrderRow).where(reached, belonging(end, end_id))
    rows: Page[OrderRow] = await read_page(
        session, query, asked=asked, by=newest_first(OrderRow.id), show=lambda row: row
    )
    lines = await orders.lines_of(session, [row.id for row in rows.items])
    found = [await _chain_of(session, orders.order_of(row, lines[row.id]), caller) for row in rows.items]
    return Page(items=found, next=rows.next)


async def _chain_of(session: Session, order: Order, caller: Principal) -> OrderChain:
    quote = await quote_by_id(session, order.quote_id) if order.quote_id else None
    contract = await contract_by_id(session, order.contract_id) if order.contract_id else None
    movements = await orders.movements_of(session, order.id)
    earned = await rewards_of(session, order_id=order.id, contract_id=order.contract_id, caller=caller)
    return OrderChain(
        quote=QuoteLink(id=quote.id, number=quote.number, state=str(quote.state)) if quote else None,
        contract=ContractLink(id=contract.id, state=contract.state, revision=contract.revision) if contract else None,
        order=show_order(order),
        movements=[show_movement(movement, order.currency) for movement in movements],
        rewards=f"/v1/accruals?order_id={order.id}",
        earned=[show_reward(row) for row in earned],
    )
