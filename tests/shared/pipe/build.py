"""Small true events to send through the pipe."""

from datetime import UTC, datetime
from typing import Any

from shared.events.orders import OrderConfirmed, OrderPaid

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
