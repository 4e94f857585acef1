"""A1, A12: one bad row is that row's error, at its cell, and the others are taken."""

from typing import Any
from uuid import uuid4

import pytest

from tests.accounts.work.conftest import House

HEAD = "number,legal_name,branch,channel,sales_class"
CHOICE = "lists,election_choice,election_valid_from,election_valid_until,election_elected_by"
GOOD = "S-{n},Kasai Radio,kinshasa,dealer,wholesale"


async def sent(house: House, columns: str, cells: str) -> Any:
    """A sheet of one row with those cells more, and of one without."""
    bad, good = GOOD.format(n=uuid4().hex[:8]), GOOD.format(n=uuid4().hex[:8])
    blank = "," * len(columns.split(","))
    body = f"{HEAD},{columns}\n{bad},{cells}\n{good}{blank}\n".encode()
    headers = {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
    answer = await house["kam"].call("POST", "/v1/account-imports", content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("columns", "cells", "cell"),
    [
        pytest.param(CHOICE, "2027-H1,subsidy,2027-07-01,2027-01-01,Ms Chen", "I2", id="A12 ends before it begins"),
        pytest.param(CHOICE, f"2027-H1,subsidy,2027-01-01,2027-07-01,{'x' * 501}", "J2", id="A12 501 letters"),
        pytest.param(CHOICE, "2027-H1,subsidy,2027-01-01,2027-07-01,", "J2", id="A12 nobody elects"),
        pytest.param(CHOICE, "2020-H1,subsidy,2020-01-01,2020-07-01,Ms Chen", "G2", id="A12 the service refuses"),
        pytest.param("lists", "0000-H1", "F2", id="A1 a list of the year nought"),
        pytest.param("lists", "9999-H2", "F2", id="A1 a list of no times of ours"),
        pytest.param("phone", "1\0002", "F2", id="A1 a zero byte"),
        pytest.param("class_held,class_held_since", "B,2009-07-01", "F2", id="A5 classes are not hers to bring in"),
        pytest.param("developer", "ghost", "F2", id="R3 a developer nobody knows"),
        pytest.param("licence_number,licence_issued_on", "CD/1,2150-01-01", "G2", id="C1 a licence to be issued"),
    ],
)
async def test_a_row_that_is_refused_inside_the_service_leaves_the_others_taken_a1(house, columns, cells, cell):
    answer = await sent(house, columns, cells)
    assert (answer["rows"], answer["accepted"], answer["refused"]) == (2, 1, 1)
    [refused] = answer["rejected"]
    assert (refused["row"], refused["cell"]) == (1, cell)


async def test_of_many_refused_rows_the_first_thousand_are_shown_and_all_are_counted_a1(house):
    body = (f"{HEAD}\n" + "x\n" * 1_200).encode()
    headers = {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
    answer = (await house["kam"].call("POST", "/v1/account-imports", content=body, headers=headers)).json()
    assert (answer["rows"], answer["refused"], len(answer["rejected"])) == (1_200, 1_200, 1_000)


@pytest.mark.parametrize(
    ("kind", "line"),
    [pytest.param("text/csv", b"x\n", id="CSV"), pytest.param("application/x-ndjson", b"{}\n", id="NDJSON")],
)
async def test_a_file_of_a_million_lines_is_refused_whole_a1(house, kind, line):
    headers = {"Content-Type": kind, "Idempotency-Key": str(uuid4())}
    body = (HEAD.encode() + b"\n" if kind == "text/csv" else b"") + line * 1_000_000
    answer = await house["kam"].call("POST", "/v1/account-imports", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "sheet_too_large")
