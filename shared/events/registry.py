"""Every event class by its type name, and every topic there is."""

from __future__ import annotations

from itertools import chain

from shared.events import (
    accounts,
    approvals,
    asks,
    catalogue,
    contracts,
    orders,
    orders_in,
    people,
    policies,
    quotes,
    rewards,
)
from shared.events.envelope import Event
from shared.events.orders_in import ORDERS_IN

_MODULES = (people, accounts, catalogue, quotes, orders, orders_in, asks, approvals, contracts, policies, rewards)

EVENT_CLASSES: dict[str, type[Event]] = {
    event_class.__name__: event_class for event_class in chain.from_iterable(module.EVENTS for module in _MODULES)
}

TOPICS = (*dict.fromkeys(event_class.topic for event_class in EVENT_CLASSES.values()), "payouts.v1")

TOPIC_OF_AGGREGATE = {event_class.aggregate: event_class.topic for event_class in EVENT_CLASSES.values()}


def dead_letter_topic(topic: str) -> str:
    return f"{topic}.dlq"


ALL_TOPICS = frozenset(TOPICS) - {ORDERS_IN} | {dead_letter_topic(topic) for topic in TOPICS}
"""What is written here: the orders of other systems are only read."""
