"""One event is one immutable fact in the past tense; on Kafka it is a CloudEvent 1.0 in binary mode."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, ClassVar, NamedTuple, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

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


class Envelope(NamedTuple):
    """What the headers of one record say of the payload beside it."""

    event_id: UUID
    type: str
    schema_version: int
    aggregate: str
    aggregate_id: str
    sequence: int


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


def read_envelope(said: Mapping[str, str]) -> Envelope:
    """The envelope in a record's headers. Raises UnreadableEnvelope with the header that is missing or wrong."""
    try:
        aggregate, _, aggregate_id = said["ce_subject"].partition("/")
        return Envelope(
            event_id=UUID(said["ce_id"]),
            type=said["ce_type"],
            schema_version=_major_version(said["ce_dataschema"]),
            aggregate=aggregate,
            aggregate_id=aggregate_id,
            sequence=_positive(said["ce_sequence"]),
        )
    except KeyError as missing:
        raise UnreadableEnvelope(f"the header {missing.args[0]} is missing") from missing
    except ValueError as wrong:
        raise UnreadableEnvelope(str(wrong)) from wrong


def _positive(number: str) -> int:
    if int(number) < 1:
        raise UnreadableEnvelope(f"ce_sequence begins at 1, not {number}")
    return int(number)


@lru_cache(maxsize=1024)
def _major_version(data_schema: str) -> int:
    found = _SCHEMA.fullmatch(data_schema)
    if found is None:
        raise UnreadableEnvelope(f"ce_dataschema is not one of ours: {data_schema}")
    return int(found["version"])
