"""A1: the whole dossier over HTTP, how complete it is, and what is shown of the people in it."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.policy.forms import content_hash
from shared.policy.lifecycle import Published
from shared.policy.seed import pack_of
from shared.policy.service import keep_published
from shared.policy.store import move_epoch
from tests.accounts.conftest import PACK
from tests.serving import Caller

WHOLE = {
    "nature": "limited company",
    "address": "12 avenue du Commerce",
    "postcode": "00243",
    "phone": "+243 81 000 0000",
    "fax": "+243 81 000 0001",
    "email": "purchasing@ngaliema.example",
    "founded_on": "2012-05-14",
    "registered_capital": {"amount": "500000.00", "currency": "USD"},
    "shareholders": "J. Mbuyi 60 %, C. Chen 40 %",
    "head_count_local": 38,
    "head_count_foreign": 0,
    "industry": "telecom retail",
    "size": "medium",
}
PERSON = {
    "title": "director",
    "education": "university",
    "birth_date": "1980-02-29",
    "interests": "football",
    "family_notes": "two children",
}


async def dossier(people: dict[str, Caller], account: dict[str, Any]) -> dict[str, Any]:
    answer = await people["rep"].get(f"/v1/accounts/{account['id']}/dossier")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_dossier_with_everything_in_it_is_complete_a1(people, opened):
    account = await opened(**WHOLE)
    path = f"/v1/accounts/{account['id']}"
    for role in ("legal_representative", "principal", "main_contact"):
        await people["rep"].post(f"{path}/people", {"role": role, "name": "Chen Li", **PERSON})
    await people["rep"].post(f"{path}/bank-accounts", {"bank": "Rawbank", "number": "0510005101012345"})
    before = await dossier(people, account)
    assert [row["field"] for row in before["missing"]] == ["business_licence"]
    assert before["missing"][0]["title"] == {"en": "Business licence in force", "zh": "有效营业执照"}
    paper = {"type": "business_licence", "number": "CD/1", "expires_on": "2199-06-01", "file_reference": "cabinet 4"}
    assert (await people["rep"].post(f"{path}/documents", paper)).json()["file_reference"] == "cabinet 4"
    after = await dossier(people, account)
    assert (after["completeness"], after["missing"]) == ("1.0000", [])
    assert after["account"]["size"] == "medium"


async def test_an_empty_dossier_says_everything_that_is_missing_in_both_languages_a1(people, opened):
    found = await dossier(people, await opened())
    assert len(found["missing"]) == 23
    assert all(row["title"]["en"] and row["title"]["zh"] for row in found["missing"])


async def test_a_licence_that_has_run_out_counts_as_missing_a1(accounts, people, opened):
    account = await opened()
    paper = {"type": "business_licence", "number": "CD/1", "expires_on": "2199-06-01"}
    await people["rep"].post(f"/v1/accounts/{account['id']}/documents", paper)
    async with accounts.sessions() as session:
        query = "UPDATE account_paper SET expires_on = '2020-01-01' WHERE account_id = :id"
        await session.execute(text(query), {"id": account["id"]})
        await session.commit()
    found = await dossier(people, account)
    assert found["documents"][0]["expired"]
    assert "business_licence" in [row["field"] for row in found["missing"]]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"expires_on": "2020-01-01"}, "/expires_on", id="over already"),
        pytest.param({"issued_on": "2199-02-01", "expires_on": "2199-01-01"}, "/expires_on", id="over before it began"),
        pytest.param({"expires_on": "2199-02-30"}, "/expires_on", id="30 February"),
        pytest.param({"file_hash": "abc"}, "/file_hash", id="no hash"),
        pytest.param({"colour": "red"}, "/colour", id="a field nobody knows"),
    ],
)
async def test_a_document_that_cannot_be_right_is_not_filed_a1(people, opened, fields, pointer):
    account = await opened()
    paper = {"type": "business_licence", "number": "CD/1", **fields}
    answer = await people["rep"].post(f"/v1/accounts/{account['id']}/documents", paper)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await dossier(people, account))["documents"] == []


async def test_who_has_left_stays_on_file_and_counts_no_more_a1(people, opened):
    account = await opened()
    path = f"/v1/accounts/{account['id']}/people"
    person = (await people["rep"].post(path, {"role": "main_contact", "name": "Chen Li"})).json()
    assert "main_contact" not in [row["field"] for row in (await dossier(people, account))["missing"]]
    gone = await people["rep"].patch(f"{path}/{person['id']}", {"left_on": "2020-01-01"})
    assert gone.json()["name"] == "Chen Li"
    assert "main_contact" in [row["field"] for row in (await dossier(people, account))["missing"]]
    assert (await people["rep"].patch(f"{path}/{person['id']}", {"name": None})).status_code == 422
    assert (await people["rep"].patch(f"{path}/nobody", {"title": "x"})).status_code == 404


async def test_family_notes_are_masked_and_revealed_for_a_purpose_a1(accounts, people, opened):
    account = await opened()
    path = f"/v1/accounts/{account['id']}/people"
    person = (await people["rep"].post(path, {"role": "main_contact", "name": "Chen Li", **PERSON})).json()
    assert person["family_notes"] == "•••"
    reveal = f"{path}/{person['id']}/reveal"
    assert (await people["finance"].post(reveal, {"purpose": "not my business"})).status_code == 403
    assert (await people["other_rep"].post(reveal, {"purpose": "not my branch"})).status_code == 404
    seen = await people["rep"].post(reveal, {"purpose": "new year's visit"})
    assert seen.json()["family_notes"] == "two children"
    async with accounts.sessions() as session:
        query = "SELECT detail FROM audit_entry WHERE action = 'family_notes.revealed' AND subject = :subject"
        detail = await session.scalar(text(query), {"subject": f"account/{account['id']}"})
    assert detail == {"person_id": person["id"], "purpose": "new year's visit"}


async def test_personal_data_is_in_no_event_a1(accounts, people, opened):
    account = await opened()
    path = f"/v1/accounts/{account['id']}"
    await people["rep"].post(f"{path}/people", {"role": "main_contact", "name": "Zebedee Quux", **PERSON})
    await people["rep"].post(f"{path}/bank-accounts", {"bank": "Rawbank", "number": "998877665544"})
    paper = {"type": "business_licence", "number": "CD/1", "expires_on": "2199-06-01"}
    await people["rep"].post(f"{path}/documents", paper)
    async with accounts.sessions() as session:
        query = "SELECT convert_from(payload, 'UTF8') FROM outbox WHERE aggregateid = :id"
        told = "".join((await session.scalars(text(query), {"id": account["id"]})).all())
    assert "CD/1" in told
    for personal in ("Zebedee", "two children", "1980-02-29", "998877665544", "Rawbank"):
        assert personal not in told


async def test_a_team_changes_hands_without_a_day_between_i1(people, ids, opened):
    account = await opened()
    path = f"/v1/accounts/{account['id']}/team"
    first = {"user_id": ids["rep"], "duty": "account_rep", "valid_from": "2020-12-01", "valid_until": "2021-03-01"}
    second = {"user_id": ids["other_rep"], "duty": "account_rep", "valid_from": "2021-03-02"}
    late = await people["kam"].put(path, {"members": [first, second]})
    assert (late.status_code, late.json()["code"]) == (422, "days_without_rep")
    assert "2021-03-01" in late.json()["errors"][0]["detail"]
    early = await people["kam"].put(
        path, {"members": [first, second | {"user_id": ids["rep"], "valid_from": "2021-02-28"}]}
    )
    assert early.json()["errors"][0]["pointer"] == "/members/1/valid_from"
    assert (await dossier(people, account))["team"] == []
    team = {"members": [second | {"valid_from": "2021-03-01"}, first]}
    assert (await people["kam"].put(path, team)).status_code == 200
    kept = [(member["user_id"], member["valid_from"]) for member in (await dossier(people, account))["team"]]
    assert kept == [(ids["rep"], "2020-12-01"), (ids["other_rep"], "2021-03-01")]


async def test_the_checklist_asks_by_channel_and_sales_class_and_changes_without_a_release_a1(accounts, people, opened):
    """Last in the module: the table it publishes stays in force."""
    [table] = [document for document in pack_of(PACK, "accounts") if document.id == "dossier-checklist"]
    cells = table.rows[0].__class__
    limited = {"fax": {"channels": ("car_maker",)}, "phone": {"sales_classes": ("retail",)}}
    rows = tuple(cells({**row, **limited.get(row["field"], {})}) for row in table.rows)
    narrower = table.model_copy(update={"rows": rows})
    async with accounts.sessions() as session:
        now = accounts.app.state.mainstay.clock.now()
        await keep_published(session, Published(narrower, 2, "accounts", content_hash(narrower), "a", "b", now))
        await move_epoch(session)
        await session.commit()
    asked = {
        (channel, sales_class): {
            row["field"]
            for row in (await dossier(people, await opened(channel=channel, sales_class=sales_class)))["missing"]
        }
        & {"fax", "phone"}
        for channel, sales_class in (("dealer", "wholesale"), ("car_maker", "wholesale"), ("dealer", "retail"))
    }
    assert list(asked.values()) == [set(), {"fax"}, {"phone"}]
