"""Orders as the other services hear of them."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from services.pricing.orders.amending import Amendment
from services.pricing.orders.domain import Order, OrderLine
from shared.events import orders as told
from shared.events.sales import AppliedRule, Salesperson


def placed(order: Order) -> told.OrderPlaced:
    """With every line as it was frozen."""
    return told.OrderPlaced(
        occurred_at=order.placed_at,
        order_id=str(order.id),
        account_id=str(order.account_id),
        number=order.number,
        branch=order.branch,
        currency=order.currency,
        placed_at=order.placed_at,
        priced_at=order.priced_at,
        quote_id=str(order.quote_id) if order.quote_id else None,
        contract_id=str(order.contract_id) if order.contract_id else None,
        source=told.OrderSource(system=order.source.system, reference=order.source.reference) if order.source else None,
        credit_days=order.terms.credit_days if order.quote_id else None,
        lines=tuple(_line(line) for line in order.lines),
    )


def _line(line: OrderLine) -> told.OrderLine:
    return told.OrderLine(
        line=line.line,
        sku=line.sku,
        quantity=line.quantity,
        list_minor=line.list_minor,
        discount_minor=line.discount_minor,
        net_minor=line.net_minor,
        cost_minor=line.cost_minor,
        new_brand=line.new_brand,
        gift=line.gift,
        salespeople=tuple(Salesperson(user_id=share.user_id, share=share.share) for share in line.salespeople),
        election=line.election,
        p4_discount=line.p4_discount,
        rules=tuple(AppliedRule(policy=rule.policy, amount_minor=rule.amount_minor) for rule in line.rules),
    )


def amended(change: Amendment, amendment_id: UUID, *, at: datetime, reason: str) -> told.OrderAmended:
    """Both what is taken back and what stands in its place."""
    return told.OrderAmended(
        occurred_at=at,
        order_id=str(change.order.id),
        account_id=str(change.order.account_id),
        amendment_id=str(amendment_id),
        amended_at=at,
        reason=reason,
        reversed=tuple(map(_line, change.reversed)),
        applied=tuple(map(_line, change.applied)),
    )


def delivered_in_full(order: Order, delivery_id: UUID) -> told.OrderDelivered:
    return told.OrderDelivered(
        occurred_at=order.placed_at,
        order_id=str(order.id),
        account_id=str(order.account_id),
        delivery_id=str(delivery_id),
        delivered_at=order.placed_at,
        lines=tuple(told.LineQuantity(line=line.line, quantity=line.quantity) for line in order.lines),
    )


def paid(order: Order, payment_id: UUID, *, at: datetime, amount_minor: int) -> told.OrderPaid:
    return told.OrderPaid(
        occurred_at=at,
        order_id=str(order.id),
        account_id=str(order.account_id),
        payment_id=str(payment_id),
        paid_at=at,
        amount_minor=amount_minor,
        currency=order.currency,
    )


def in_full(order: Order, delivery_id: UUID, payment_id: UUID) -> Iterator[told.OrderEvent]:
    """An order as other systems report it: placed, delivered and paid at its own time."""
    yield placed(order)
    yield delivered_in_full(order, delivery_id)
    if order.paid_minor:
        yield paid(order, payment_id, at=order.placed_at, amount_minor=order.paid_minor)
