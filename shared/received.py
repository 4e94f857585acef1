"""An event as it reached this service: the typed fact and everything its envelope said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.envelope import Event


@dataclass(frozen=True, slots=True)
class Received:
    """`received_at` is when this service took the event, by its own clock; `sequence` is dense per aggregate."""

    event: Event
    event_id: UUID
    type: str
    topic: str
    aggregate: str
    aggregate_id: str
    sequence: int
    key: str
    payload: bytes
    received_at: datetime
    traceparent: str | None = None

    @property
    def occurred_at(self) -> datetime:
        return self.event.occurred_at
