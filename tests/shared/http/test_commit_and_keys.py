"""Nobody is told of an effect that did not happen, and no effect happens twice."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.db.mechanisms import idempotency_key, outbox
from tests.shared.http import probe
from tests.shared.http.conftest import Probe
from tests.shared.http.probe import Gate, count


async def test_a_commit_that_fails_answers_500_and_leaves_no_thing_no_event_and_no_key(service: Probe) -> None:
    first = await service.writer.post("/v1/things", {"name": "doomed"})
    second = await service.writer.post("/v1/things", {"name": "doomed"}, key="again")
    assert (first.status_code, second.status_code) == (201, 500)
    assert second.headers["content-type"] == "application/problem+json"
    assert second.json()["code"] == "internal_error"
    assert await count(service.engine, probe.thing) == 1
    assert await count(service.engine, outbox) == 2
    assert await count(service.engine, idempotency_key) == 1


async def test_after_a_failed_commit_the_same_key_may_be_tried_again(service: Probe) -> None:
    await service.writer.post("/v1/things", {"name": "doomed"})
    failed = await service.writer.post("/v1/things", {"name": "doomed"}, key="k")
    async with service.engine.begin() as connection:
        await connection.execute(text("DELETE FROM thing"))
    retried = await service.writer.post("/v1/things", {"name": "doomed"}, key="k")
    assert (failed.status_code, retried.status_code) == (500, 201)
    assert "Idempotency-Replayed" not in retried.headers


async def test_a_second_post_with_the_same_key_answers_the_same_and_does_nothing(service: Probe) -> None:
    first = await service.writer.post("/v1/things", {"name": "one"}, key="k1")
    second = await service.writer.post("/v1/things", {"name": "one"}, key="k1")
    assert second.status_code == first.status_code == 201
    assert second.content == first.content
    assert second.headers["Idempotency-Replayed"] == "true"
    for name in ("ETag", "Location", "Mainstay-Seen", "Content-Type"):
        assert second.headers[name] == first.headers[name], name
    assert await count(service.engine, probe.thing) == 1
    assert await count(service.engine, outbox) == 2


async def test_the_same_key_with_another_body_is_refused(service: Probe) -> None:
    await service.writer.post("/v1/things", {"name": "one"}, key="k2")
    other = await service.writer.post("/v1/things", {"name": "two"}, key="k2")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(service.engine, probe.thing) == 1


async def test_a_key_belongs_to_its_principal(service: Probe) -> None:
    await service.writer.post("/v1/things", {"name": "one"}, key="k3")
    async with service.app.state.mainstay.sessions() as session:
        from tests.serving import employ

        await employ(session, other := f"other-{uuid4()}", "integrator")
        await session.commit()
    answer = await service.caller(other).post("/v1/things", {"name": "two"}, key="k3")
    assert answer.status_code == 201


async def test_a_post_without_a_key_is_refused_before_it_has_an_effect(service: Probe) -> None:
    answer = await service.writer.call("POST", "/v1/things", json={"name": "one"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert await count(service.engine, probe.thing) == 0


async def test_a_post_that_stores_nothing_needs_no_key(service: Probe) -> None:
    answer = await service.writer.call("POST", "/v1/preview", json={"name": "one"})
    assert answer.status_code == 200


async def test_who_lost_his_role_gets_no_stored_answer(service: Probe) -> None:
    await service.writer.post("/v1/things", {"name": "one"}, key="k4")
    async with service.engine.begin() as connection:
        await connection.execute(text("UPDATE idempotency_key SET principal = 'reader'"))
    answer = await service.caller("reader").post("/v1/things", {"name": "one"}, key="k4")
    assert answer.status_code == 403


async def test_while_the_first_is_in_flight_the_second_is_told_so(service: Probe) -> None:
    gate = service.app.state.gate = Gate()
    try:
        first = asyncio.create_task(service.writer.post("/v1/things", {"name": "one"}, key="k5"))
        await asyncio.wait_for(gate.entered.wait(), 5)
        second = await service.writer.post("/v1/things", {"name": "one"}, key="k5")
        assert (second.status_code, second.json()["code"]) == (409, "idempotency_key_in_flight")
        assert second.headers["Retry-After"] == "1"
    finally:
        gate.open.set()
        service.app.state.gate = None
    assert (await first).status_code == 201
    third = await service.writer.post("/v1/things", {"name": "one"}, key="k5")
    assert third.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("copies", [pytest.param(20, id="twenty at once have one effect")])
async def test_copies_of_one_request(service: Probe, copies: int) -> None:
    answers = await asyncio.gather(
        *(service.writer.post("/v1/things", {"name": "one"}, key="k6") for _ in range(copies))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await count(service.engine, probe.thing) == 1
    assert await count(service.engine, outbox) == 2


async def test_a_write_says_the_last_sequence_of_each_aggregate_it_recorded(service: Probe) -> None:
    answer = await service.writer.post("/v1/things", {"name": "one"})
    assert answer.headers["Mainstay-Seen"] == f"user/thing-{answer.json()['id']}@2"


async def test_a_refused_request_records_nothing(service: Probe) -> None:
    answer = await service.writer.post("/v1/things", {"name": ""})
    assert answer.status_code == 422
    assert "Mainstay-Seen" not in answer.headers
    assert await count(service.engine, outbox) == 0
    assert await count(service.engine, idempotency_key) == 0
