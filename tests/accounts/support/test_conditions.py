"""A11: the pack's seven conditions over what is known of an account: each passes, fails by a figure, or is unknown."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from services.accounts.ratings.facts import Bought, RatedAccount, Span
from services.accounts.support.api import shown_year
from services.accounts.support.domain import Judged, Standing, TargetRow, Verdict, due_reminders, years_of
from services.accounts.support.facts import Shown, SupportedAccount
from services.accounts.support.gathering import Asking
from services.accounts.support.service import evaluated
from services.accounts.support.targets import attained, target_rows
from shared.calendar import Duration
from shared.money import Money
from shared.policy.loader import load_pack
from shared.policy.plan import Numbered, compile_plans
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook

PACK = Path(__file__).parents[3] / "deploy" / "policies"
ZONE = "Africa/Kinshasa"
START, MID_YEAR, YEAR_END = date(2021, 1, 1), date(2021, 6, 30), date(2021, 12, 31)
YES = ("own_unit", "office", "dormitory", "organisation_complete", "incentive_scheme", "single_brand")
PERSON = ("energy", "drive", "learning", "breadth", "courage")
MANAGEMENT = ("cooperation", "company_management", "staff_training", "reputation", "brand_protection")


@cache
def rules() -> Rulebook:
    wanted = (placed.document for placed in load_pack(PACK) if "A11" in placed.document.row)
    return Rulebook(compile_plans([Numbered(document) for document in wanted], load_registry()))


def seen(fact: str, value: str, on: date = date(2021, 3, 1), **more: str) -> Shown:
    return Shown(f"{fact}/{more.get('item', '')}/{value}/{on}", f"programme.{fact}", value, on, **more)


def asking(as_of: date = YEAR_END) -> Asking:
    return Asking("support", rules(), as_of, ZONE)


def everything() -> dict[str, Shown]:
    """One thing shown for each fact, all of it enough."""
    shown = {fact: seen(fact, "true") for fact in YES}
    shown |= {fact: seen(fact, "fair") for fact in (*PERSON, *MANAGEMENT)}
    shown |= {"promoters": seen("promoters", "15"), "funds": seen("dedicated_funds", "1000000.00", currency="CNY")}
    shown |= {
        row.item: seen("equipment_missing", str(row.at_least), item=row.item)
        for row in asking().checklist
        if not row.alternative_of
    }
    return shown


def an_account(shown: dict[str, Shown], *, before: int = 2_000_000, this_year: int = 0) -> SupportedAccount:
    sums = {Span(date(2020, 1, 1), START, "CNY"): before, Span(START, date(2022, 1, 1), "CNY"): this_year}
    bought = {span: Bought(net_minor=yuan * 100) for span, yuan in sums.items()}
    return SupportedAccount(START, RatedAccount("a", ZONE, "CNY", bought), tuple(shown.values()), asking().checklist)


def judge(account: SupportedAccount, as_of: date = YEAR_END) -> dict[str, Judged]:
    found = evaluated(asking(as_of), account)
    return {one.id: one for one in found.conditions}


def standing(account: SupportedAccount, as_of: date) -> Standing:
    return evaluated(asking(as_of), account).standing


def test_the_seven_conditions_all_pass_a11():
    found = judge(an_account(everything()))
    assert list(found) == ["sales", "unit", "equipment", "funds", "focus", "person", "management"]
    assert {one.verdict for one in found.values()} == {Verdict.passed}
    assert standing(an_account(everything()), YEAR_END) is Standing.passed


@pytest.mark.parametrize(
    ("condition", "without", "instead", "fact", "short_by"),
    [
        pytest.param("unit", ("promoters",), seen("promoters", "14"), "programme.promoters", "1", id="one promoter"),
        pytest.param("unit", ("office",), seen("office", "false"), "programme.office", None, id="an office"),
        pytest.param(
            "equipment",
            ("office/van",),
            seen("equipment_missing", "0", item="office/van"),
            "programme.equipment_missing",
            "1",
            id="the van",
        ),
        pytest.param(
            "funds",
            ("funds",),
            seen("dedicated_funds", "999999.99", currency="CNY"),
            "programme.dedicated_funds",
            "0.01",
            id="a cent of the funds",
        ),
        pytest.param(
            "person", PERSON, seen("energy", "high"), "support-personal-qualities", None, id="who was half assessed"
        ),
        pytest.param("management", ("reputation",), None, "support-management-ability", None, id="an unknown name"),
    ],
)
def test_a_condition_that_does_not_pass_says_how_much_is_missing_a11(condition, without, instead, fact, short_by):
    shown = {name: one for name, one in everything().items() if name not in without}
    if instead is not None:
        shown["instead"] = instead
    found = judge(an_account(shown))
    assert found[condition].verdict is not Verdict.passed
    assert {one.verdict for name, one in found.items() if name != condition} == {Verdict.passed}
    (missing,) = found[condition].missing
    assert (missing.fact, None if missing.short_by is None else str(missing.short_by)) == (fact, short_by)


def test_prior_year_sales_of_exactly_two_million_pass_and_a_yuan_less_is_short_by_one_a11():
    assert judge(an_account(everything(), before=2_000_000))["sales"].verdict is Verdict.passed
    (missing,) = judge(an_account(everything(), before=1_999_999))["sales"].missing
    assert str(missing.short_by) == "1.00"


def test_qualities_below_the_grade_fail_by_points_a11():
    shown = everything() | {fact: seen(fact, "weak") for fact in PERSON}
    found = judge(an_account(shown))["person"]
    assert found.verdict is Verdict.failed
    assert str(found.missing[0].short_by) == "60"


@pytest.mark.parametrize("fact", ["own_unit", "promoters", "equipment_missing", "dedicated_funds", "energy"])
def test_what_nobody_showed_is_no_evidence_never_a_failure_and_never_a_pass_a11(fact):
    shown = {name: one for name, one in everything().items() if one.fact != f"programme.{fact}"}
    verdicts = [one.verdict for one in judge(an_account(shown)).values() if one.verdict is not Verdict.passed]
    assert verdicts == [Verdict.no_evidence]


@pytest.mark.parametrize(
    ("sales", "share", "verdict", "short"),
    [
        pytest.param(3_500_000, "0.60", Verdict.passed, {}, id="both just reached"),
        pytest.param(3_499_999, "0.60", Verdict.failed, {"purchases": "1.00"}, id="a yuan short"),
        pytest.param(
            3_500_000, "0.5999", Verdict.failed, {"programme.brand_share_of_category": "0.0001"}, id="a hair of share"
        ),
        pytest.param(9_000_000, None, Verdict.no_evidence, {}, id="sales alone, the share unknown"),
        pytest.param(1, "1", Verdict.failed, {"purchases": "3499999.00"}, id="the share alone"),
    ],
)
def test_who_sells_other_brands_needs_both_figures_of_the_exception_a11(sales, share, verdict, short):
    shown = everything() | {"single_brand": seen("single_brand", "false")}
    if share is not None:
        shown["share"] = seen("brand_share_of_category", share)
    found = judge(an_account(shown, this_year=sales))["focus"]
    assert found.verdict is verdict
    given = {one.fact: str(one.short_by) for one in found.missing if one.short_by is not None}
    assert given == short


def test_a_television_stands_in_for_the_shops_computer_but_not_for_the_showrooms_a11():
    shown = {name: one for name, one in everything().items() if name not in ("shop/computer", "showroom/computer")}
    shown["tv"] = seen("equipment_missing", "1", item="shop/television_vcd")
    (missing,) = judge(an_account(shown))["equipment"].missing
    assert missing.short_by == 1
    shown["back"] = seen("equipment_missing", "1", item="showroom/computer")
    assert judge(an_account(shown))["equipment"].verdict is Verdict.passed


def test_the_last_check_counts_a11():
    shown = everything() | {"later": seen("promoters", "12", date(2021, 9, 1))}
    assert judge(an_account(shown), date(2021, 8, 31))["unit"].verdict is Verdict.passed
    (missing,) = judge(an_account(shown))["unit"].missing
    assert missing.short_by == 3


def test_evidence_of_another_year_shows_nothing_of_this_one_a11():
    shown = everything() | {"promoters": seen("promoters", "99", date(2020, 12, 31))}
    assert judge(an_account(shown))["unit"].verdict is Verdict.no_evidence


def test_funds_are_per_year_of_the_programme_a11():
    account = an_account(everything())
    assert judge(account, date(2021, 12, 31))["funds"].verdict is Verdict.passed
    assert judge(account, date(2022, 1, 1))["funds"].verdict is Verdict.no_evidence


def test_each_condition_names_the_last_day_on_which_it_may_still_be_met_a11():
    found = judge(an_account({}, before=0), MID_YEAR)
    assert {name: one.deadline for name, one in found.items()} == {
        "sales": None,
        "unit": YEAR_END,
        "equipment": YEAR_END,
        "funds": YEAR_END,
        "focus": YEAR_END,
        "person": None,
        "management": None,
    }
    assert standing(an_account({}, before=0), MID_YEAR) is Standing.failed


def test_what_is_missing_is_open_until_the_year_is_over_a11():
    shown = {fact: one for fact, one in everything().items() if fact in (*PERSON, *MANAGEMENT)}
    assert standing(an_account(shown), MID_YEAR) is Standing.still_open
    assert standing(an_account(shown), YEAR_END) is Standing.still_open
    assert standing(an_account(shown), date(2022, 1, 1)) is Standing.no_evidence


@pytest.mark.parametrize(
    ("as_of", "targets"),
    [
        pytest.param(date(2021, 1, 1), ["3000000.00"], id="the first year"),
        pytest.param(date(2022, 1, 1), ["3000000.00", "6000000.00"], id="the second"),
        pytest.param(
            date(2024, 12, 31),
            ["3000000.00", "6000000.00", "10000000.00", "10000000.00"],
            id="the third and every later one",
        ),
    ],
)
def test_the_yearly_target_rises_with_the_years_of_membership_a11(as_of, targets):
    found = attained(an_account({}, before=0, this_year=2_999_999), target_rows(rules(), "support"), as_of=as_of)
    assert [str(Money(one.year.target.target_minor, "CNY")) for one in found] == targets
    assert (found[0].share < 1, found[0].short_by_minor) == (True, 100)


def test_a_cent_short_of_the_target_never_reads_as_reached_a11():
    found = attained(an_account({}, before=0, this_year=2_999_999), target_rows(rules(), "support"), as_of=YEAR_END)
    one = shown_year(replace(found[0], purchases_minor=299_999_999))
    assert (one.attainment, one.reached, one.short_by) == ("0.9999", False, "0.01")


def test_no_year_has_begun_before_the_first_day_of_membership_a11():
    rows = [TargetRow(1, 1, "CNY")]
    assert years_of(date(2026, 1, 1), date(1970, 12, 31), rows) == ()
    assert years_of(date(2026, 1, 1), date(2025, 12, 31), rows) == ()
    assert len(years_of(date(2026, 1, 1), date(2026, 1, 1), rows)) == 1


def test_years_of_membership_count_from_its_first_day_clamped_a11():
    rows = [TargetRow(1, 1, "CNY")]
    found = years_of(date(2020, 2, 29), date(2024, 3, 1), rows)
    assert [(one.number, one.span.first) for one in found] == [
        (1, date(2020, 2, 29)),
        (2, date(2021, 2, 28)),
        (3, date(2022, 2, 28)),
        (4, date(2023, 2, 28)),
        (5, date(2024, 2, 29)),
    ]


def test_the_document_asks_for_the_year_before_and_the_first_year_a11():
    assert asking(MID_YEAR).spans_asked(START) == {
        Span(date(2020, 1, 1), START, "CNY"),
        Span(START, date(2022, 1, 1), "CNY"),
    }


LEADS = [Duration.parse(lead) for lead in ("P7D", "P60D", "P30D")]


@pytest.mark.parametrize(
    ("today", "lead"),
    [
        pytest.param(date(2021, 10, 31), None, id="sixty-one days before"),
        pytest.param(date(2021, 11, 1), "P60D", id="sixty days before"),
        pytest.param(date(2021, 12, 5), "P30D", id="between a month and a week"),
        pytest.param(date(2021, 12, 31), "P7D", id="on the last day"),
        pytest.param(date(2022, 1, 1), None, id="when it is over"),
    ],
)
def test_a_member_is_reminded_of_a_deadline_by_the_nearest_lead_a11(today, lead):
    open_one = Judged("unit", {}, Verdict.failed, (), YEAR_END)
    met = Judged("funds", {}, Verdict.passed, (), None)
    found = due_reminders([open_one, met], LEADS, today)
    assert [(due.condition, str(due.before)) for due in found] == ([("unit", lead)] if lead else [])
