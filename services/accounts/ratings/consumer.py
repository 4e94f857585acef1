"""What ratings learn from other services: orders as they happen, exchange rates, and answers to proposals."""

from collections.abc import Mapping, Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.ratings import repository
from services.accounts.ratings.domain import Answer
from services.accounts.ratings.models import RateRow
from services.accounts.ratings.purchases import Bought, BoughtLine
from services.accounts.ratings.service import answer_proposal
from shared.calendar import local_day
from shared.events.approvals import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn
from shared.events.catalogue import ExchangeRatePublished
from shared.events.orders import OrderCancelled, OrderDelivered, OrderEvent, OrderPaid, OrderPlaced, OrderReturned


async def note_orders(session: AsyncSession, events: Sequence[OrderEvent], *, zone: str) -> None:
    """Fold a batch of order events into what each account bought, with one read and one write."""
    if not events:
        return
    known = await repository.bought_orders(session, order_ids={event.order_id for event in events})
    for event in events:
        note_order(known, event, zone=zone)
    if known:
        await repository.save_orders(session, orders=known)


def note_order(known: dict[str, Bought], event: OrderEvent, *, zone: str) -> None:
    """One event of one order; `known` gains the order when it is placed."""
    match event:
        case OrderPlaced():
            known[event.order_id] = Bought(
                account_id=event.account_id,
                currency=event.currency,
                placed_on=local_day(event.placed_at, zone),
                lines={str(row.line): BoughtLine(row.quantity, row.net_minor, row.cost_minor) for row in event.lines},
            )
        case OrderDelivered():
            day = local_day(event.delivered_at, zone)
            known[event.order_id].deliver(day, [(str(part.line), part.quantity) for part in event.lines])
        case OrderPaid():
            known[event.order_id].paid_minor += event.amount_minor
        case OrderReturned():
            parts = [(str(part.line), part.quantity, part.net_minor) for part in event.lines]
            known[event.order_id].take_back(parts)
        case OrderCancelled():
            known[event.order_id].cancelled = True


async def note_exchange_rate(session: AsyncSession, event: ExchangeRatePublished) -> None:
    row = {"base": event.base, "quote": event.quote, "day": event.date, "rate": event.rate, "source": event.source}
    statement = insert(RateRow).values(row)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["base", "quote", "day"], set_={"rate": event.rate})
    )


ANSWERS: Mapping[type, Answer] = {
    ApprovalGranted: Answer.grant,
    ApprovalRejected: Answer.reject,
    ApprovalWithdrawn: Answer.withdraw,
}


async def note_answer(
    session: AsyncSession, event: ApprovalGranted | ApprovalRejected | ApprovalWithdrawn, *, zone: str
) -> None:
    """A5: what approvals said about a rating proposal."""
    await answer_proposal(
        session, proposal_id=event.subject_id, answer=ANSWERS[type(event)], answered_at=event.occurred_at, zone=zone
    )
