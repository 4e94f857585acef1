"""The PostgreSQL and Kafka to measure on: those the environment names, else some that wait for the disk."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from deploy.local import children
from deploy.local.postgres import running_postgres
from deploy.local.processes import answers_ready, probe_words
from deploy.local.settings import PROJECT
from tests.servers import kafka_of_the_session

READY_WITHIN_S = 60.0


class Servers(NamedTuple):
    admin_url: str
    kafka: str

    @property
    def environment(self) -> dict[str, str]:
        """What another measurement is told, to use the same."""
        return {"TEST_DATABASE_URL": self.admin_url, "TEST_KAFKA_BOOTSTRAP_SERVERS": self.kafka}


@contextmanager
def bench_servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="mainstay-bench-", ignore_cleanup_errors=True)))
        admin_url = (
            os.environ.get("TEST_DATABASE_URL")
            or stack.enter_context(running_postgres(folder / "postgres", log=folder / "postgres.log")).admin_url
        )
        given = os.environ.get("TEST_KAFKA_BOOTSTRAP_SERVERS", "")
        yield Servers(admin_url, stack.enter_context(kafka_of_the_session(given_servers=given)))


@contextmanager
def process(module: str, *, port: int, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """`python -m module`, once it answers on /readyz of `port`, until the end of the block."""
    command = [sys.executable, "-m", module]
    child = children.start(module, command, log=log, environment=os.environ | dict(environment), cwd=PROJECT)
    try:
        _wait_until_ready(child, f"http://127.0.0.1:{port}/readyz")
        yield
    finally:
        children.stop(child)


class NotReady(Exception):
    """A process that is to be measured ended or stays unready; says its last words."""


def _wait_until_ready(child: children.Child, probe: str) -> None:
    late = time.monotonic() + READY_WITHIN_S
    while not answers_ready(probe):
        if not child.is_alive or time.monotonic() > late:
            raise NotReady(f"{child.name}: {probe_words(probe) if child.is_alive else child.last_line()}")
        time.sleep(0.1)
