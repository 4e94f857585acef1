"""A1: dossiers brought in by spreadsheet: an answer per row and cell, nothing half-applied, duplicates proposed."""

import io
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import Workbook
from sqlalchemy import text

from services.accounts.imports.columns import COLUMNS
from shared.sheets.reading import XLSX
from tests.accounts.conftest import Accounts

WHOLE = {
    "filed_on": "2020-12-01",
    "nature": "有限公司",
    "address": "12 avenue du Commerce",
    "postcode": "00243",
    "fax": "+243 81 000 0001",
    "email": "purchasing@example.org",
    "founded_on": "2012年5月14日",
    "registered_capital": "500000.00",
    "registered_capital_currency": "USD",
    "shareholders": "J. Mbuyi 60 %",
    "head_count_local": "38",
    "head_count_foreign": "0",
    "branch": "金沙萨",
    "channel": "经销商",
    "sales_class": "批发",
    "industry": "手机零售",
    "size": "中型",
    "bank": "Rawbank",
    "bank_account": "05100-05101-01234567801-72",
    "licence_expires_on": "2199-06-01",
    **{
        f"{role}{field}": value
        for role in ("legal_representative", "principal", "main_contact")
        for field, value in {
            "": "陈丽",
            "_title": "经理",
            "_education": "大学",
            "_birth_date": "1980-2-29",
            "_interests": "足球",
            "_family_notes": "两个孩子",
        }.items()
    },
}


def a_row(**fields: str) -> dict[str, str]:
    unique = uuid4().hex
    own = {"number": f"S-{unique[:8]}", "legal_name": f"客户{unique}", "licence_number": unique}
    return WHOLE | own | {"phone": f"+243 {uuid4().int % 10**9:09}"} | fields


def a_csv(*rows: dict[str, str], language: str = "zh", encoding: str = "gb18030") -> bytes:
    columns = [column for column in COLUMNS if any(column.name in row for row in rows)]
    lines = [[getattr(column, language) for column in columns]]
    lines += [[row.get(column.name, "") for column in columns] for row in rows]
    return "\r\n".join(",".join(line if "," not in line else f'"{line}"' for line in cells) for cells in lines).encode(
        encoding
    )


def a_workbook(*rows: dict[str, str]) -> bytes:
    book = Workbook()
    columns = [column for column in COLUMNS if any(column.name in row for row in rows)]
    book.active.append([column.en for column in columns])
    for row in rows:
        book.active.append([row.get(column.name) for column in columns])
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


async def send(people, body: bytes, kind: str = "text/csv", **headers: str) -> Any:
    return await people["kam"].call(
        "POST", "/v1/account-imports", content=body, headers={"Content-Type": kind, **headers}
    )


async def account_of(people, number: str) -> dict[str, Any] | None:
    found = (await people["auditor"].get("/v1/accounts", params={"number": number})).json()["items"]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        pytest.param(a_csv, "text/csv", id="a GB18030 CSV under Chinese headings"),
        pytest.param(a_workbook, XLSX, id="a workbook under English headings"),
    ],
)
async def test_a_whole_dossier_of_a_sheet_is_complete_at_once_a1(accounts, people, made, kind):
    row = a_row()
    answer = await send(people, made(row), kind)
    assert (answer.status_code, answer.json()["rejected"]) == (201, [])
    account = await account_of(people, row["number"])
    assert account is not None
    assert (account["branch"], account["founded_on"]) == ("kinshasa", "2012-05-14")
    dossier = (await people["rep"].get(f"/v1/accounts/{account['id']}/dossier")).json()
    assert (dossier["completeness"], dossier["missing"]) == ("1.0000", [])
    assert dossier["bank_accounts"][0]["number"] == "••• 0172"
    assert {person["family_notes"] for person in dossier["people"]} == {"•••"}
    async with accounts.sessions() as session:
        query = "SELECT convert_from(payload, 'UTF8') FROM outbox WHERE aggregateid = :id"
        told = (await session.scalars(text(query), {"id": account["id"]})).one()
        query = "SELECT count(*) FROM audit_entry WHERE action = 'bank_account.recorded' AND subject = :subject"
        assert await session.scalar(text(query), {"subject": f"account/{account['id']}"}) == 1
    assert row["licence_number"] in told
    assert "01234567801" not in told


async def test_a_wrong_row_says_its_cells_in_both_languages_and_leaves_nothing_a1(people):
    good, wrong = a_row(), a_row(founded_on="2012-02-30", bank_account="12", licence_expires_on="2020-01-01")
    answer = await send(people, a_csv(good, wrong))
    assert (answer.json()["rows"], answer.json()["accepted"]) == (2, 1)
    [rejected] = answer.json()["rejected"]
    assert (rejected["row"], rejected["column"], rejected["pointer"]) == (2, "成立日期", "/founded_on")
    assert rejected["cell"].endswith("3")
    assert "日期" in rejected["detail"]["zh"]
    assert await account_of(people, wrong["number"]) is None
    again = (await people["kam"].get(f"/v1/account-imports/{answer.json()['import_id']}")).json()
    assert again["rejected"][0]["detail"]["en"].startswith("Input should be a valid date")
    assert again["rejected"][0]["detail"] == rejected["detail"]


async def test_all_faults_that_need_more_than_the_cell_are_named_too_a1(people):
    wrong = a_row(bank_account="12", licence_expires_on="2020-01-01")
    [rejected] = (await send(people, a_csv(wrong))).json()["rejected"]
    assert [(one["column"], one["code"]) for one in rejected["errors"]] == [
        ("营业执照到期日期", "document_expired"),
        ("银行账号", "not_a_bank_account"),
    ]
    assert await account_of(people, wrong["number"]) is None


async def test_a_row_whose_election_is_refused_opens_no_account_and_names_it_on_no_list_a1(accounts, people):
    """Half of a row is worse than none of it."""
    days = {"election_valid_from": "2000-01-02", "election_valid_until": "2000-02-01"}
    election = {"election_choice": "subsidy", **days, "election_elected_by": "Ms Chen Li"}
    wrong, good = a_row(lists="2031-H1", **election), a_row(lists="2031-H1")
    answer = (await send(people, a_csv(wrong, good))).json()
    assert (answer["rows"], answer["accepted"]) == (2, 1)
    assert answer["rejected"][0]["pointer"] == "/election"
    assert answer["rejected"][0]["column"] == "选择"
    assert await account_of(people, wrong["number"]) is None
    assert await account_of(people, good["number"]) is not None


async def test_the_same_sheet_again_changes_nothing_a1(people):
    body = a_csv(a_row())
    first, again = (await send(people, body)).json(), (await send(people, body)).json()
    assert (first["accepted"], first["unchanged"], again["accepted"], again["unchanged"]) == (1, 0, 1, 1)


async def test_an_unknown_branch_is_refused_at_its_cell_a1(people):
    [rejected] = (await send(people, a_csv(a_row(branch="火星")))).json()["rejected"]
    assert (rejected["column"], rejected["code"]) == ("所属分公司", "unknown_branch")


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        pytest.param(b"Colour\r\nred", "text/csv", 422, "wrong_header", id="no heading is known"),
        pytest.param(b"not a zip", XLSX, 400, "unreadable_file", id="no workbook"),
        pytest.param(b"x", "application/pdf", 415, "unsupported_media_type", id="a format nobody reads"),
        pytest.param(b"\xff\xfe\x00", "text/csv", 400, "unreadable_file", id="half a letter"),
    ],
)
async def test_a_file_that_is_no_sheet_changes_nothing_a1(people, body, kind, status, code):
    answer = await send(people, body, kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_an_import_brings_twice_is_proposed_and_never_merged_a1(people):
    one = a_row()
    other = a_row(licence_number=one["licence_number"], phone=one["phone"])
    assert (await send(people, a_csv(one, other))).json()["accepted"] == 2
    first, second = [await account_of(people, row["number"]) for row in (one, other)]
    found = await people["kam"].get("/v1/duplicate-suspicions", params={"account_id": second["id"]})
    [pair] = found.json()["items"]
    assert (set(pair["account_ids"]), pair["reasons"]) == ({first["id"], second["id"]}, ["licence", "phone"])
    assert second["merged_into"] is None


async def test_a_list_sent_for_a_merged_number_is_the_heirs_s_i2(accounts: Accounts, people):
    old, heir = a_row(), a_row()
    await send(people, a_csv(old, heir))
    ids = [(await account_of(people, row["number"]))["id"] for row in (old, heir)]
    body = {"absorbed_account_id": ids[0], "into_account_id": ids[1], "reason": "the same"}
    assert (await people["kam"].post("/v1/merges", body)).status_code == 201
    await send(people, a_csv(old | {"lists": "2035-H1"}))
    async with accounts.sessions() as session:
        query = "SELECT account_id FROM key_account WHERE half_year = '2035-H1'"
        assert (await session.scalars(text(query))).all() == [ids[1]]
