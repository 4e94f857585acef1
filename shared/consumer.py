"""Events of other services reach a handler once each, in order per key, in the transaction of their effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.envelope import Event
from shared.faults import TryLater
from shared.received import Received
from shared.telemetry import traced

__all__ = ["BatchHandler", "Consumer", "EventHandler", "Received", "TryLater", "one_by_one", "topics_read"]

BatchHandler = Callable[[AsyncSession, Sequence[Received]], Awaitable[None]]
EventHandler = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """What one service reads and who applies it. A handler's events are all fresh and in order per key."""

    service: str
    topics: tuple[str, ...]
    handler: BatchHandler
    name: str = ""
    batch_size: int = 500

    @property
    def inbox(self) -> str:
        """Under which name events are counted as taken."""
        return self.name or self.service


def one_by_one(handlers: Mapping[type[Event], EventHandler]) -> BatchHandler:
    """A batch handler out of one function per event class; events of other classes are passed by.

    A function is `apply(session, event, received)`, or `apply(session, event)` where the event says enough. What it
    causes belongs to the sender's trace.
    """
    by_type = {event_class.__name__: _with_received(apply) for event_class, apply in handlers.items()}

    async def apply_each(session: AsyncSession, batch: Sequence[Received]) -> None:
        for received in batch:
            apply = by_type.get(received.type)
            if apply is not None:
                with traced(received.traceparent):
                    await apply(session, received.event, received)

    return apply_each


def _with_received(apply: EventHandler) -> EventHandler:
    if len(signature(apply).parameters) > 2:
        return apply

    async def apply_event(session: AsyncSession, event: Event, _: Received) -> None:
        await apply(session, event)

    return apply_event


def topics_read(consumers: Iterable[Consumer]) -> frozenset[str]:
    """Every topic that one of them reads: for these a service can tell how far it is."""
    return frozenset(topic for consumer in consumers for topic in consumer.topics)
