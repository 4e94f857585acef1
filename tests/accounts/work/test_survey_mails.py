"""A10: with a mail server the worker mails each survey's link, at least once, and says what came of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import text
from structlog.testing import capture_logs

from services.accounts.settings import AccountsSettings
from services.accounts.surveys.jobs import survey_jobs
from shared.db.session import commit
from shared.mailing import RETRY_AFTER
from tests.accounts.work.conftest import House, pointers
from tests.mail_server import Post, mail_server, text_of

PORTAL = "https://portal.example/"
TO = "purchasing@ngaliema.example"


@pytest_asyncio.fixture(loop_scope="session")
async def post(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    """The house with a mail server of its own."""
    async with mail_server() as running:
        mailing = {"smtp_host": "127.0.0.1", "smtp_port": running.port, "smtp_tls": "none"}
        links = {"mail_from": "office@mainstay.example", "mail_links_url": PORTAL}
        before = house.accounts.app.state.mainstay.settings
        settings = AccountsSettings(**{**before.model_dump(), **mailing, **links})
        monkeypatch.setattr(house.accounts.app.state.mainstay, "settings", settings)
        yield running


async def send(house: House, account: dict[str, Any], **fields: Any) -> dict[str, Any]:
    sent = await house["rep"].post("/v1/surveys", {"account_id": account["id"], **fields})
    assert sent.status_code == 201, sent.text
    return dict(sent.json())


async def work(house: House, *, after: timedelta = timedelta(0)) -> None:
    """One run of the worker's job, that much later."""
    state = house.accounts.app.state.mainstay
    (job,) = survey_jobs(state.settings)
    async with house.sessions() as session:
        await job.run(session, state.clock.now() + after)
        await commit(session)


async def mailing(house: House, survey: dict[str, Any]) -> dict[str, Any]:
    page = (await house["rep"].get("/v1/surveys", params={"account_id": survey["account_id"]})).json()
    return dict(next(one["mailing"] for one in page["items"] if one["id"] == survey["id"]))


async def test_a10_the_link_comes_by_mail_alone_and_answers_the_survey(house: House, post: Post) -> None:
    survey = await send(house, await house.account(email=TO))
    assert (survey["link"], survey["mailing"]["state"]) == (None, "waiting")
    await work(house)
    (mail,) = post.to(TO)
    url = next(line for line in text_of(mail).splitlines() if line.startswith("https"))
    link = url.removeprefix(f"{PORTAL}survey-links/")
    assert link != url
    answers = {"quality": 5, "delivery": 4, "service": 4, "price": 3, "again": 5}
    answered = await house.accounts.client.post(f"/v1/survey-links/{link}/answers", json={"answers": answers})
    assert answered.status_code == 201, answered.text
    kept = await mailing(house, survey)
    assert (kept["state"], kept["tries"], kept["failure"]) == ("sent", 1, None)
    await work(house, after=timedelta(days=1))
    assert len(post.to(TO)) == 1
    async with house.sessions() as session:
        row = await session.scalar(text("SELECT to_jsonb(s) FROM survey s WHERE id = :id"), {"id": survey["id"]})
    assert link.partition(".")[2] not in orjson.dumps(row).decode()
    assert TO not in orjson.dumps(row).decode()


async def test_a10_a_person_is_written_to_at_the_address_on_file_when_the_mail_leaves(house: House, post: Post) -> None:
    account = await house.account(email=TO)
    path = f"/v1/accounts/{account['id']}/people"
    body = {"role": "main_contact", "name": "Chen Li", "email": "li@old.example"}
    person = (await house["rep"].post(path, body)).json()
    await send(house, account, person_id=person["id"])
    await house["rep"].patch(f"{path}/{person['id']}", {"email": "li@new.example"})
    await work(house)
    assert (len(post.to("li@new.example")), len(post.taken)) == (1, 1)


async def test_a10_a_survey_without_an_address_is_refused_and_can_be_handed_over_instead(
    house: House, post: Post
) -> None:
    account = await house.account()
    person = await house["rep"].post(f"/v1/accounts/{account['id']}/people", {"role": "main_contact", "name": "Chen"})
    for body, pointer in (({}, "/account_id"), ({"person_id": person.json()["id"]}, "/person_id")):
        refused = await house["rep"].post("/v1/surveys", {"account_id": account["id"], **body})
        assert (refused.status_code, pointers(refused)) == (422, [pointer])
    by_hand = await send(house, account, by_hand=True)
    assert by_hand["link"]
    assert by_hand["mailing"] is None


async def test_a10_an_address_taken_off_the_file_meanwhile_gives_the_mail_up(house: House, post: Post) -> None:
    account = await house.account(email=TO)
    survey = await send(house, account)
    etag = (await house["rep"].get(f"/v1/accounts/{account['id']}")).headers["ETag"]
    changed = await house["rep"].patch(f"/v1/accounts/{account['id']}", {"email": None}, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.text
    await work(house)
    kept = await mailing(house, survey)
    assert (kept["state"], kept["tries"], kept["failure"]) == ("given_up", 0, "no_address")
    found = await house["rep"].get("/v1/surveys", params={"account_id": account["id"], "mail_state": "given_up"})
    assert [one["id"] for one in found.json()["items"]] == [survey["id"]]


async def test_a10_a_mail_put_off_is_tried_again_with_growing_pauses_and_given_up_in_the_end(
    house: House, post: Post
) -> None:
    survey = await send(house, await house.account(email=TO))
    post.refuse = {TO: "451 not now"}
    later = timedelta(0)
    with capture_logs() as logged:
        for tries, pause in enumerate(RETRY_AFTER, start=1):
            await work(house, after=later)
            await work(house, after=later + pause / 2)
            kept = await mailing(house, survey)
            assert (kept["state"], kept["tries"], kept["failure"]) == ("waiting", tries, "put_off")
            later += pause + timedelta(seconds=5)
        await work(house, after=later)
    kept = await mailing(house, survey)
    assert (kept["state"], kept["tries"], kept["next_try_at"]) == ("given_up", len(RETRY_AFTER) + 1, None)
    assert [line["event"] for line in logged] == ["mail_given_up"]
    assert TO not in repr(logged)


async def test_a10_a_worker_that_dies_while_sending_has_its_try_recorded_and_sends_again(
    house: House, post: Post
) -> None:
    """The try is committed before the mail server is asked; what came of it is lost with the worker."""
    survey = await send(house, await house.account(email=TO))
    state = house.accounts.app.state.mainstay
    (job,) = survey_jobs(state.settings)
    async with house.sessions() as session:
        await job.run(session, state.clock.now())
        await session.rollback()
    kept = await mailing(house, survey)
    assert (kept["state"], kept["tries"], len(post.to(TO))) == ("waiting", 1, 1)
    await work(house, after=RETRY_AFTER[0] + timedelta(seconds=5))
    first, again = post.to(TO)
    assert first["Message-ID"] == again["Message-ID"]
    assert (await mailing(house, survey))["state"] == "sent"


async def test_a10_without_a_mail_server_there_is_nothing_to_do(house: House) -> None:
    assert survey_jobs(house.accounts.settings) == ()
