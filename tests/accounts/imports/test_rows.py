"""A1: each row of an import is right as a whole, or refused with its place, field and reason."""

from datetime import date

import orjson
import pytest

from services.accounts.imports.api import ndjson_rows
from services.accounts.imports.rows import Readable, Rejected, from_csv, read_rows

GOOD = {
    "number": "12345",
    "legal_name": "Ada Ltd",
    "branch": "kinshasa",
    "channel": "dealer",
    "sales_class": "wholesale",
}
CHOSEN = {"choice": "subsidy", "valid_from": "2026-07-01", "valid_until": "2027-01-01", "elected_by": "Ms Chen Li"}


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        pytest.param({**GOOD, "channel": "shop"}, "/channel", id="a channel nobody knows"),
        pytest.param({**GOOD, "lists": ["2009-H3"]}, "/lists/0", id="a list of no half year"),
        pytest.param({**GOOD, "election": {"choice": "both"}}, "/election/choice", id="both is no election"),
        pytest.param({**GOOD, "lists": ["0000-H1"]}, "/lists/0", id="a list of the year nought"),
        pytest.param({**GOOD, "lists": ["2026-H1", "9999-H2"]}, "/lists/1", id="a list of no times of ours"),
        pytest.param(
            {**GOOD, "election": {**CHOSEN, "valid_until": "2026-06-01"}}, "/election/valid_until", id="A12 backwards"
        ),
        pytest.param(
            {**GOOD, "election": CHOSEN | {"elected_by": "x" * 501}}, "/election/elected_by", id="A12 a name too long"
        ),
        pytest.param(
            {**GOOD, "election": CHOSEN | {"elected_by": "  "}}, "/election/elected_by", id="A12 a name of blanks"
        ),
        pytest.param(
            {**GOOD, "election": CHOSEN | {"elected_by": None}}, "/election/elected_by", id="A12 nobody elects"
        ),
        pytest.param(
            {**GOOD, "class_held": {"grade": "B", "valid_from": "2150-01-01"}},
            "/class_held/valid_from",
            id="A5 a class to come",
        ),
        pytest.param(
            {**GOOD, "class_held": {"grade": "B"}}, "/class_held/valid_from", id="A5 a class since nobody knows"
        ),
        pytest.param({**GOOD, "phone": "1\x002"}, "/phone", id="a zero byte"),
        pytest.param({**GOOD, "founded_on": "2150-01-01"}, "/founded_on", id="A1 a founding to come"),
        pytest.param({k: v for k, v in GOOD.items() if k != "legal_name"}, "/legal_name", id="a name is missing"),
        pytest.param({**GOOD, "colour": "red"}, "/colour", id="a field nobody knows"),
    ],
)
def test_a_wrong_row_is_refused_and_names_its_field(row, pointer):
    first, second = read_rows([row, {**GOOD, "number": "2"}], today=date(2026, 11, 22))
    assert isinstance(first, Rejected)
    assert (first.row, first.pointer) == (1, pointer)
    assert isinstance(second, Readable)


def test_a_number_that_comes_twice_is_refused_the_second_time():
    first, second = read_rows([GOOD, GOOD])
    assert isinstance(first, Readable)
    assert (second.row, second.code) == (2, "number_twice")


def test_a_csv_row_says_the_same_as_its_ndjson_row():
    row = from_csv(
        {**GOOD, "industry": "", "lists": "2009-H2 2010-H1", "election_choice": "subsidy", "election_valid_from": ""}
    )
    assert row == {**GOOD, "lists": ["2009-H2", "2010-H1"], "election": {"choice": "subsidy"}}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"number": ', id="half of an object"),
        pytest.param(b"[1]", id="a list"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_a_line_that_is_no_json_object_is_that_rows_error_alone_a1(line):
    body = b"\n".join([orjson.dumps(GOOD), b"", line, orjson.dumps({**GOOD, "number": "other"})])
    first, wrong, last = read_rows(ndjson_rows(body))
    assert isinstance(first, Readable)
    assert isinstance(last, Readable)
    [fault] = wrong.to_plain()["faults"]
    assert (wrong.row, fault["pointer"], fault["code"]) == (2, "", "unreadable_row")
    assert fault["detail"]["en"].startswith("Line 3 is no JSON")
    assert fault["detail"]["zh"].startswith("第3行不是")
