"""`/v1/dead-letters` over HTTP: who may look, who may replay, and what the audit trail says of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from shared import inbox
from shared.consumer import Consumer
from shared.db.session import Sessions, commit
from shared.dead_letters_api import dead_letters_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.ids import new_id
from shared.settings import ServiceSettings
from tests.serving import Caller, Issuer, employ, serving
from tests.shared.pipe.build import NOON, message_of_event, order_paid
from tests.shared.pipe.notes import note_keeper, noted, rows

POISON: set[str] = set()
KEEPER: Consumer = note_keeper(POISON)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def callers(database_url: str, module_sessions: Sessions) -> AsyncIterator[dict[str, Caller]]:
    issuer = Issuer()
    app = create_app(
        ServiceDescription(
            name="pricing",
            title="Dead letters",
            description="Only these routes.",
            settings=ServiceSettings(database_url=database_url, jwks_url=issuer.jwks),
            routers=(dead_letters_router([KEEPER]),),
        )
    )
    async with serving(app) as client:
        async with module_sessions() as session:
            for role in ("admin", "auditor", "finance"):
                await employ(session, role, role)
            await session.commit()
        yield {role: Caller(client, issuer.token(role)) for role in ("admin", "auditor", "finance")}


async def park_three(sessions: Sessions) -> list[str]:
    """The first is poison, two wait behind it; their ids."""
    POISON.add("bad")
    messages = [
        message_of_event(order_paid(order_id="a", payment_id=payment), sequence=sequence)
        for sequence, payment in enumerate(("bad", "fine", "fine"), start=1)
    ]
    async with sessions() as session:
        await inbox.take(session, KEEPER, messages, now=NOON, isolated=True)
        await commit(session)
    return [str(message.event_id) for message in messages]


async def test_who_may_look_sees_what_waits_and_why(sessions: Sessions, callers: dict[str, Caller]) -> None:
    ids = await park_three(sessions)
    answer = await callers["auditor"].get("/v1/dead-letters?limit=2")
    items: list[dict[str, Any]] = answer.json()["items"]
    assert [(item["event_id"], item["reason"]) for item in items] == [(ids[0], "poison"), (ids[1], "parked")]
    assert items[0]["error"].startswith("Poisonous")
    assert "payload" not in items[0]
    following = await callers["auditor"].get("/v1/dead-letters", params={"cursor": answer.json()["next"]})
    assert [item["event_id"] for item in following.json()["items"]] == [ids[2]]
    assert (await callers["finance"].get("/v1/dead-letters")).status_code == 403


async def test_a_replay_is_done_once_and_audited(sessions: Sessions, callers: dict[str, Caller]) -> None:
    ids = await park_three(sessions)
    POISON.clear()
    path = f"/v1/dead-letters/{ids[0]}/replay"
    assert (await callers["auditor"].post(path)).status_code == 403
    answer = await callers["admin"].post(path, key="mended")
    assert answer.json() == {
        "partition_key": "account-1",
        "applied": 3,
        "waiting": 0,
        "failed": None,
        "error": None,
    }
    assert (await callers["admin"].post(path, key="mended")).json() == answer.json()
    assert (await callers["admin"].post(path)).status_code == 404
    assert await noted(sessions) == [("a", 1), ("a", 2), ("a", 3)]
    audited = await rows(sessions, f"SELECT actor, action FROM audit_entry WHERE subject = 'dead_letter/{ids[0]}'")
    assert audited == [("admin", "dead_letter.replayed")]


async def test_what_nobody_can_mend_is_set_aside_and_the_rest_flows_without_it(
    sessions: Sessions, callers: dict[str, Caller]
) -> None:
    ids = await park_three(sessions)
    why = {"reason": "sent by a test system by mistake"}
    assert (await callers["admin"].post(f"/v1/dead-letters/{ids[0]}/set-aside", why)).status_code == 204
    answer = await callers["admin"].post(f"/v1/dead-letters/{ids[1]}/replay")
    assert answer.json()["applied"] == 2
    assert await noted(sessions) == [("a", 2), ("a", 3)]
    audited = await rows(sessions, f"SELECT detail FROM audit_entry WHERE subject = 'dead_letter/{ids[0]}'")
    assert audited == [(why,)]


async def test_there_is_nothing_to_set_aside_for_an_unknown_event(
    sessions: Sessions, callers: dict[str, Caller]
) -> None:
    path = f"/v1/dead-letters/{new_id()}/set-aside"
    assert (await callers["admin"].post(path, {"reason": "none"})).status_code == 404
    assert (await callers["admin"].post(path, {})).status_code == 422
