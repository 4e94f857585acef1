"""Every record that can lie on a topic becomes a message; one that cannot be applied says why instead of raising."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from pydantic import ValidationError

from shared.events.envelope import Event, UnreadableEnvelope, read_envelope
from shared.events.registry import EVENT_CLASSES
from shared.received import Received
from shared.telemetry import safe_text

UNREADABLE = "Unreadable"
LONGEST_DEFECT = 2000


Stream = tuple[str, str]  # (topic, aggregate id): what has a dense sequence


@dataclass(slots=True)
class Message:
    """`event` is None for a type nobody here knows, and where `defect` says why it can never be applied as it is."""

    topic: str
    key: str
    headers: Mapping[str, str]
    payload: bytes
    body_hash: bytes
    event_id: UUID
    type: str
    aggregate: str
    aggregate_id: str
    sequence: int
    event: Event | None = None
    defect: str | None = None

    @property
    def stream(self) -> Stream:
        return self.topic, self.aggregate_id

    @property
    def has_sequence(self) -> bool:
        return self.sequence > 0

    def received(self, *, now: datetime) -> Received:
        """As a handler sees it; only for a message that has its event."""
        if self.event is None:
            raise ValueError(f"the message {self.event_id} carries no event that could be handed on")
        return Received(
            event=self.event,
            event_id=self.event_id,
            type=self.type,
            topic=self.topic,
            aggregate=self.aggregate,
            aggregate_id=self.aggregate_id,
            sequence=self.sequence,
            key=self.key,
            payload=self.payload,
            received_at=now,
            traceparent=self.headers.get("traceparent"),
        )


def storable(text: str) -> str:
    """PostgreSQL's text has no NUL, and garbage must still be kept."""
    return text.replace("\x00", "�")


def header_texts(raw: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    said = {name: value.decode("utf-8", "replace") for name, value in raw}
    if "\x00" in "".join((*said, *said.values())):
        return {storable(name): storable(value) for name, value in said.items()}
    return said


def read_message(*, topic: str, key: str, headers: Mapping[str, str], payload: bytes, place: str) -> Message:
    """`place` ("partition/offset") gives an unreadable record an id of its own, the same each time it is read."""
    body_hash = blake2b(payload, digest_size=16).digest()
    try:
        envelope = read_envelope(headers)
    except UnreadableEnvelope as unreadable:
        event_id = uuid5(NAMESPACE_URL, f"{topic}/{place}")
        return Message(
            topic, key or str(event_id), headers, payload, body_hash, event_id,
            UNREADABLE, "unreadable", str(event_id), 0, defect=str(unreadable),
        )  # fmt: skip
    message = Message(
        topic, key or envelope.aggregate_id, headers, payload, body_hash, envelope.event_id,
        envelope.type, envelope.aggregate, envelope.aggregate_id, envelope.sequence,
    )  # fmt: skip
    _fill_in_event(message, schema_version=envelope.schema_version)
    return message


def _fill_in_event(message: Message, *, schema_version: int) -> None:
    event_class = EVENT_CLASSES.get(message.type)
    if event_class is None:
        return
    if schema_version != event_class.schema_version:
        message.defect = f"{message.type} of major version {schema_version}; here {event_class.schema_version} is known"
    elif event_class.topic != message.topic:
        message.defect = f"{message.type} came on {message.topic} and belongs on {event_class.topic}"
    else:
        try:
            message.event = event_class.from_bytes(message.payload)
        except ValidationError as wrong:
            message.defect = storable(safe_text(wrong))[:LONGEST_DEFECT]


def message_of(row: Any) -> Message:
    """A message out of a stored row (held or dead)."""
    return read_message(
        topic=row.topic,
        key=row.partition_key,
        headers=orjson.loads(row.headers),
        payload=row.payload,
        place=str(row.event_id),
    )
