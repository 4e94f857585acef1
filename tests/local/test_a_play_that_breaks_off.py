"""A demo that cannot go on says so in one sentence, ends with 1, and leaves nothing but what it was told to leave."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.local.databases import SERVICES, plain
from deploy.local.folder import LocalFolder
from deploy.local.settings import PROJECT
from deploy.topics import declared_topics, delete_topics
from tests.servers import TestPostgres


def mainstay(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mainstay.app", *arguments],
        cwd=PROJECT,
        env=os.environ | settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.fixture
def settings(tmp_path: Path, postgres_server: TestPostgres, kafka: str) -> dict[str, str]:
    """Of a demo on the session's servers whose orders nobody can read."""
    orders = tmp_path / "orders.parquet"
    orders.write_text("no orders")
    free = {f"{service.upper()}_{port}": "0" for service in SERVICES for port in ("PORT", "PROBE_PORT")}
    servers = {"DATABASE_URL": postgres_server.admin_url, "KAFKA_BOOTSTRAP_SERVERS": kafka}
    return free | servers | {"LOCAL_DIR": str(tmp_path / "local"), "ORDERS_FILE": str(orders)}


async def databases_of(url: str) -> set[str]:
    connection = await asyncpg.connect(plain(url))
    try:
        return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    finally:
        await connection.close()


@pytest.mark.e2e
@pytest.mark.kafka
async def test_a_play_that_breaks_off_is_told_in_one_sentence_and_all_is_removed(
    settings: dict[str, str], postgres_server: TestPostgres
) -> None:
    before = await databases_of(postgres_server.admin_url)
    done = mainstay("demo", **settings)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("✗ The play broke off: ")
    assert last.endswith("play.log); all was removed.")
    assert "Traceback" in (Path(settings["LOCAL_DIR"]) / "logs" / "play.log").read_text(encoding="utf-8")
    assert not LocalFolder(Path(settings["LOCAL_DIR"])).is_held
    assert await databases_of(postgres_server.admin_url) == before


@pytest.mark.e2e
@pytest.mark.kafka
async def test_with_keep_it_stays_up_and_what_is_left_is_named(
    settings: dict[str, str], postgres_server: TestPostgres, kafka: str
) -> None:
    before = await databases_of(postgres_server.admin_url)
    done = mainstay("demo", KEEP="1", **settings)
    folder = LocalFolder(Path(settings["LOCAL_DIR"]))
    notes: dict[str, Any] = folder.read_notes()
    try:
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("✗ The play broke off: ")
        left = f"its databases {notes['name']}_* and topics {notes['topic_prefix']}* are kept"
        assert last.endswith(f"it stays up until `make stop`, and {left} even then.")
        assert all(url in done.stderr for url in notes["urls"].values())
        assert mainstay("status", LOCAL_DIR=str(folder.path)).returncode == 0
    finally:
        stopped = mainstay("stop", LOCAL_DIR=str(folder.path))
    assert stopped.returncode == 0
    assert not folder.is_held
    kept = await databases_of(postgres_server.admin_url) - before
    assert kept == {f"{notes['name']}_{service}" for service in SERVICES}
    await clear_away(postgres_server, kafka, databases=kept, topic_prefix=notes["topic_prefix"])


async def clear_away(postgres: TestPostgres, kafka: str, *, databases: set[str], topic_prefix: str) -> None:
    connection = await asyncpg.connect(plain(postgres.admin_url))
    try:
        for name in databases:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            await connection.execute(f'DROP ROLE IF EXISTS "{name}"')
    finally:
        await connection.close()
    await delete_topics(kafka, names=[topic.name for topic in declared_topics(prefix=topic_prefix)])


def test_orders_that_do_not_exist_are_refused_before_anything_is_started(tmp_path: Path) -> None:
    missing = str(tmp_path / "no.parquet")
    done = mainstay("demo", LOCAL_DIR=str(tmp_path / "local"), ORDERS_FILE=missing)
    assert done.returncode == 1
    assert done.stderr == f"✗ There is no file {missing}, which ORDERS_FILE names.\n"
    assert not (tmp_path / "local").exists()
