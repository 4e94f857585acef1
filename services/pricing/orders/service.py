"""Orders are placed, confirmed, delivered, accepted, paid, returned, cancelled: each a fact with its event."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import Account, Contract
from services.pricing.accounts.repository import account_by_id, contract_by_id
from services.pricing.allocation.service import hand_out, supply_again
from services.pricing.catalogue.repository import costs_of, products_of
from services.pricing.coupons import service as coupons
from services.pricing.orders import amending, domain, events, repository
from services.pricing.orders.domain import Order, OrderLine
from services.pricing.orders.placing import OnTheOrderDay, draw, gifts_with
from services.pricing.orders.repository import Movement
from services.pricing.orders.timing import since_delivered, since_placed, while_held
from services.pricing.orders.under_contract import ContractOfAnother, UnknownContract, hold_to
from services.pricing.quotes.domain import Quote, UnknownAccount
from services.pricing.quotes.facts import SaleFacts
from services.pricing.quotes.repository import quote_by_id
from services.pricing.quotes.service import find_quote, not_merged
from services.pricing.when import When
from shared.auth.principal import Principal
from shared.calendar import local_day
from shared.errors import Conflict, NotFound, Words
from shared.events import orders as told
from shared.ids import new_id
from shared.outbox import record
from shared.policy.evaluation import Case
from shared.trace import Subject

PLACING, PAYING = "order.placing", "payment.recording"


class UnknownOrder(NotFound):
    code = "unknown_order"
    title: ClassVar[Words] = {"en": "There is no such order", "zh": "没有该订单"}


async def place_order(
    session: AsyncSession,
    *,
    caller: Principal,
    quote_id: UUID,
    wanted: Mapping[int, int],
    contract_id: UUID | None,
    when: When,
) -> Order:
    """P8: quantities of an accepted quote that is alive, and of the contract that is named: both limits hold.

    Raises AccountMerged, PolicyRefuses, OverDraw, UnknownQuote, UnknownContract, ContractOfAnother and what `hold_to`
    raises.
    """
    quote = await find_quote(session, quote_id, reach=caller.reach("orders.write"), lock=True)
    account = not_merged(await _account(session, quote.account_id))
    contract = await _contract(session, account.id, contract_id) if contract_id else None
    await _admit(session, quote, account, contract=contract, when=when)
    lines = await _drawn(session, quote, account, wanted=wanted, contract=contract, when=when)
    order = Order(
        id=new_id(),
        account_id=account.id,
        number=await repository.next_number(session, local_day(when.now, when.zone)),
        branch=quote.branch,
        currency=quote.currency,
        placed_at=when.now,
        priced_at=quote.priced_at,
        lines=lines,
        quote_id=quote.id,
        contract_id=contract.id if contract else None,
        terms=quote.terms,
    )
    await repository.add_orders(session, [order])
    await coupons.spend(session, quote.id)
    record(session, events.placed(order))
    return order


async def _admit(
    session: AsyncSession, quote: Quote, account: Account, *, contract: Contract | None, when: When
) -> None:
    facts = await _facts(session, quote, account, contract=contract, when=when)
    sale = Subject("sale", str(quote.id), Subject("account", str(account.id)))
    when.rules.ask(PLACING, Case(facts, sale, when.now), subject="sale")


async def _account(session: AsyncSession, account_id: UUID) -> Account:
    account = await account_by_id(session, account_id)
    if account is None:
        raise UnknownAccount
    return account


async def _facts(
    session: AsyncSession, quote: Quote, account: Account, *, contract: Contract | None, when: When
) -> SaleFacts:
    return SaleFacts(
        account=account,
        zone=when.zone,
        currency=quote.currency,
        lines={},
        first_ordered_at=await repository.first_ordered_at(session, account.id),
        terms=quote.terms,
        plan=next((line.plan for line in quote.lines if line.plan), "none"),
        quote_state=str(quote.state_on(local_day(when.now, when.zone))),
        contract_state=contract.state.value if contract else "none",
    )


async def _contract(session: AsyncSession, account_id: UUID, contract_id: UUID) -> Contract:
    """Locked, as the quote is: orders of other quotes may draw on it too."""
    contract = await contract_by_id(session, contract_id, lock=True)
    if contract is None:
        raise UnknownContract
    if contract.account_id != account_id:
        raise ContractOfAnother
    return contract


async def _drawn(
    session: AsyncSession,
    quote: Quote,
    account: Account,
    *,
    wanted: Mapping[int, int],
    contract: Contract | None,
    when: When,
) -> tuple[OrderLine, ...]:
    day = local_day(when.now, when.zone)
    skus = {line.sku for line in quote.lines}
    today = OnTheOrderDay(
        day,
        quote.currency,
        await products_of(session, skus),
        await costs_of(session, skus, quote.currency),
        account.salespeople(day),
    )
    drawn = await repository.drawn_of(session, quote.id)
    lines = draw(quote, wanted, drawn, today)
    if contract is not None:
        hold_to(contract, lines, await repository.drawn_under(session, contract.id), today)
    if quote.gifts and not await repository.gift_is_given(session, quote.id):
        lines += gifts_with(quote, wanted, drawn, today, first=len(wanted) + 1)
    return lines


async def find_order(
    session: AsyncSession, order_id: UUID, *, caller: Principal, permission: str, lock: bool = False
) -> Order:
    """Raises UnknownOrder."""
    order = await repository.order_by_id(session, order_id, reach=caller.reach(permission), lock=lock)
    if order is None:
        raise UnknownOrder
    return order


async def confirm_order(session: AsyncSession, order_id: UUID, *, caller: Principal, when: When) -> Order:
    """From now on it waits for stock (P9). Raises OrderMoveNotAllowed."""
    order = domain.confirm(await find_order(session, order_id, caller=caller, permission="orders.write", lock=True))
    await repository.save_order(session, order)
    record(session, told.OrderConfirmed(occurred_at=when.now, **_ids(order)))
    await supply_again(session, order, when=when)
    return order


async def record_delivery(
    session: AsyncSession,
    order_id: UUID,
    *,
    caller: Principal,
    quantities: Mapping[int, int],
    at: datetime,
    when: When,
) -> Order:
    """Part or all of it, at the time it was handed over, from what is allocated to it where stock is kept (P9).

    Raises OverDelivery, NotAllocated, OrderMoveNotAllowed or TimeNotPossible.
    """
    before = await find_order(session, order_id, caller=caller, permission="orders.deliver", lock=True)
    at = since_placed(before, at, now=when.now, field="delivered_at")
    order = domain.deliver(before, quantities)
    await hand_out(session, before, quantities, by=caller.user_id, when=when)
    await repository.save_order(session, order)
    lines = [{"line": line, "quantity": quantity} for line, quantity in quantities.items()]
    movement = Movement(order.id, new_id(), "delivered", at, when.now, lines)
    await repository.add_movements(session, [movement])
    told_lines = tuple(told.LineQuantity(line=line, quantity=quantity) for line, quantity in quantities.items())
    event = told.OrderDelivered(
        occurred_at=at, **_ids(order), delivery_id=str(movement.id), delivered_at=at, lines=told_lines
    )
    record(session, event)
    await supply_again(session, order, when=when)
    return order


async def accept_delivery(
    session: AsyncSession, order_id: UUID, *, caller: Principal, lines: Collection[int], at: datetime, now: datetime
) -> Order:
    """The account takes over lines that were delivered in full; none named are all that are still to accept.

    Raises OrderMoveNotAllowed, UnknownOrderLine or TimeNotPossible.
    """
    before = await find_order(session, order_id, caller=caller, permission="orders.deliver", lock=True)
    at = since_placed(before, at, now=now, field="accepted_at")
    order = domain.accept(before, lines)
    since_delivered(await repository.movements_of(session, order.id), lines, at, field="accepted_at")
    await repository.save_order(session, order)
    named = [{"line": line} for line in lines] or None
    await repository.add_movements(session, [Movement(order.id, new_id(), "accepted", at, now, named)])
    record(session, told.OrderAccepted(occurred_at=at, **_ids(order), accepted_at=at, lines=tuple(lines)))
    return order


@dataclass(frozen=True, slots=True)
class Payment:
    amount_minor: int
    currency: str
    paid_at: datetime
    evidence: str | None = None


class OtherCurrency(Conflict):
    code = "other_currency"
    title: ClassVar[Words] = {"en": "The order is in another currency", "zh": "与订单币种不符"}


async def record_payment(
    session: AsyncSession, order_id: UUID, *, caller: Principal, payment: Payment, when: When
) -> Order:
    """P7 is asked again with what was really received. Raises PolicyRefuses, Overpayment, OtherCurrency,
    NothingPaid or TimeNotPossible."""
    before = await find_order(session, order_id, caller=caller, permission="payments.record", lock=True)
    if payment.currency != before.currency:
        raise OtherCurrency({"en": f"it is in {before.currency}", "zh": f"订单币种为{before.currency}"})
    since_placed(before, payment.paid_at, now=when.now, field="paid_at")
    order = domain.pay(before, payment.amount_minor)
    await _ask_about_payment(session, order, when)
    await repository.save_order(session, order)
    movement = Movement(
        order.id,
        new_id(),
        "paid",
        payment.paid_at,
        when.now,
        amount_minor=payment.amount_minor,
        note=payment.evidence,
    )
    await repository.add_movements(session, [movement])
    event = events.paid(order, movement.id, at=payment.paid_at, amount_minor=payment.amount_minor)
    record(session, event.model_copy(update={"evidence": payment.evidence}))
    return order


async def _ask_about_payment(session: AsyncSession, order: Order, when: When) -> None:
    account = await _account(session, order.account_id)
    delivered = any(line.delivered for line in order.lines)
    received = Decimal(order.paid_minor) / Decimal(order.net_minor) if order.net_minor else Decimal(1)
    facts = SaleFacts(
        account=account,
        zone=when.zone,
        currency=order.currency,
        lines={},
        first_ordered_at=await repository.first_ordered_at(session, account.id, but=order.id),
        terms=order.terms,
        # What comes after the delivery says nothing about what was prepaid: the terms stand.
        prepaid_share=None if delivered else received,
    )
    sale = Subject("sale", str(order.id), Subject("account", str(account.id)))
    when.rules.ask(PAYING, Case(facts, sale, when.now), subject="sale")


async def record_return(
    session: AsyncSession,
    order_id: UUID,
    *,
    caller: Principal,
    quantities: Mapping[int, int],
    reason: str | None,
    at: datetime,
    now: datetime,
) -> Order:
    """Against the original lines, at their own amounts, whatever it costs today (S-F1). OverReturn, TimeNotPossible."""
    before = await find_order(session, order_id, caller=caller, permission="orders.return", lock=True)
    at = since_placed(before, at, now=now, field="returned_at")
    order, pieces = domain.take_back(before, quantities)
    while_held(before, await repository.movements_of(session, order.id), quantities, at, field="returned_at")
    await repository.save_order(session, order)
    lines = [{"line": p.line, "quantity": p.quantity, "net_minor": p.net_minor} for p in pieces]
    movement = Movement(order.id, new_id(), "returned", at, now, lines, note=reason)
    await repository.add_movements(session, [movement])
    event = told.OrderReturned(
        occurred_at=at,
        **_ids(order),
        return_id=str(movement.id),
        returned_at=at,
        reason=reason,
        lines=tuple(told.ReturnedLine(line=p.line, quantity=p.quantity, net_minor=p.net_minor) for p in pieces),
    )
    record(session, event)
    return order


@dataclass(frozen=True, slots=True)
class Change:
    """How many pieces of each named quote line the order is to have; the others stay as they are."""

    wanted: Mapping[int, int]
    reason: str


async def amend_order(session: AsyncSession, order_id: UUID, *, caller: Principal, change: Change, when: When) -> Order:
    """P8, S-E4: the lines as they stood are taken back and the new ones applied, both told.

    Pieces more are drawn from the same quote and contract, as a new order's would be. Raises NotDrawnFromQuote,
    BelowDelivered, NothingAmended, NothingLeft, OrderMoveNotAllowed and what `place_order` raises.
    """
    known = await find_order(session, order_id, caller=caller, permission="orders.write")
    if known.quote_id is None:
        raise amending.NotDrawnFromQuote
    quote = await find_quote(session, known.quote_id, reach=caller.reach("orders.write"), lock=True)
    account = await _account(session, known.account_id)
    contract = await _contract(session, account.id, known.contract_id) if known.contract_id else None
    before = await find_order(session, order_id, caller=caller, permission="orders.write", lock=True)
    order = amending.lessened(before, change.wanted)
    await repository.save_amended(session, order, order.lines)
    more = amending.growth(before, change.wanted)
    if any(more.values()):
        await _admit(session, quote, not_merged(account), contract=contract, when=when)
    drawn = await _drawn(session, quote, account, wanted=more, contract=contract, when=when)
    amendment = amending.amended(before, amending.extended(order, drawn))
    await repository.save_amended(session, amendment.order, amendment.order.lines)
    lines = [{"line": line, "was": was, "quantity": quantity} for line, (was, quantity) in amendment.quantities.items()]
    movement = Movement(order.id, new_id(), "amended", when.now, when.now, lines, note=change.reason)
    await repository.add_movements(session, [movement])
    record(session, events.amended(amendment, movement.id, at=when.now, reason=change.reason))
    await supply_again(session, amendment.order, when=when)
    return amendment.order


async def cancel_order(session: AsyncSession, order_id: UUID, *, caller: Principal, reason: str, when: When) -> Order:
    """What it drew from quote, contract and stock is free again: the next in the ranking gets it (P9).

    Raises OrderMoveNotAllowed once something was delivered.
    """
    now = when.now
    order = domain.cancel(await find_order(session, order_id, caller=caller, permission="orders.cancel", lock=True))
    await repository.save_order(session, order)
    await repository.add_movements(session, [Movement(order.id, new_id(), "cancelled", now, now, note=reason)])
    if order.quote_id is not None:
        await _free_its_quote(session, order.quote_id)
    record(session, told.OrderCancelled(occurred_at=now, **_ids(order), cancelled_at=now, reason=reason))
    await supply_again(session, order, when=when)
    return order


async def _free_its_quote(session: AsyncSession, quote_id: UUID) -> None:
    """What the quote used is held again, as if nothing had been ordered from it."""
    await quote_by_id(session, quote_id, lock=True)
    if not any(drawn.quantity for drawn in (await repository.drawn_of(session, quote_id)).values()):
        await coupons.hold_again(session, quote_id)


def _ids(order: Order) -> dict[str, str]:
    return {"order_id": str(order.id), "account_id": str(order.account_id)}
