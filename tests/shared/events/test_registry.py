"""Every event has a topic that exists, and one class, one aggregate, one name each."""

from collections.abc import Iterator

from deploy.topics import declared_topics
from shared.events import registry
from shared.events.envelope import Event
from tests.shared.events.examples import EXAMPLES


def test_every_topic_an_event_may_go_to_is_declared() -> None:
    declared = {topic.name for topic in declared_topics()}
    assert declared >= registry.ALL_TOPICS
    assert declared <= registry.ALL_TOPICS | {registry.ORDERS_IN}


def leaves(event_class: type[Event]) -> Iterator[type[Event]]:
    """The classes nobody refines: those that are really sent."""
    refined = event_class.__subclasses__()
    if not refined and event_class.__module__.startswith("shared.events."):
        yield event_class
    for one in refined:
        yield from leaves(one)


def test_no_class_is_left_out_of_the_registry() -> None:
    assert set(leaves(Event)) == set(registry.EVENT_CLASSES.values())


def test_an_aggregate_lives_on_one_topic() -> None:
    topics = {(event_class.aggregate, event_class.topic) for event_class in registry.EVENT_CLASSES.values()}
    assert len(topics) == len(registry.TOPIC_OF_AGGREGATE)


def test_every_event_says_whose_it_is() -> None:
    for event in EXAMPLES.values():
        assert event.aggregate_id()
        assert event.partition_key()
