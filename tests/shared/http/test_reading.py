"""Reads keep up with writes, pages stay whole, changes name their version."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from asyncpg.pgproto import pgproto
from sqlalchemy import insert

from shared.db.mechanisms import stream_position
from shared.http.pages import decode_cursor, encode_cursor
from tests.shared.http.conftest import Probe
from tests.shared.http.probe import names


async def reach(service: Probe, aggregate_id: str, sequence: int, consumer: str = "pricing") -> None:
    async with service.engine.begin() as connection:
        await connection.execute(
            insert(stream_position).values(
                consumer=consumer, topic="accounts.v1", aggregateid=aggregate_id, last_seq=sequence
            )
        )


async def test_a_read_after_a_write_known_here_is_answered(service: Probe) -> None:
    await reach(service, "a1", 7)
    answer = await service.writer.get("/v1/things", headers={"Mainstay-After": "account/a1@7"})
    assert answer.status_code == 200


async def test_a_read_waits_until_the_write_has_arrived(service: Probe) -> None:
    asked = asyncio.create_task(service.writer.get("/v1/things", headers={"Mainstay-After": "account/a2@3"}))
    done, _ = await asyncio.wait([asked], timeout=0.2)
    assert not done
    await reach(service, "a2", 3)
    assert (await asked).status_code == 200


@pytest.mark.parametrize(
    "method", [pytest.param("GET", id="a read is not answered"), pytest.param("POST", id="a decision is not made")]
)
async def test_on_a_read_model_known_to_be_behind(service: Probe, method: str) -> None:
    await reach(service, "a3", 4)
    await reach(service, "a3", 9, consumer="another")
    headers = {"Mainstay-After": "account/a3@5", "Idempotency-Key": "k"}
    body = {"json": {"name": "late"}} if method == "POST" else {}
    answer = await service.writer.call(method, "/v1/things", headers=headers, **body)
    assert (answer.status_code, answer.json()["code"]) == (503, "read_model_behind")
    assert answer.headers["Retry-After"] == "1"
    assert names((await service.writer.get("/v1/things")).json()["items"]) == []


@pytest.mark.parametrize(
    "position",
    [
        pytest.param("order/o1@99", id="what the service owns itself"),
        pytest.param("reward/r1@99", id="a topic it does not read"),
        pytest.param("unheard_of/x@1", id="an aggregate nobody has"),
        pytest.param(" , ", id="nothing"),
    ],
)
async def test_there_is_no_waiting_for(service: Probe, position: str) -> None:
    answer = await service.writer.get("/v1/things", headers={"Mainstay-After": position})
    assert answer.status_code == 200


@pytest.mark.parametrize("text", ["account", "account/a", "account/@1", "account/a@", "account/a@-1", "account/a@x"])
async def test_a_position_we_never_gave_is_400(service: Probe, text: str) -> None:
    answer = await service.writer.get("/v1/things", headers={"Mainstay-After": text})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


async def test_pages_are_linked_and_stay_whole_while_rows_are_added(service: Probe) -> None:
    for name in ("b", "a", "c", "a", "d"):
        await service.writer.post("/v1/things", {"name": name})
    first = await service.writer.get("/v1/things?limit=2")
    await service.writer.post("/v1/things", {"name": "0 before"})
    second = await service.writer.get(first.links["next"]["url"])
    third = await service.writer.get(second.links["next"]["url"])
    assert [names(page.json()["items"]) for page in (first, second, third)] == [["a", "a"], ["b", "c"], ["d"]]
    assert third.json()["next"] is None
    assert "next" not in third.links


async def test_the_newest_page_comes_first_when_asked(service: Probe) -> None:
    for name in ("a", "b", "c"):
        await service.writer.post("/v1/things", {"name": name})
    first = await service.writer.get("/v1/things?limit=2&newest=true")
    second = await service.writer.get(first.links["next"]["url"])
    assert [names(page.json()["items"]) for page in (first, second)] == [["c", "b"], ["a"]]


@pytest.mark.parametrize(
    "cursor",
    ["x", "", "!!!!", encode_cursor(["only one"]), "W1tdXQ", "W1siZCIsIDVdLCBbImkiLCAxXV0"],
)
async def test_a_cursor_we_never_made_is_422(service: Probe, cursor: str) -> None:
    answer = await service.writer.get(f"/v1/things?cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


MOMENT = datetime(2021, 3, 10, 9, 0, 0, 7, tzinfo=UTC)
AN_ID = "0190a7c2-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(("name", 5), id="of words and numbers"),
        pytest.param((MOMENT, UUID(AN_ID)), id="of a moment and an id"),
        pytest.param((MOMENT.date(), pgproto.UUID(AN_ID)), id="of a day and an id as the driver answers it"),
    ],
)
def test_a_cursor_carries_its_key(key: tuple[object, ...]) -> None:
    assert decode_cursor(encode_cursor(key)) == key


async def test_a_change_needs_the_version_and_only_one_of_two_wins(service: Probe) -> None:
    made = await service.writer.post("/v1/things", {"name": "a"})
    path, version = made.headers["Location"], made.headers["ETag"]
    unnamed = await service.writer.patch(path, {"name": "b"})
    assert (unnamed.status_code, unnamed.json()["code"]) == (428, "precondition_required")
    both = await asyncio.gather(
        *(service.writer.patch(path, {"name": name}, headers={"If-Match": version}) for name in ("b", "c"))
    )
    assert sorted(answer.status_code for answer in both) == [200, 412]
    assert {answer.headers["ETag"] for answer in both} == {'"2"'}


@pytest.mark.parametrize("version", ['"x"', '"*"', '"-1"', '"99999999999999999999"'])
async def test_a_version_we_never_gave_is_412(service: Probe, version: str) -> None:
    made = await service.writer.post("/v1/things", {"name": "a"})
    answer = await service.writer.patch(made.headers["Location"], {"name": "b"}, headers={"If-Match": version})
    assert answer.status_code == 412


async def test_a_change_made_on_any_version_is_made_on_the_one_there_is(service: Probe) -> None:
    made = await service.writer.post("/v1/things", {"name": "a"})
    for name, version in (("b", '"2"'), ("c", '"3"')):
        answer = await service.writer.patch(made.headers["Location"], {"name": name}, headers={"If-Match": " * "})
        assert (answer.status_code, answer.json()["name"], answer.headers["ETag"]) == (200, name, version)
    missing = await service.writer.patch(made.headers["Location"], {"name": "d"}, headers={"If-Match": '"-1"'})
    assert missing.status_code == 412
