"""A year of real orders on the running stack, held against a stranger's count of the same file."""

from collections import defaultdict
from typing import Any

import pytest

from tests.e2e.played import Played
from tests.independent_year import Year, sample_year

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]

REASONS = {
    "bad_date",
    "no_customer",
    "non_product",
    "quantity_zero",
    "price_not_positive",
    "sign_mismatch",
    "unmatched_return",
}
SOURCE = "online-retail-ii"


@pytest.fixture(scope="module")
def stranger() -> Year:
    """The same file, counted by a script that imports nothing of ours."""
    return sample_year()


def fen(money: dict[str, str]) -> int:
    """Whole minor units of an amount with two digits."""
    return int(money["amount"].replace(".", ""))


def customer(played: Played, beneficiary: str) -> int:
    return int(played.numbers[beneficiary.removeprefix("account:")])


def statement_lines(played: Played) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every line of the year's subsidy on an issued statement, with its statement."""
    return [
        (statement, line)
        for statement in played.statements
        for line in statement["lines"]
        if line["policy"].startswith("demo-volume-subsidy@")
    ]


def test_every_customer_of_the_file_is_an_account_first(played: Played) -> None:
    assert played.year.customers == len([number for number in played.numbers.values() if number.isdigit()]) > 0


def test_each_row_is_taken_or_rejected_for_a_reason(played: Played) -> None:
    assert set(played.year.rejected) <= REASONS
    assert played.year.accepted + sum(played.year.rejected.values()) == played.year.rows


def test_the_stranger_rejects_the_same_rows_for_the_same_reasons(played: Played, stranger: Year) -> None:
    assert {reason: count for reason, count in stranger.rejected.items() if count} == played.year.rejected


def test_p4_each_customers_month_on_statements_is_what_the_stranger_counts(played: Played, stranger: Year) -> None:
    """Statements and their later adjustments together, each line by the month it was earned in."""
    shown: dict[tuple[int, str], int] = defaultdict(int)
    for statement, line in statement_lines(played):
        shown[customer(played, statement["beneficiary"]), line["window"]] += fen(line["amount"])
    counted = {key: amount for key, amount in stranger.subsidies.items() if amount}
    assert {key: amount for key, amount in shown.items() if amount} == counted
    assert len(counted) > 100


def test_p4_each_invoice_of_an_odd_customer_got_the_discount_that_the_stranger_counts(
    played: Played, stranger: Year
) -> None:
    given = {
        order["source"]["reference"]: sum(fen(line["discount"]) for line in order["lines"])
        for orders in played.year_orders.values()
        for order in orders
        if order["source"]["system"] == SOURCE
    }
    assert given == stranger.discounts
    assert len(given) > 1000


def test_s_b1_nobody_has_subsidy_and_discount(played: Played) -> None:
    subsidised = {customer(played, statement["beneficiary"]) for statement, _ in statement_lines(played)}
    assert all(number % 2 == 0 for number in subsidised)
    assert all(int(number) % 2 == 1 for number in played.year_orders)


def test_r13_thirteen_months_close_one_after_the_other(played: Played) -> None:
    assert [closing["period"] for closing in played.year.closings] == [
        "2009-12",
        *(f"2010-{month:02}" for month in range(1, 13)),
    ]
    assert all(closing["state"] == "closed" and closing["statements"] for closing in played.year.closings)
    positions = [closing["journal_position"] for closing in played.year.closings]
    assert positions == sorted(set(positions))


def test_s_d5_a_later_return_adjusts_a_later_statement_and_names_its_month(played: Played) -> None:
    late = [(statement["period"], line) for statement, line in statement_lines(played) if line["origin_period"]]
    assert late
    assert all(line["window"] == line["origin_period"] < period for period, line in late)


def test_the_ledger_of_the_year_is_proved(played: Played) -> None:
    verdict = played.year.verified
    assert (verdict["ok"], verdict["differences"]) == (True, [])
    assert [total["amount"] for total in verdict["sum_by_currency"]] == ["0.00"]
    assert verdict["postings"] > 1000


def test_the_sum_of_all_statements_is_what_the_ledger_owes_to_the_minor_unit(played: Played) -> None:
    stated: dict[str, int] = defaultdict(int)
    for statement in played.statements:
        stated[statement["beneficiary"]] += sum(fen(total) for total in statement["totals"])
    owed: dict[str, int] = defaultdict(int)
    for balance in played.balances:
        owed[balance["beneficiary"]] += fen(balance["balance"]) if balance["state"] == "payable" else 0
    assert {name: amount for name, amount in owed.items() if amount} == {
        name: amount for name, amount in stated.items() if amount
    }


def test_each_statement_adds_up_to_its_lines(played: Played) -> None:
    for statement in played.statements:
        assert sum(fen(total) for total in statement["totals"]) == sum(
            fen(line["amount"]) for line in statement["lines"]
        )


def test_each_month_says_what_its_statements_add_up_to(played: Played) -> None:
    for closing in played.year.closings:
        issued = [statement for statement in played.statements if statement["period"] == closing["period"]]
        assert len(issued) == closing["statements"]
        assert sum(fen(total) for total in closing["totals"]) == sum(
            fen(total) for statement in issued for total in statement["totals"]
        )


def test_a3_some_accounts_make_four_fifths_of_revenue(played: Played) -> None:
    pareto = played.year.pareto
    assert (pareto["of"], pareto["share"]) == ("revenue", "0.80")
    assert 0 < pareto["accounts"] < pareto["out_of"]


def test_a2_a_preview_grades_every_customer_and_proposes_nothing(played: Played) -> None:
    assert sum(played.year.grades.values()) == played.year.customers
    assert set(played.year.grades) <= {"A", "B", "C"}
    rated = [one for one in played.requests if one["subject_type"] == "rating"]
    assert len(rated) == 1  # the story's own


def test_a5_each_half_year_is_rated_when_it_ends_and_asks_only_for_classes_that_change(played: Played) -> None:
    """Whatever moment a worker looks at: the same file gives the same classes."""
    assert [(one.period, one.as_of, one.rated, one.changes) for one in played.year.half_years] == [
        ("2009-H2", "2009-12-31", played.year.customers, {"B": 2}),
        ("2010-H1", "2010-06-30", played.year.customers, {"A": 4, "B": 12}),
        ("2010-H2", "2010-12-31", played.year.customers, {"A": 1, "B": 10}),
    ]


def test_s_e1_the_same_file_again_changes_nothing(played: Played) -> None:
    again = played.sent_again
    assert (again["accepted"], again["orders"], again["returns"]) == (0, 0, 0)
    assert (again["rows"], again["unchanged"]) == (played.year.rows, played.year.accepted)
    assert again["rejected"] == played.year.rejected
    before, after = played.heads
    assert before == after
