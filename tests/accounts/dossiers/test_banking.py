"""A1: bank details are sealed in the database, masked for everybody, and every clear view of them is audited."""

import json

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from typer.testing import CliRunner

from mainstay.app import app as command
from services.accounts.banking.domain import BankDetails, NotABankAccount, account_number, masked
from services.accounts.banking.rotation import seal_everything_anew
from services.accounts.banking.sealing import KeyMissing, Keyring, Sealed
from services.accounts.settings import AccountsSettings
from tests.accounts.conftest import Accounts

NUMBER = "05100-05101-01234567801-72"
CLEAR = "05100051010123456780172"
OLD, NEW = {"old": "an old secret of some length"}, {"new": "a new secret of some length"}
DETAILS = BankDetails(CLEAR, "Ngaliema SARL")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        pytest.param(NUMBER, CLEAR, id="dashes part it"),
        pytest.param("gb29 nwbk 6016", "GB29NWBK6016", id="spaces, and letters of any case"),
    ],
)
def test_an_account_number_is_kept_without_what_parts_it_a1(written, number):
    assert account_number(written) == number


@pytest.mark.parametrize("written", ["12345", "1" * 35, "=SUM(A1)", "123456;7"])
def test_what_is_no_account_number_is_refused_a1(written):
    with pytest.raises(NotABankAccount):
        account_number(written)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        pytest.param("12345678", "••• 5678", id="the last four"),
        pytest.param("1234567", "•••", id="a short one would be told by half, so nothing of it is"),
    ],
)
def test_a_number_is_shown_by_its_ending_a1(number, shown):
    assert masked(number) == shown


def test_what_one_key_sealed_only_that_key_opens_in_that_row_a1():
    sealed = Keyring("old", OLD).seal(DETAILS, row_id="r1")
    assert CLEAR.encode() not in sealed.content
    assert Keyring("new", OLD | NEW).open(sealed, row_id="r1") == DETAILS
    with pytest.raises(KeyMissing):
        Keyring("new", NEW).open(sealed, row_id="r1")
    with pytest.raises(KeyMissing):
        Keyring("old", OLD).open(sealed, row_id="r2")
    with pytest.raises(KeyMissing):
        Keyring("old", {"old": NEW["new"]}).open(sealed, row_id="r1")


def test_two_seals_of_the_same_details_differ_a1():
    keys = Keyring("old", OLD)
    assert keys.seal(DETAILS, row_id="r1") != keys.seal(DETAILS, row_id="r1")


def test_production_refuses_the_key_everybody_knows_a1():
    with pytest.raises(ValidationError, match="BANK_KEY"):
        AccountsSettings(environment="production", database_url="postgresql://a/b", signing_key_secret="x" * 20)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"bank_key_before": "a secret of before"}, id="a key without a name"),
        pytest.param(
            {"bank_key_before": "a secret of before", "bank_key_id_before": "development"}, id="the same name"
        ),
    ],
)
def test_each_key_has_a_name_of_its_own_a1(fields):
    with pytest.raises(ValidationError, match="BANK_KEY_ID_BEFORE"):
        AccountsSettings(**fields)


async def audited(accounts: Accounts, action: str, account_id: str) -> list[tuple[str, dict[str, str]]]:
    query = "SELECT actor, detail FROM audit_entry WHERE action = :action AND subject = :subject ORDER BY pos"
    async with accounts.sessions() as session:
        found = await session.execute(text(query), {"action": action, "subject": f"account/{account_id}"})
        return [(row.actor, row.detail) for row in found]


async def test_bank_details_are_masked_and_a_reveal_is_audited_with_its_purpose_a1(accounts, people, opened):
    path = f"/v1/accounts/{(await opened())['id']}"
    kept = await people["rep"].post(
        f"{path}/bank-accounts", {"bank": "Rawbank", "number": NUMBER, "holder": "J. Mbuyi"}
    )
    assert (kept.status_code, kept.json()["number"]) == (201, "••• 0172")
    for shown in (kept, await people["rep"].get(f"{path}/bank-accounts"), await people["rep"].get(f"{path}/dossier")):
        assert "0172" in shown.text
        assert "0123456" not in shown.text
        assert "Mbuyi" not in shown.text
    reveal = f"{path}/bank-accounts/{kept.json()['id']}/reveal"
    assert (await people["rep"].post(reveal, {"purpose": "curiosity"})).status_code == 403
    assert (await people["finance"].post(reveal, {})).status_code == 422
    seen = await people["finance"].post(reveal, {"purpose": "payout of March 2021"})
    assert (seen.json()["number"], seen.json()["holder"]) == (CLEAR, "J. Mbuyi")
    assert seen.headers["Cache-Control"] == "no-store"
    [(_, detail)] = await audited(accounts, "bank_account.revealed", path.rsplit("/", 1)[1])
    assert detail == {"bank_account_id": kept.json()["id"], "purpose": "payout of March 2021"}


async def test_nothing_at_rest_holds_the_number_or_the_holder_a1(accounts, people, opened):
    path = f"/v1/accounts/{(await opened())['id']}/bank-accounts"
    kept = await people["rep"].post(path, {"bank": "Rawbank", "number": NUMBER, "holder": "Somebody Else"})
    await people["finance"].post(f"{path}/{kept.json()['id']}/reveal", {"purpose": "a payout of theirs"})
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    async with accounts.sessions() as session:
        for table in (await session.scalars(text(tables))).all():
            for secret in (CLEAR, NUMBER, "Somebody Else"):
                held = f"SELECT count(*) FROM {table} AS r WHERE position(:clear in r::text) > 0"
                as_bytes = f"SELECT count(*) FROM {table} AS r WHERE position(encode(:clear, 'hex') in r::text) > 0"
                assert await session.scalar(text(held), {"clear": secret}) == 0, table
                assert await session.scalar(text(as_bytes), {"clear": secret.encode()}) == 0, table


async def test_a_number_that_is_none_is_refused_at_its_field_a1(people, opened):
    path = f"/v1/accounts/{(await opened())['id']}/bank-accounts"
    answer = await people["rep"].post(path, {"bank": "Rawbank", "number": "12"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/number")
    assert "12" not in answer.json()["errors"][0]["detail"].replace("34", "")


async def test_another_branch_finds_no_bank_account_a1(people, opened):
    path = f"/v1/accounts/{(await opened())['id']}/bank-accounts"
    assert (await people["other_rep"].get(path)).status_code == 404
    assert (await people["other_rep"].post(path, {"bank": "Rawbank", "number": NUMBER})).status_code == 404


async def test_an_ended_bank_account_stays_on_file_and_counts_no_more_a1(people, opened):
    path = f"/v1/accounts/{(await opened())['id']}"
    kept = (await people["rep"].post(f"{path}/bank-accounts", {"bank": "Rawbank", "number": NUMBER})).json()
    assert "bank_account" not in await missing(people, path)
    end = f"{path}/bank-accounts/{kept['id']}/end"
    assert not (await people["rep"].post(end, {"reason": "closed by the bank"})).json()["in_use"]
    assert (await people["rep"].post(end, {"reason": "again"})).json()["code"] == "bank_account_ended"
    assert {"bank", "bank_account"} <= await missing(people, path)


async def missing(people, path) -> set[str]:
    return {row["field"] for row in (await people["rep"].get(f"{path}/dossier")).json()["missing"]}


async def test_after_a_rotation_only_the_new_key_is_needed_a1(accounts, people, opened):
    path = f"/v1/accounts/{(await opened())['id']}/bank-accounts"
    kept = (await people["rep"].post(path, {"bank": "Rawbank", "number": NUMBER})).json()
    before = {"bank_key_id_before": accounts.settings.bank_key_id, "bank_key_before": accounts.settings.bank_key}
    new = {"bank_key_id": "2027", "bank_key": NEW["new"]}
    rotated = AccountsSettings(database_url=accounts.settings.database_url, **new, **before)
    assert await seal_everything_anew(rotated) >= 1
    assert await seal_everything_anew(rotated) == 0
    async with accounts.sessions() as session:
        query = text("SELECT key_id, sealed FROM bank_account WHERE id = :id")
        row = (await session.execute(query, {"id": kept["id"]})).one()
    assert row.key_id == "2027"
    found = Keyring("2027", {"2027": NEW["new"]}).open(Sealed(row.key_id, row.sealed), row_id=kept["id"])
    assert found == BankDetails(CLEAR, "Ngaliema SARL")
    back = {"bank_key_id_before": "2027", "bank_key_before": NEW["new"]}
    await seal_everything_anew(AccountsSettings(database_url=accounts.settings.database_url, **back))


def test_the_command_seals_under_the_key_of_its_environment_a1(accounts, monkeypatch):
    url = accounts.settings.database_url
    given = {"ACCOUNTS_DATABASE_URL": url, "BANK_KEY_ID_BEFORE": "nothing-of-it", "BANK_KEY_BEFORE": "x" * 16}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(command, ["bank-keys", "rotate", "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"key_id": "development", "sealed": 0}), done.output


async def test_a_rotation_without_the_key_before_changes_nothing_and_says_so_a1(accounts, people, opened):
    path = f"/v1/accounts/{(await opened())['id']}/bank-accounts"
    await people["rep"].post(path, {"bank": "Rawbank", "number": NUMBER})
    with pytest.raises(KeyMissing, match="development"):
        await seal_everything_anew(
            AccountsSettings(database_url=accounts.settings.database_url, bank_key_id="2028", bank_key=NEW["new"])
        )
