"""What ratings learn from other services: orders as they happen, exchange rates, and answers to what was asked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.overrides.service import answer_override
from services.accounts.ratings import order_book
from services.accounts.ratings.domain import Answer, Heard
from services.accounts.ratings.models import RateRow
from services.accounts.ratings.movements import Movement, changes, due_day, worth_of
from services.accounts.ratings.purchases import Bought, BoughtLine
from services.accounts.ratings.service import answer_proposal
from shared.calendar import local_day
from shared.events.approvals import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn
from shared.events.catalogue import ExchangeRatePublished
from shared.events.orders import (
    OrderAmended,
    OrderCancelled,
    OrderDelivered,
    OrderEvent,
    OrderLine,
    OrderPaid,
    OrderPlaced,
    OrderReturned,
)
from shared.policy.compiled import CompiledPolicies


async def note_orders(session: AsyncSession, told: Sequence[tuple[OrderEvent, datetime]], *, zone: str) -> None:
    """Fold order events, each with when it was recorded, into what was bought: one read and two writes."""
    if not told:
        return
    known = await order_book.bought_orders(session, order_ids={event.order_id for event, _ in told})
    moved = [movement for event, at in told for movement in note_order(known, event, recorded_at=at, zone=zone)]
    if known:
        await order_book.save_orders(session, orders=known)
    if moved:
        await order_book.add_movements(session, movements=moved)


def note_order(known: dict[str, Bought], event: OrderEvent, *, recorded_at: datetime, zone: str) -> list[Movement]:
    """What one event of one order moved; `known` gains the order when it is placed."""
    if isinstance(event, OrderPlaced):
        known[event.order_id] = _placed(event, zone)
        return []
    order = known[event.order_id]
    before = worth_of(order)
    happened_on = local_day(_take(order, event, zone), zone)
    return [
        Movement(
            order_id=event.order_id,
            account_id=order.account_id,
            currency=order.currency,
            due_on=due_day(change.delivered_on, order.credit_days),
            happened_on=happened_on,
            recorded_at=recorded_at,
            change=change,
        )
        for change in changes(before, worth_of(order))
    ]


def _placed(event: OrderPlaced, zone: str) -> Bought:
    return Bought(
        account_id=event.account_id,
        currency=event.currency,
        placed_on=local_day(event.placed_at, zone),
        lines=_lines(event.lines),
        credit_days=event.credit_days,
    )


def _lines(told: Iterable[OrderLine]) -> dict[str, BoughtLine]:
    return {str(row.line): BoughtLine(row.quantity, row.net_minor, row.cost_minor) for row in told}


def _take(order: Bought, event: OrderEvent, zone: str) -> datetime:
    """The order after the event; returns when that happened in business."""
    match event:
        case OrderDelivered():
            day = local_day(event.delivered_at, zone)
            order.deliver(day, [(str(part.line), part.quantity) for part in event.lines])
            return event.delivered_at
        case OrderPaid():
            order.paid_minor += event.amount_minor
            return event.paid_at
        case OrderReturned():
            order.take_back([(str(part.line), part.quantity, part.net_minor) for part in event.lines])
            return event.returned_at
        case OrderAmended():
            order.amend([str(line.line) for line in event.reversed], _lines(event.applied))
            return event.amended_at
        case OrderCancelled():
            order.cancelled, order.cancelled_on = True, local_day(event.cancelled_at, zone)
            return event.cancelled_at
        case _:
            return event.occurred_at


async def note_exchange_rate(session: AsyncSession, event: ExchangeRatePublished) -> None:
    row = {"base": event.base, "quote": event.quote, "day": event.date, "rate": event.rate, "source": event.source}
    statement = insert(RateRow).values(row)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["base", "quote", "day"], set_={"rate": event.rate})
    )


Answered = ApprovalGranted | ApprovalRejected | ApprovalWithdrawn
ANSWERS: Mapping[type, Answer] = {
    ApprovalGranted: Answer.grant,
    ApprovalRejected: Answer.reject,
    ApprovalWithdrawn: Answer.withdraw,
}


async def note_answer(
    session: AsyncSession, event: Answered, *, recorded_at: datetime, zone: str, policies: CompiledPolicies
) -> None:
    """A5: what approvals said about a rating: a proposal, or a class set by hand."""
    answer, when = ANSWERS[type(event)], Heard(local_day(event.occurred_at, zone), recorded_at)
    if not await answer_proposal(session, proposal_id=event.subject_id, answer=answer, when=when):
        terms = event.terms if isinstance(event, ApprovalGranted) else {}
        await answer_override(
            session, override_id=event.subject_id, answer=answer, terms=terms, when=when, policies=policies
        )
