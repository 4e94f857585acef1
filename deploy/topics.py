"""Makes the topics that deploy/topics.yaml names, under a prefix, and removes them again."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    GroupIdNotFound,
    NoError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest
from ruamel.yaml import YAML

DECLARATION = Path(__file__).with_name("topics.yaml")


@dataclass(frozen=True)
class Topic:
    name: str
    partitions: int
    settings: dict[str, str]


def declared_topics(*, prefix: str = "") -> list[Topic]:
    """Every topic and its dead-letter topic, as the file says, with `prefix` before each name."""
    said: dict[str, Any] = YAML(typ="safe").load(DECLARATION)
    usual = _as_text(said["settings"])
    dead = usual | _as_text(said["dead_letter_settings"])
    names = [prefix + name for name in said["topics"]]
    return [Topic(name, said["partitions"], usual) for name in names] + [
        Topic(name + said["dead_letters"], said["partitions"], dead) for name in names
    ]


async def create_topics(bootstrap_servers: str, *, topics: Iterable[Topic], replication: int = 1) -> list[str]:
    """Create those that are missing and answer their names once they can be written; others stay as they are."""
    wanted = [NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings) for topic in topics]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        answer = await admin.create_topics(wanted, timeout_ms=60_000)
        made = [name for name, code, reason in answer.topic_errors if _was_made(name, code, reason)]
        await _wait_until_led(admin, made)
    finally:
        await admin.close()
    return made


async def delete_topics(bootstrap_servers: str, *, names: Iterable[str]) -> None:
    """Remove the topics; one that is not there is no error."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        answer = await admin.delete_topics(list(names), timeout_ms=60_000)
    finally:
        await admin.close()
    for name, code in answer.topic_error_codes:
        if code not in (NoError.errno, UnknownTopicOrPartitionError.errno):
            raise for_code(code)(name)


async def delete_groups(bootstrap_servers: str, *, prefix: str) -> list[str]:
    """Remove the consumer groups whose names begin with `prefix` (which must be given), and answer their names.

    A stopped worker keeps its place in its group for a while, so that a restart moves nothing: it is shown out first.
    """
    if not prefix:
        raise ValueError("an empty prefix would name every group of the broker")
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    client = AIOKafkaClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    await client.bootstrap()
    try:
        groups = [group for group, *_ in await admin.list_consumer_groups() if group.startswith(prefix)]
        for group in groups:
            coordinator = await admin.find_coordinator(group)
            for member in await _members(admin, group):
                await client.send(coordinator, LeaveGroupRequest(group, member))
            answer = await client.send(coordinator, DeleteGroupsRequest([group]))
            _refuse_failure(answer.results)
    finally:
        await client.close()
        await admin.close()
    return groups


async def _members(admin: AIOKafkaAdminClient, group: str) -> list[str]:
    described = await admin.describe_consumer_groups([group])
    return [member[0] for answer in described for _, _, _, _, _, members, *_ in answer.groups for member in members]


def _refuse_failure(results: Iterable[tuple[str, int]]) -> None:
    for group, code in results:
        if code not in (NoError.errno, GroupIdNotFound.errno):
            raise for_code(code)(group)


async def _wait_until_led(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """The broker answers a creation before it serves the topic: a client that looks at once would not see it."""
    while names:
        seen = await admin.describe_topics(names)
        names = [topic["topic"] for topic in seen if not _is_led(topic)]
        await asyncio.sleep(0.02 if names else 0)


def _is_led(topic: dict[str, Any]) -> bool:
    return topic["error_code"] == NoError.errno and all(part["leader"] >= 0 for part in topic["partitions"])


def _was_made(name: str, code: int, reason: str | None) -> bool:
    if code == NoError.errno:
        return True
    if code == TopicAlreadyExistsError.errno:
        return False
    raise for_code(code)(f"{name}: {reason}")


def _as_text(settings: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in settings.items()}
