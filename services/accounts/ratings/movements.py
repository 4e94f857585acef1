"""What each order event changed in what an account bought, so that any day can be asked as it was known then; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from services.accounts.ratings.purchases import Bought, Delivered


class Worth(NamedTuple):
    """What one delivery is worth by now, in minor units; `costless_minor` is the net of lines without a cost (S-C5)."""

    delivered_on: date
    net_minor: int
    paid_minor: int
    cost_minor: int
    costless_minor: int


NOTHING = Worth(date.min, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Movement:
    """A change of one delivery's worth: `happened_on` in business, `recorded_at` by this service.

    `due_on` is the day its payment is due, none where nobody said so.
    """

    order_id: str
    account_id: str
    currency: str
    due_on: date | None
    happened_on: date
    recorded_at: datetime
    change: Worth


def worth_of(order: Bought) -> list[Worth]:
    """Money covers deliveries in their order, never more than they are worth (§6.1); a cancelled order has none."""
    if order.cancelled:
        return []
    left, found = order.paid_minor, []
    for delivery in order.deliveries:
        paid = max(0, min(left, delivery.net_minor))
        left -= paid
        found.append(_worth(delivery, paid))
    return found


def _worth(delivery: Delivered, paid_minor: int) -> Worth:
    lines = delivery.lines.values()
    cost = sum(line.cost_minor or 0 for line in lines)
    costless = sum(line.net_minor for line in lines if not line.cost_minor)
    return Worth(delivery.day, delivery.net_minor, paid_minor, cost, costless)


def changes(before: Sequence[Worth], after: Sequence[Worth]) -> list[Worth]:
    """What has to be added to each delivery's worth before to have its worth after; those that stay are left out."""
    found = []
    for old, new in zip_longest(before, after, fillvalue=NOTHING):
        day = max(old.delivered_on, new.delivered_on)
        change = Worth(day, *(b - a for a, b in zip(old[1:], new[1:], strict=True)))
        if any(change[1:]):
            found.append(change)
    return found


def due_day(delivered_on: date, credit_days: int | None) -> date | None:
    """P7: so many days after the delivery; none where the order came without terms."""
    return None if credit_days is None else delivered_on + timedelta(days=credit_days)
