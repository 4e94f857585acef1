"""What ratings rest on, said in a line: orders of an account with terms, costs, payments and returns."""

from datetime import datetime
from typing import Any

from services.accounts.consumers import take_events
from shared.db.session import commit
from shared.events.approvals import ApprovalGranted, ApprovalRejected
from shared.events.catalogue import ExchangeRatePublished
from shared.events.orders import (
    LineQuantity,
    OrderCancelled,
    OrderDelivered,
    OrderLine,
    OrderPaid,
    OrderPlaced,
    OrderReturned,
    ReturnedLine,
)
from shared.ids import new_id
from shared.received import Received
from tests.accounts.conftest import Accounts

ZONE = "Africa/Kinshasa"
take = take_events(ZONE)


def at(day: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:00:00+01:00")


class Order:
    """One order of ten pieces; each method is an event of it."""

    def __init__(self, account_id: str, **fields: Any) -> None:
        self.ids = {"order_id": str(new_id()), "account_id": account_id}
        self.fields = fields

    def placed(self, day: str, *, net_minor: int, cost_minor: int | None = None) -> OrderPlaced:
        line = OrderLine(line=1, sku="S", quantity=10, list_minor=net_minor, net_minor=net_minor, cost_minor=cost_minor)
        said = {"number": "1", "branch": "kinshasa", "currency": "CNY", "lines": (line,), **self.fields}
        return OrderPlaced(**self.ids, occurred_at=at(day), placed_at=at(day), priced_at=at(day), **said)

    def delivered(self, day: str, quantity: int = 10) -> OrderDelivered:
        lines = (LineQuantity(line=1, quantity=quantity),)
        return OrderDelivered(
            **self.ids, occurred_at=at(day), delivery_id=str(new_id()), delivered_at=at(day), lines=lines
        )

    def paid(self, day: str, amount_minor: int) -> OrderPaid:
        currency = self.fields.get("currency", "CNY")
        return OrderPaid(
            **self.ids,
            occurred_at=at(day),
            payment_id=str(new_id()),
            paid_at=at(day),
            amount_minor=amount_minor,
            currency=currency,
        )

    def returned(self, day: str, quantity: int, net_minor: int) -> OrderReturned:
        lines = (ReturnedLine(line=1, quantity=quantity, net_minor=net_minor),)
        return OrderReturned(**self.ids, occurred_at=at(day), return_id=str(new_id()), returned_at=at(day), lines=lines)

    def cancelled(self, day: str) -> OrderCancelled:
        return OrderCancelled(**self.ids, occurred_at=at(day), cancelled_at=at(day), reason="changed its mind")


def bought(account_id: str, day: str, *, net_minor: int, cost_minor: int | None = None, **fields: Any) -> list[Any]:
    """Placed, delivered and paid on one day."""
    order = Order(account_id, **fields)
    return [
        order.placed(day, net_minor=net_minor, cost_minor=cost_minor),
        order.delivered(day),
        order.paid(day, net_minor),
    ]


def rate(base: str, quote: str, day: str, figure: str) -> ExchangeRatePublished:
    return ExchangeRatePublished(occurred_at=at(day), base=base, quote=quote, rate=figure, date=day, source="bank")


async def learn(accounts: Accounts, *events: Any, recorded: str | None = None) -> None:
    """As the consumer hands a batch to the service; recorded at once, or on a later day."""
    async with accounts.sessions() as session:
        await take(session, [_received(event, recorded) for event in events])
        await commit(session)


def _received(event: Any, recorded: str | None) -> Received:
    return Received(
        event=event,
        event_id=new_id(),
        type=type(event).__name__,
        topic=event.topic,
        aggregate=event.aggregate,
        aggregate_id=event.aggregate_id(),
        sequence=1,
        key=event.partition_key(),
        payload=event.to_bytes(),
        received_at=event.occurred_at if recorded is None else at(recorded),
    )


def granted(subject_id: str, day: str, **fields: Any) -> ApprovalGranted:
    return ApprovalGranted(
        occurred_at=at(day, hour=0),
        request_id=str(new_id()),
        subject_type="rating",
        subject_id=subject_id,
        revision=1,
        content_hash="0" * 64,
        granted_at=at(day),
        **fields,
    )


def rejected(subject_id: str, day: str) -> ApprovalRejected:
    known = granted(subject_id, day).model_dump(exclude={"content_hash", "terms", "granted_at", "lasts_until"})
    return ApprovalRejected(**known, reason="no")
