"""The whole of Mainstay on one machine: servers, databases, topics, eight processes, in the order they need."""

import asyncio
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.databases import SERVICES, ServiceDatabase, create_databases, drop_databases
from deploy.local.folder import LocalFolder, ensure_space, full_disk_is_named
from deploy.local.instance import Instance, Role
from deploy.local.kafka import running_kafka
from deploy.local.kafka_runtime import kafka_runtime
from deploy.local.postgres import running_postgres
from deploy.local.processes import Processes
from deploy.local.settings import LocalSettings
from deploy.topics import create_topics, declared_topics, delete_groups, delete_topics

Say = Callable[[str], None]


@dataclass(frozen=True)
class Servers:
    admin_url: str
    kafka: Callable[[], str]


@dataclass(frozen=True)
class Stack:
    instance: Instance
    folder: LocalFolder
    databases: Mapping[str, ServiceDatabase]
    kafka: str
    processes: Processes
    admin_password: Path


@contextmanager
def running_stack(make_instance: Callable[[], Instance], folder: LocalFolder, *, say: Say) -> Iterator[Stack]:
    """Everything up and ready; at the end everything down, and what a passing instance made removed."""
    with ExitStack() as opened:
        opened.enter_context(folder.held())
        ensure_space(folder.path)
        instance = make_instance()
        with full_disk_is_named(folder.path):
            stack = _started(instance, folder, opened=opened, say=say)
        yield stack


def _started(instance: Instance, folder: LocalFolder, *, opened: ExitStack, say: Say) -> Stack:
    servers = opened.enter_context(_running_servers(folder, say=say))
    stack = _prepare(instance, folder, servers, opened=opened, say=say)
    opened.callback(folder.forget_notes)
    opened.callback(stack.processes.stop)
    say("Starting four APIs and four workers")
    stack.processes.start()
    stack.processes.wait_until_ready()
    folder.write_notes(notes_of(stack))
    return stack


@contextmanager
def _running_servers(folder: LocalFolder, *, say: Say) -> Iterator[Servers]:
    """PostgreSQL and Kafka of our own, or those that DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS name."""
    with ExitStack() as opened:
        kafka = _kafka(folder, opened=opened, say=say)
        said = LocalSettings()
        if said.database_url:
            yield Servers(said.database_url, kafka)
            return
        say("Starting PostgreSQL 18")
        port = said.postgres_port
        postgres = running_postgres(folder.path / "postgres", log=folder.logs / "postgres.log", port=port)
        yield Servers(opened.enter_context(postgres).admin_url, kafka)


def _kafka(folder: LocalFolder, *, opened: ExitStack, say: Say) -> Callable[[], str]:
    """A call that answers the bootstrap servers when they serve: Kafka starts while the databases are built."""
    said = LocalSettings()
    if said.kafka_bootstrap_servers:
        return lambda: said.kafka_bootstrap_servers
    home = folder.path / "kafka"
    runtime = kafka_runtime(home, say=say)
    say(f"Starting Apache Kafka {runtime.version}")
    port = said.kafka_port
    broker = opened.enter_context(running_kafka(home, runtime=runtime, log=folder.logs / "kafka.log", port=port))
    return broker.wait_until_ready


def _prepare(instance: Instance, folder: LocalFolder, servers: Servers, *, opened: ExitStack, say: Say) -> Stack:
    if instance.passing:
        opened.callback(_remove_data, instance, folder, servers.admin_url)
    say("Building four databases by their migrations")
    databases = asyncio.run(_build_databases(instance, servers.admin_url))
    kafka = servers.kafka()
    if instance.passing:
        opened.callback(_remove_topics, instance, kafka)
    say("Making the topics")
    asyncio.run(create_topics(kafka, topics=declared_topics(prefix=instance.topic_prefix)))
    _bring_policies(instance, folder, databases, say=say)
    environments = {role.name: environment_of(role, instance, folder, databases, kafka) for role in instance.roles}
    processes = Processes(instance.roles, environments, folder.logs)
    return Stack(instance, folder, databases, kafka, processes, _admin_password(folder))


def _bring_policies(
    instance: Instance, folder: LocalFolder, databases: Mapping[str, ServiceDatabase], *, say: Say
) -> None:
    """The whole pack and an administrator where nobody is known yet, else the policies that are new in this release."""
    from deploy.bootstrap import PACK, add_missing, begin, is_empty

    urls = {service: database.url for service, database in databases.items()}
    now = datetime.fromisoformat(instance.story_clock_start) if instance.story_clock_start else datetime.now(UTC)
    if asyncio.run(is_empty(urls["accounts"])):
        say("Publishing the first policies and making the administrator")
        password = _admin_password(folder).read_text().strip()
        asyncio.run(begin(urls, pack=PACK, password=password, now=now))
    elif added := asyncio.run(add_missing(urls, pack=PACK, now=now)):
        say(f"Published {sum(added.values())} policies that are new in this release")


async def _build_databases(instance: Instance, admin_url: str) -> dict[str, ServiceDatabase]:
    from shared.db.migrate import migrate

    databases = await create_databases(admin_url, prefix=instance.database_prefix)
    for service, database in databases.items():
        await migrate(service, database.url)
    return databases


def environment_of(
    role: Role, instance: Instance, folder: LocalFolder, databases: Mapping[str, ServiceDatabase], kafka: str
) -> dict[str, str]:
    """What one process is told, in the words of its settings class."""
    told = {
        "DATABASE_URL": databases[role.service].url,
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "TOPIC_PREFIX": instance.topic_prefix,
        "GROUP_PREFIX": instance.group_prefix,
        "CLOCK_PROFILE": instance.clock,
        "JWKS_URL": f"{instance.api('accounts').url}/.well-known/jwks.json",
        "PUBLIC_URL": instance.api(role.service).url,
        "FILES_PATH": str(_files(instance, folder) / role.service),
        # Two memory arenas are plenty for a process of one busy thread; glibc would keep eight a core.
        "MALLOC_ARENA_MAX": "2",
        ("PORT" if role.kind == "api" else "PROBE_PORT"): str(role.port),
    }
    return told | ({"STORY_CLOCK_START": instance.story_clock_start} if instance.story_clock_start else {})


def notes_of(stack: Stack) -> dict[str, object]:
    """What other programs may know of the running instance; the file is readable by its owner only."""
    instance = stack.instance
    return {
        "pid": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "name": instance.name,
        "clock": instance.clock,
        "passing": instance.passing,
        "urls": {role.service: role.url for role in instance.roles if role.kind == "api"},
        "workers": {role.service: role.url for role in instance.roles if role.kind == "worker"},
        "probes": {role.name: role.probe for role in instance.roles},
        "databases": {service: database.url for service, database in stack.databases.items()},
        "kafka": stack.kafka,
        "topic_prefix": instance.topic_prefix,
        "group_prefix": instance.group_prefix,
        "admin_password_file": str(stack.admin_password),
        "logs": str(stack.folder.logs),
    }


def watch(stack: Stack, *, until: Callable[[], bool]) -> None:
    """Restart what ends, until told to stop."""
    while not until():
        stack.processes.restart_ended()
        time.sleep(0.3)


def _files(instance: Instance, folder: LocalFolder) -> Path:
    return folder.path / "files" / instance.name


def _admin_password(folder: LocalFolder) -> Path:
    path = folder.path / "admin.password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(18) + "\n")
    return path


def _remove_data(instance: Instance, folder: LocalFolder, admin_url: str) -> None:
    names = [instance.database_prefix + service for service in SERVICES]
    asyncio.run(drop_databases(admin_url, names=names))
    shutil.rmtree(_files(instance, folder), ignore_errors=True)


def _remove_topics(instance: Instance, kafka: str) -> None:
    asyncio.run(delete_groups(kafka, prefix=instance.group_prefix))
    asyncio.run(delete_topics(kafka, names=[topic.name for topic in declared_topics(prefix=instance.topic_prefix)]))
