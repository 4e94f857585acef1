"""`mainstay relay republish`: what was published is sent again, and nobody is hurt."""

import asyncio
from datetime import timedelta

import orjson
import pytest
from typer.testing import CliRunner

from mainstay.app import app
from shared.clock import system_now
from shared.db.session import Sessions
from shared.kafka import Broker
from tests.shared.pipe.harness import record_orders
from tests.shared.pipe.notes import note_keeper, noted, rows
from tests.shared.pipe.test_end_to_end import reader, relay, running, until_noted

pytestmark = pytest.mark.kafka


async def command(database_url: str, broker: Broker, *arguments: str) -> str:
    said = {
        "PRICING_DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "TOPIC_PREFIX": broker.topic_prefix,
    }
    answer = await asyncio.to_thread(CliRunner().invoke, app, ["relay", "republish", "pricing", *arguments], env=said)
    return str(answer.exception) if answer.exception else answer.output


async def test_what_was_published_since_then_is_sent_again_and_absorbed(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    began = system_now()
    async with running(relay(database_url, broker), reader(note_keeper(), sessions, broker)):
        await record_orders(sessions, orders=4, events_each=3)
        await until_noted(sessions, 12)
        said = await command(database_url, broker, "--since", began.isoformat(), "--json")
        assert orjson.loads(said) == {"pricing": 12}
        later = (system_now() + timedelta(hours=1)).isoformat()
        assert await command(database_url, broker, "--since", later) == "pricing    0 events\n"
        await record_orders(sessions, orders=4, events_each=1)
        await until_noted(sessions, 16)
    assert len(set(await noted(sessions))) == len(await noted(sessions)) == 16
    assert await rows(sessions, "SELECT count(*) FROM inbox") == [(16,)]


async def test_a_moment_that_is_none_is_refused_in_one_sentence(database_url: str, broker: Broker) -> None:
    said = await command(database_url, broker, "--since", "yesterday")
    assert said == "'yesterday' is no moment: write it like 2026-03-10T08:00:00Z."
