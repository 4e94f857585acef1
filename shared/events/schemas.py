"""Writes docs/events/*.json and docs/asyncapi.yaml from the event classes: `python -m shared.events.schemas [--check]`.

`--check` only compares. A breaking change is refused; `--replace` takes it all the same, for events that nobody
has published yet.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
from pydantic.json_schema import GenerateJsonSchema
from ruamel.yaml import YAML

from shared.events.compatibility import breaking_changes
from shared.events.envelope import Event
from shared.events.orders_in import ORDERS_IN
from shared.events.registry import EVENT_CLASSES, TOPICS, dead_letter_topic

DOCS = Path(__file__).resolve().parents[2] / "docs"
PUBLIC_TOPIC = "rewards.v1"
_FOR_WHOM = {
    PUBLIC_TOPIC: "Public.",
    ORDERS_IN: "Written by other systems: what is told here is taken in like a file of orders, whole order by order. "
    f"What is refused lies on `{dead_letter_topic(ORDERS_IN)}` with its reasons in `ce_deadletterreason`.",
}

_HEADERS = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string", "format": "uuid", "description": "the same for every copy of this event"},
    "ce_source": {"type": "string", "description": "the service that owns the fact"},
    "ce_type": {"type": "string"},
    "ce_time": {"type": "string", "format": "date-time", "description": "when it occurred"},
    "ce_subject": {"type": "string", "description": "aggregate/id"},
    "ce_dataschema": {"type": "string", "description": "urn:mainstay:event:<type>:<major version>"},
    "ce_sequence": {"type": "string", "pattern": "^[1-9][0-9]*$", "description": "dense per aggregate, from 1"},
    "traceparent": {"type": "string", "description": "W3C trace context of what caused it"},
    "content-type": {"type": "string", "const": "application/json"},
}
_ALWAYS_THERE = [name for name in _HEADERS if name != "traceparent"]


class _Plain(GenerateJsonSchema):
    """Without titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema_of(event_class: type[Event]) -> dict[str, Any]:
    """JSON Schema 2020-12 of the event's bytes."""
    schema = event_class.model_json_schema(schema_generator=_Plain)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": event_class.data_schema(),
        **schema,
        "x-topic": event_class.topic,
        "x-aggregate": event_class.aggregate,
    }


def schemas() -> dict[str, dict[str, Any]]:
    """By type name."""
    return {name: schema_of(event_class) for name, event_class in sorted(EVENT_CLASSES.items())}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document of all topics."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mainstay events",
            "version": "1.0.0",
            "description": (
                "Facts in the past tense, CloudEvents 1.0 in Kafka's binary mode. Delivery is at least once: remember "
                "`ce_id`. Order holds within a record key; `ce_sequence` is dense per aggregate. Unknown fields are "
                f"to be ignored, unknown types passed by. Only `{PUBLIC_TOPIC}` is public; the others are internal."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic) for topic in TOPICS if _classes_of(topic)},
        "operations": {f"read.{topic}": _reading(topic) for topic in TOPICS if _classes_of(topic)},
        "components": {
            "messages": {name: _message(event_class) for name, event_class in sorted(EVENT_CLASSES.items())},
            "schemas": {"Headers": {"type": "object", "required": _ALWAYS_THERE, "properties": _HEADERS}},
        },
    }


def _classes_of(topic: str) -> list[type[Event]]:
    return [event_class for event_class in EVENT_CLASSES.values() if event_class.topic == topic]


def _channel(topic: str) -> dict[str, Any]:
    names = [event_class.__name__ for event_class in _classes_of(topic)]
    return {
        "address": topic,
        "description": _FOR_WHOM.get(topic, "Internal to Mainstay."),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": topic, "partitions": 12}},
    }


def _reading(topic: str) -> dict[str, Any]:
    channel = topic.replace("~", "~0").replace("/", "~1")
    return {"action": "receive", "channel": {"$ref": f"#/channels/{channel}"}}


def _message(event_class: type[Event]) -> dict[str, Any]:
    name = event_class.__name__
    return {
        "name": name,
        "title": name,
        "summary": str(event_class.model_json_schema().get("description", "")).partition("\n")[0],
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./events/{name}.json"},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": "the account's id, else the subject's own"}}},
    }


def documents() -> dict[Path, bytes]:
    """Each generated file with its content."""
    text = StringIO()
    yaml = YAML()
    yaml.width = 120
    yaml.dump(asyncapi(), text)
    said = {
        DOCS / "events" / f"{name}.json": orjson.dumps(schema, option=orjson.OPT_INDENT_2) + b"\n"
        for name, schema in schemas().items()
    }
    return said | {DOCS / "asyncapi.yaml": text.getvalue().encode()}


def published(folder: Path = DOCS / "events") -> dict[str, Mapping[str, Any]]:
    """The schemas as committed."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def drift() -> Iterator[str]:
    """Files that do not say what the classes say."""
    wanted = documents()
    for path, content in wanted.items():
        if not path.exists() or path.read_bytes() != content:
            yield f"{path.relative_to(DOCS.parent)} is not what the classes say"
    for path in sorted((DOCS / "events").glob("*.json")):
        if path not in wanted:
            yield f"{path.relative_to(DOCS.parent)} has no class"


def write() -> None:
    (DOCS / "events").mkdir(parents=True, exist_ok=True)
    wanted = documents()
    for path in (DOCS / "events").glob("*.json"):
        if path not in wanted:
            path.unlink()
    for path, content in wanted.items():
        path.write_bytes(content)


def main(arguments: list[str]) -> int:
    """0 when the files agree, or were written; 1 with a sentence for each thing that is wrong."""
    wrong = [] if "--replace" in arguments else breaking_changes(published(), schemas())
    if "--check" in arguments:
        wrong += drift()
    elif not wrong:
        write()
    sys.stdout.writelines(f"{sentence}\n" for sentence in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
