"""Small true events to send through the pipe."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.events.envelope import Event, kafka_headers
from shared.events.orders import OrderConfirmed, OrderPaid
from shared.ids import new_id
from shared.messages import Message, header_texts, read_message

NOON = datetime(2021, 3, 10, 12, 0, tzinfo=UTC)


def order_paid(**changes: Any) -> OrderPaid:
    return OrderPaid(
        **{
            "occurred_at": NOON,
            "order_id": "order-1",
            "account_id": "account-1",
            "payment_id": "payment-1",
            "paid_at": NOON,
            "amount_minor": 35_200_000,
            "currency": "CNY",
        }
        | changes
    )


def order_confirmed(**changes: Any) -> OrderConfirmed:
    return OrderConfirmed(**{"occurred_at": NOON, "order_id": "order-1", "account_id": "account-1"} | changes)


def message_of_event(event: Event, *, sequence: int, event_id: UUID | None = None, **changes: Any) -> Message:
    """The message a reader makes of `event`; `changes` to its topic, key, payload or single headers (ce_…)."""
    sent = dict(
        kafka_headers(
            event_id=event_id or new_id(),
            event_type=type(event).__name__,
            subject=f"{event.aggregate}/{event.aggregate_id()}",
            sequence=sequence,
            kept={"ce_dataschema": event.data_schema(), "ce_time": event.occurred_at.isoformat()},
        )
    )
    for name in changes.keys() & sent.keys():
        value = changes[name]
        sent[name] = b"" if value is None else value.encode()
    return read_message(
        topic=changes.get("topic", event.topic),
        key=changes.get("key", event.partition_key()),
        headers=header_texts((name, value) for name, value in sent.items() if value),
        payload=changes.get("payload", event.to_bytes()),
        place=changes.get("place", "0/0"),
    )
