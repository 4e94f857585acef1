"""What the board learns of orders: who sold what, from placing to the last return."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import TeamRow
from services.accounts.kpis import repository
from services.accounts.kpis.sales import OrderedLine, Sale, SoldOrder
from shared.calendar import local_day
from shared.events.orders import (
    OrderAmended,
    OrderCancelled,
    OrderDelivered,
    OrderEvent,
    OrderLine,
    OrderPlaced,
    OrderReturned,
)

MATTERS = (OrderPlaced, OrderDelivered, OrderReturned, OrderAmended, OrderCancelled)


async def note_sales(session: AsyncSession, told: Sequence[tuple[OrderEvent, datetime]], *, zone: str) -> None:
    """Fold order events, each with when it was recorded: one read and two writes a batch.

    A line nobody is named on is the account's reps'.
    """
    matter = [(event, at) for event, at in told if isinstance(event, MATTERS)]
    if not matter:
        return
    known = await repository.sold_orders(session, order_ids={event.order_id for event, _ in matter})
    unnamed = {event.account_id for event, _ in matter if not all(line.salespeople for line in _told_lines(event))}
    teams = await repository.teams_of(session, account_ids=unnamed) if unnamed else {}
    sales = []
    for event, at in matter:
        if isinstance(event, OrderPlaced):
            known[event.order_id] = _placed(event, teams.get(event.account_id, ()), at, zone=zone)
        elif order := known.get(event.order_id):  # one placed before the board was kept waits for `kpis catch-up`
            if isinstance(event, OrderAmended):
                lines = _lines(event.applied, _standing(teams.get(event.account_id, ()), order.placed_on))
                order.amend([str(line.line) for line in event.reversed], lines)
            sales += [(event.order_id, order, sale, at) for sale in _noted(order, event, at, zone=zone)]
    if not known:
        return
    await repository.save_orders(session, orders=known)
    await repository.save_sales(session, sales=sales)


def _told_lines(event: OrderEvent) -> tuple[OrderLine, ...]:
    if isinstance(event, OrderPlaced):
        return event.lines
    return event.applied if isinstance(event, OrderAmended) else ()


def _placed(event: OrderPlaced, reps: Sequence[TeamRow], recorded_at: datetime, *, zone: str) -> SoldOrder:
    day = local_day(event.placed_at, zone)
    lines = _lines(event.lines, _standing(reps, day))
    return SoldOrder(event.account_id, event.branch, event.currency, day, lines, recorded_at)


def _standing(reps: Sequence[TeamRow], day: date) -> tuple[tuple[str, str], ...]:
    found = [one for one in reps if one.valid_from <= day and (one.valid_until is None or day < one.valid_until)]
    return tuple((one.user_id, str(one.share)) for one in found)


def _lines(told: Iterable[OrderLine], team: tuple[tuple[str, str], ...]) -> dict[str, OrderedLine]:
    return {
        str(line.line): OrderedLine(
            line.quantity, line.net_minor, tuple((one.user_id, one.share) for one in line.salespeople) or team
        )
        for line in told
    }


def _noted(order: SoldOrder, event: OrderEvent, recorded_at: datetime, *, zone: str) -> list[Sale]:
    match event:
        case OrderDelivered():
            day = local_day(event.delivered_at, zone)
            return order.deliver(day, [(str(part.line), part.quantity) for part in event.lines])
        case OrderReturned():
            day = local_day(event.returned_at, zone)
            return order.take_back(day, [(str(part.line), part.quantity, part.net_minor) for part in event.lines])
        case OrderCancelled():
            order.cancelled_on, order.cancel_recorded_at = local_day(event.cancelled_at, zone), recorded_at
    return []
