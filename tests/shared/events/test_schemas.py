"""The documents say what the classes say, and a change that would break a reader is refused."""

from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from shared.events.compatibility import breaking_changes
from shared.events.registry import EVENT_CLASSES, TOPICS
from shared.events.schemas import DOCS, drift, published, schemas
from tests.shared.events.examples import EXAMPLES


def test_the_committed_documents_are_those_of_the_classes() -> None:
    assert list(drift()) == []


def test_nothing_published_was_broken() -> None:
    assert breaking_changes(published(), schemas()) == []


@pytest.mark.parametrize("name", sorted(EVENT_CLASSES))
def test_an_events_bytes_satisfy_its_schema_and_come_back_as_they_were(name: str) -> None:
    event = EXAMPLES[name]
    Draft202012Validator.check_schema(schemas()[name])
    payload = event.model_dump(mode="json", exclude_defaults=True)
    Draft202012Validator(schemas()[name], format_checker=Draft202012Validator.FORMAT_CHECKER).validate(payload)
    assert type(event).from_bytes(event.to_bytes()) == event


def test_the_asyncapi_document_names_every_event_on_its_topic() -> None:
    said = YAML(typ="safe").load(DOCS / "asyncapi.yaml")
    assert said["asyncapi"] == "3.0.0"
    on_topics = {topic: set(channel["messages"]) for topic, channel in said["channels"].items()}
    assert set(on_topics) <= set(TOPICS)
    for name, event_class in EVENT_CLASSES.items():
        assert name in on_topics[event_class.topic]
        assert (DOCS / said["components"]["messages"][name]["payload"]["schema"]["$ref"]).exists()


def without_a_field(schema: dict[str, Any]) -> None:
    del schema["properties"]["evidence"]


def with_a_required_field(schema: dict[str, Any]) -> None:
    schema["properties"]["mood"] = {"type": "string"}
    schema["required"].append("mood")


def with_another_type(schema: dict[str, Any]) -> None:
    schema["properties"]["amount_minor"] = {"type": "string"}


def with_a_field_that_may_be_missing(schema: dict[str, Any]) -> None:
    schema["required"].remove("currency")


def with_another_default(schema: dict[str, Any]) -> None:
    schema["properties"]["evidence"]["default"] = "none"


def on_another_topic(schema: dict[str, Any]) -> None:
    schema["x-topic"] = "contracts.v1"


@pytest.mark.parametrize(
    "plant",
    [
        without_a_field,
        with_a_required_field,
        with_another_type,
        with_a_field_that_may_be_missing,
        with_another_default,
        on_another_topic,
    ],
)
def test_a_planted_breaking_change_is_found(plant: Any) -> None:
    before = {"OrderPaid": schemas()["OrderPaid"]}
    after = deepcopy(before)
    plant(after["OrderPaid"])
    assert breaking_changes(before, after)


def test_a_narrower_choice_inside_a_part_is_found() -> None:
    before = {"OrderPlaced": schemas()["OrderPlaced"]}
    after = deepcopy(before)
    after["OrderPlaced"]["$defs"]["OrderLine"]["properties"]["election"]["enum"].remove("none")
    assert breaking_changes(before, after)


def test_a_required_field_in_an_optional_part_is_found_and_an_optional_one_is_not() -> None:
    before = {"OrderPlaced": schemas()["OrderPlaced"]}
    after = deepcopy(before)
    source = after["OrderPlaced"]["$defs"]["OrderSource"]
    source["properties"]["mood"] = {"type": "string", "default": ""}
    assert breaking_changes(before, after) == []
    source["required"].append("mood")
    assert breaking_changes(before, after) == ["OrderPlaced.source.anyOf.mood is required and was not"]


def test_an_event_that_is_gone_is_found() -> None:
    assert breaking_changes(schemas(), {}) == [f"{name} is gone" for name in schemas()]


def test_an_optional_field_a_new_event_and_better_words_break_nothing() -> None:
    before = {"OrderPaid": schemas()["OrderPaid"]}
    after = deepcopy(before) | {"OrderSang": {"$id": "urn:mainstay:event:OrderSang:1"}}
    after["OrderPaid"]["properties"]["mood"] = {"type": "string", "default": "sunny"}
    after["OrderPaid"]["description"] = "It was paid."
    assert breaking_changes(before, after) == []


def test_a_new_major_version_is_another_event() -> None:
    before = {"OrderPaid": schemas()["OrderPaid"]}
    after = deepcopy(before)
    after["OrderPaid"]["$id"] = "urn:mainstay:event:OrderPaid:2"
    without_a_field(after["OrderPaid"])
    assert breaking_changes(before, after) == []
