"""One event is one immutable fact in the past tense; on Kafka it is a CloudEvent 1.0 in binary mode."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

Headers = Sequence[tuple[str, bytes]]

_SCHEMA = re.compile(r"urn:mainstay:event:(?P<type>\w+):(?P<version>\d+)")


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Contents(BaseModel):
    """A part of an event. Unknown fields are ignored, so that a newer sender never stops an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Contents):
    """A fact about one aggregate; all facts of one partition key reach a reader in the order they were recorded."""

    topic: ClassVar[str]
    aggregate: ClassVar[str]
    schema_version: ClassVar[int] = 1

    occurred_at: Instant

    @abstractmethod
    def aggregate_id(self) -> str:
        """Whose dense sequence this event takes part in."""

    def partition_key(self) -> str:
        """The account's id where there is one, else the subject's own."""
        return self.aggregate_id()

    def to_bytes(self) -> bytes:
        """Compact JSON without defaults; `from_bytes` puts these back."""
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        """Raises pydantic.ValidationError when the bytes are not this event."""
        return cls.model_validate_json(payload)

    @classmethod
    def data_schema(cls) -> str:
        return f"urn:mainstay:event:{cls.__name__}:{cls.schema_version}"


class UnreadableEnvelope(ValueError):
    """A Kafka record whose headers are not those of a CloudEvent of ours."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers of one record say; the payload beside it is the event itself."""

    event_id: UUID
    type: str
    version: int
    source: str
    aggregate: str
    aggregate_id: str
    sequence: int
    time: str
    traceparent: str | None = field(default=None)


def kafka_headers(
    *, event_id: UUID, event_type: str, subject: str, sequence: int, kept: Mapping[str, str]
) -> list[tuple[str, bytes]]:
    """The headers of one record; `subject` is "aggregate/id", `kept` holds ce_source, ce_time, ce_dataschema."""
    return [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event_id).encode()),
        ("ce_type", event_type.encode()),
        ("ce_subject", subject.encode()),
        ("ce_sequence", b"%d" % sequence),
        *((name, value.encode()) for name, value in kept.items()),
    ]


def read_envelope(headers: Headers) -> Envelope:
    """The envelope of a received record. Raises UnreadableEnvelope with the header that is missing or wrong."""
    said = {name: value.decode("utf-8", "replace") for name, value in headers}
    try:
        aggregate, _, aggregate_id = said["ce_subject"].partition("/")
        return Envelope(
            event_id=UUID(said["ce_id"]),
            type=said["ce_type"],
            version=_major_version(said["ce_dataschema"]),
            source=said["ce_source"],
            aggregate=aggregate,
            aggregate_id=aggregate_id,
            sequence=int(said["ce_sequence"]),
            time=said["ce_time"],
            traceparent=said.get("traceparent"),
        )
    except KeyError as missing:
        raise UnreadableEnvelope(f"the header {missing.args[0]} is missing") from missing
    except ValueError as wrong:
        raise UnreadableEnvelope(str(wrong)) from wrong


def _major_version(data_schema: str) -> int:
    found = _SCHEMA.fullmatch(data_schema)
    if found is None:
        raise UnreadableEnvelope(f"ce_dataschema is not one of ours: {data_schema}")
    return int(found["version"])
