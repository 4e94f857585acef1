"""A story of dossier writes, then a search: personal data stands in no log, event, trace or audit entry (A1)."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson
import pytest
import pytest_asyncio
import structlog
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.db.session import commit
from shared.policy.seed import pack_of, seed_pack
from tests.accounts.conftest import PACK, Accounts
from tests.serving import Caller

# Words that occur nowhere else; each is personal data of the story.
PERSON = {
    "name": "Zephyrine Quixotte",
    "title": "Purchasing empress",
    "email": "empress@quixotte.example",
    "education": "Sorbonnique",
    "birth_date": "1971-11-23",
    "interests": "falconrymania",
    "family_notes": "three sons, Ottokar the eldest",
}
BANK = {"bank": "Rawbank, Kinshasa", "number": "0510005101012345678Q72", "holder": "Quixotte Freres"}
PHONE, EMAIL = "+243 81 777 6655", "zephyrine@quixotte.example"
SECRET = [*PERSON.values(), BANK["number"], BANK["holder"], PHONE, EMAIL, "Ottokar", "zephyrine"]
EVERYWHERE_TOLD = ("outbox", "event_archive", "audit_entry", "dead_letter", "held_event", "inbox")


@dataclass
class Story:
    account_id: str
    logged: str
    answers: list[int] = field(default_factory=list)
    person_id: str = ""
    work: dict[str, int] = field(default_factory=dict)


def found_in(said: str) -> list[str]:
    return [word for word in SECRET if word.lower() in said.lower()]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def story(accounts: Accounts) -> AsyncIterator[Story]:
    """Everything that is written to a dossier, some of it wrongly, and read in clear by who may."""
    async with accounts.sessions() as session:
        now = accounts.app.state.mainstay.clock.now()
        for service in ("accounts", "approvals"):
            await seed_pack(session, service=service, documents=pack_of(PACK, service), now=now)
        await commit(session)
    people = {
        name: await accounts.caller((await accounts.new_user(role))["login"])
        for name, role in {
            "rep": {"role": "account_rep", "branch": "kinshasa"},
            "finance": {"role": "finance"},
            "kam": {"role": "key_account_manager"},
            "service": {"role": "customer_service"},
        }.items()
    }
    heard: list[str] = []
    handler = _Listener(heard)
    logging.getLogger().addHandler(handler)
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    structlog.reset_defaults()
    try:
        with capture_logs() as entries:
            told = await written(people)
            told.work = await worked(people, told, now)
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(before)
        structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
    told.logged = "\n".join([*heard, *map(repr, entries)])
    yield told


class _Listener(logging.Handler):
    """Keeps what the standard library's loggers say, whoever says it."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


async def written(people: dict[str, Caller]) -> Story:
    rep, finance = people["rep"], people["finance"]
    dossier = {"legal_name": "Gombe Cars", "branch": "kinshasa", "channel": "dealer", "sales_class": "wholesale"}
    opened = await rep.post("/v1/accounts", {**dossier, "phone": PHONE, "email": EMAIL})
    account = opened.json()["id"]
    path, story = f"/v1/accounts/{account}", Story(account, "")

    async def keep(answer: Any) -> Any:
        story.answers.append(answer.status_code)
        return answer.json() if answer.content else {}

    person = await keep(await rep.post(f"{path}/people", {"role": "main_contact", **PERSON}))
    bank = await keep(await finance.post(f"{path}/bank-accounts", {**BANK, "currency": "CNY"}))
    story.person_id = person["id"]
    await keep(await rep.patch(f"{path}/people/{person.get('id')}", {"interests": PERSON["interests"]}))
    await keep(await finance.post(f"{path}/bank-accounts/{bank.get('id')}/reveal", {"purpose": "payout of March"}))
    await keep(await people["kam"].post(f"{path}/people/{person.get('id')}/reveal", {"purpose": "birthday greetings"}))
    await keep(await rep.get(f"{path}/dossier"))
    wrong = [
        {"role": "main_contact", **PERSON, "birth_date": "1971-02-30"},
        {"role": "empress", **PERSON},
        {"role": "principal", **PERSON, "name": f"{PERSON['name']}\u0000"},
        {"role": "principal", **PERSON, "nickname": "Ottokar's mother"},
    ]
    for body in wrong:
        await keep(await rep.post(f"{path}/people", body))
    await keep(await finance.post(f"{path}/bank-accounts", {**BANK, "number": f"{BANK['number']}!!"}))
    await keep(await rep.post("/v1/accounts", {**dossier, "phone": PHONE, "email": EMAIL}))  # suspected to be the same
    return story


async def worked(people: dict[str, Caller], story: Story, now: datetime) -> dict[str, int]:
    """The work with the account, people named wherever there is room for words; the status of each write."""
    rep, kam, account, day = people["rep"], people["kam"], {"account_id": story.account_id}, f"{now.date()}"
    words = f"{PERSON['name']}, {PERSON['title']}, {PHONE}"
    known: dict[str, int] = {}

    async def keep(name: str, answer: Any) -> Any:
        known[name] = answer.status_code
        return answer.json()

    row = {"number": "P-1", "legal_name": "Listed", "branch": "kinshasa", "channel": "dealer", "sales_class": "retail"}
    lists = [f"{now.year + 1}-H1"]
    election = {"choice": "subsidy", "valid_from": f"{now.year + 1}-01-01", "valid_until": f"{now.year + 1}-07-01"}
    imported = orjson.dumps({**row, "lists": lists, "election": {**election, "elected_by": PERSON["name"]}})
    headers = {"Content-Type": "application/x-ndjson"}
    await keep("import", await kam.call("POST", "/v1/account-imports", content=imported, headers=headers))
    listed = (await kam.get("/v1/accounts", params={"number": "P-1"})).json()["items"][0]["id"]
    switch = {"account_id": listed, "programme": "p4", "choice": "discount", "valid_from": f"{now.year + 1}-03-01"}
    await keep(
        "election",
        await rep.post("/v1/elections", {**switch, "valid_until": f"{now.year + 1}-07-01", "elected_by": words}),
    )
    survey = await keep("survey", await rep.post("/v1/surveys", {**account, "person_id": story.person_id}))
    answers = {"answers": {question["id"]: 1 for question in survey["questions"]}}
    await keep("answered", await rep.post(f"/v1/survey-links/{survey['link']}/answers", answers))
    complaint = await keep("complaint", await people["service"].post("/v1/complaints", {**account, "about": words}))
    resolution = {"resolution": f"called {words}", "caused_by_us": True}
    await keep("resolved", await people["service"].post(f"/v1/complaints/{complaint['id']}/resolve", resolution))
    question = {**account, "kind": "question", "text": words}
    feedback = await keep("feedback", await people["service"].post("/v1/feedback", question))
    answer = {"answer": f"told {words}"}
    await keep("told", await people["service"].post(f"/v1/feedback/{feedback['id']}/answer", answer))
    contact = {**account, "kind": "call", "on_day": day, "note": words}
    await keep("contact", await rep.post("/v1/contacts", contact))
    visited = {**account, "month": day[:7], "person_id": story.person_id}
    await keep("contact of the month", await rep.post("/v1/return-visits/contacts", visited))
    case = {"candidate": "Matadi Port Services", "branch": "kinshasa", "reason": words}
    await keep("case", await rep.post("/v1/development-cases", case))
    visit = {**account, "plan": "show handsets", "planned_on": day, "budget": {"amount": "5.00", "currency": "USD"}}
    planned = await keep("visit", await rep.post("/v1/visits", visit))
    await keep("submitted", await rep.post(f"/v1/visits/{planned['id']}/submit"))
    assessment = {"fact": "account.credit", "value": "high", "assessed_on": day, "evidence": words}
    await keep("assessment", await kam.post(f"/v1/accounts/{story.account_id}/assessments", assessment))
    return known


async def test_a10_a12_a7_a8_the_work_was_really_written(story: Story) -> None:
    assert {name: status for name, status in story.work.items() if status not in (200, 201)} == {}


async def test_a1_the_story_was_really_written(story: Story) -> None:
    assert story.answers[:6] == [201, 201, 200, 200, 200, 200]
    assert story.answers[6:11] == [422] * 5


async def test_a1_personal_data_stands_in_no_log(story: Story) -> None:
    assert found_in(story.logged) == []


async def test_a1_personal_data_stands_in_no_event_and_no_audit_entry(accounts: Accounts, story: Story) -> None:
    said = {}
    async with accounts.sessions() as session:
        for table in EVERYWHERE_TOLD:
            rows = await session.execute(text(f"SELECT * FROM {table}"))
            said[table] = "\n".join(_readable(row) for row in rows)
    assert story.account_id in said["outbox"]
    assert {table: found_in(rows) for table, rows in said.items() if found_in(rows)} == {}


async def test_a1_personal_data_stands_in_no_decision_and_its_trace(accounts: Accounts, story: Story) -> None:
    columns = text(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND data_type = 'jsonb' AND column_name IN ('decision', 'trace', 'screening', 'evidence', 'reasons')"
    )
    async with accounts.sessions() as session:
        places = (await session.execute(columns)).all()
        assert places
        said = [
            str((await session.scalars(text(f"SELECT {column}::text FROM {table}"))).all()) for table, column in places
        ]
    assert found_in("\n".join(said)) == []


async def test_a1_the_bank_number_lies_sealed_in_its_table(accounts: Accounts, story: Story) -> None:
    async with accounts.sessions() as session:
        rows = (await session.execute(text("SELECT * FROM bank_account"))).all()
    said = "\n".join(_readable(row) for row in rows)
    assert rows
    assert BANK["number"] not in said
    assert BANK["holder"] not in said


@pytest.mark.parametrize("word", SECRET)
def test_a1_the_search_finds_what_it_looks_for(word: str) -> None:
    assert found_in(f"… {word.upper()} …")


def _readable(row: Any) -> str:
    """A row as text, bytes decoded as far as they can be."""
    return " ".join(
        bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)
        for value in row
        if not isinstance(value, date)
    )
