"""`mainstay dead-letters`: an operator sees what was parked, and lets it flow again, from a terminal."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from deploy.local.databases import SERVICES
from deploy.local.ports import free_port
from mainstay.app import app as mainstay
from mainstay.dead_letters import first_sentence
from shared.db.session import Sessions
from shared.dead_letters_api import dead_letters_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.ids import new_id
from shared.settings import ServiceSettings
from tests.serving import Issuer, employ
from tests.shared.pipe.notes import noted
from tests.shared.pipe.test_dead_letters_api import KEEPER, POISON, park_three
from tests.shared.pipe.waiting import until


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """Its address, on a real socket: a command is a process of its own."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", ws="none"))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await until(started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(
    database_url: str, module_sessions: Sessions, tmp_path_factory: Any
) -> AsyncIterator[dict[str, dict[str, str]]]:
    """By person, the environment in which he types his commands."""
    issuer = Issuer()
    settings = ServiceSettings(database_url=database_url, jwks_url=issuer.jwks)
    described = ServiceDescription(
        name="pricing",
        title="Dead letters",
        description="Only these routes.",
        settings=settings,
        routers=(dead_letters_router([KEEPER]),),
    )
    async with module_sessions() as session:
        for role in ("admin", "auditor", "finance"):
            await employ(session, role, role)
        await session.commit()
    folder: Path = tmp_path_factory.mktemp("local")
    async with listening(create_app(described)) as url:
        everywhere = {f"{service.upper()}_URL": url for service in SERVICES} | {"LOCAL_DIR": str(folder)}
        people = ("admin", "auditor", "finance")
        yield {role: everywhere | {"MAINSTAY_TOKEN": issuer.token(role)} for role in people} | {"nobody": everywhere}


async def typed(environment: dict[str, str], *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, mainstay, ["dead-letters", *arguments], env=environment)


async def test_what_waits_is_listed_for_each_service_with_its_reason(
    sessions: Sessions, told: dict[str, dict[str, str]]
) -> None:
    ids = await park_three(sessions)
    listed = json.loads((await typed(told["auditor"], "list", "--json")).stdout)
    assert list(listed) == list(SERVICES)
    assert [(one["event_id"], one["reason"]) for one in listed["pricing"]] == [
        (ids[0], "poison"),
        (ids[1], "parked"),
        (ids[2], "parked"),
    ]
    shown = (await typed(told["auditor"], "list", "pricing")).stdout
    assert all(each in shown for each in (*ids, "OrderPaid", "account-1", "Poisonous"))
    assert (await typed(told["auditor"], "list", "pricing", "--key", "account-2")).stdout == (
        "pricing  nothing is parked\n"
    )


async def test_all_pages_are_listed(sessions: Sessions, told: dict[str, dict[str, str]], monkeypatch: Any) -> None:
    monkeypatch.setattr("mainstay.dead_letters.PAGE", 1)
    ids = await park_three(sessions)
    listed = json.loads((await typed(told["auditor"], "list", "pricing", "--json")).stdout)
    assert [one["event_id"] for one in listed["pricing"]] == ids


async def test_a_replay_says_what_became_of_the_key_and_ends_with_1_where_it_failed_again(
    sessions: Sessions, told: dict[str, dict[str, str]]
) -> None:
    ids = await park_three(sessions)
    again = await typed(told["admin"], "replay", "pricing", ids[0])
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (1, "0 applied, 3 still wait")  # after the server's log
    assert f"Event {ids[0]} failed again: Poisonous" in again.stderr
    POISON.clear()
    mended = await typed(told["admin"], "replay", "pricing", ids[0], "--json")
    assert (mended.exit_code, json.loads(mended.stdout)["applied"]) == (0, 3)
    assert await noted(sessions) == [("a", 1), ("a", 2), ("a", 3)]
    resolved = json.loads((await typed(told["admin"], "list", "pricing", "--resolved", "--json")).stdout)
    assert [one["resolved_by"] for one in resolved["pricing"]] == ["admin"] * 3


async def test_what_nobody_can_mend_is_set_aside(sessions: Sessions, told: dict[str, dict[str, str]]) -> None:
    ids = await park_three(sessions)
    done = await typed(told["admin"], "set-aside", "pricing", ids[0], "--reason", "sent by a test system")
    assert (done.exit_code, done.stdout) == (0, f"{ids[0]} is set aside\n")
    await typed(told["admin"], "replay", "pricing", ids[1])
    assert await noted(sessions) == [("a", 2), ("a", 3)]


async def test_every_refusal_is_one_sentence(sessions: Sessions, told: dict[str, dict[str, str]]) -> None:
    nobody = await typed(told["nobody"], "list")
    assert str(nobody.exception).startswith("Say who asks: MAINSTAY_TOKEN")
    finance = await typed(told["finance"], "list", "pricing")
    assert str(finance.exception).startswith("Pricing refused: ")
    unknown = await typed(told["admin"], "replay", "pricing", str(new_id()))
    assert str(unknown.exception) == "Pricing refused: There is no such thing here"
    assert str((await typed(told["admin"], "list", "prices")).exception).startswith("There is no service 'prices'")
    away = told["admin"] | {"PRICING_URL": f"http://127.0.0.1:{free_port()}"}
    assert "cannot be reached" in str((await typed(away, "list", "pricing")).exception)


async def test_ids_and_keys_are_listed_whole_however_narrow_the_screen(
    sessions: Sessions, told: dict[str, dict[str, str]]
) -> None:
    ids = await park_three(sessions)
    shown = (await typed(told["auditor"] | {"COLUMNS": "20"}, "list", "pricing")).stdout
    assert all(any(each in line for line in shown.splitlines()) for each in (*ids, "key account-1"))


async def test_a_blank_is_no_reason_to_give_an_event_up(sessions: Sessions, told: dict[str, dict[str, str]]) -> None:
    ids = await park_three(sessions)
    refused = await typed(told["admin"], "set-aside", "pricing", ids[0], "--reason", "  ")
    assert refused.exit_code == 2
    assert len(json.loads((await typed(told["admin"], "list", "pricing", "--json")).stdout)["pricing"]) == 3


def test_an_error_is_told_without_its_statement() -> None:
    error = "DBAPIError: value out of range\n[SQL: INSERT INTO price_grant VALUES ($1)]\n[parameters: (1)]"
    assert first_sentence(error) == "DBAPIError: value out of range"
    assert first_sentence("DataError: too large [SQL: SELECT 1]") == "DataError: too large"
