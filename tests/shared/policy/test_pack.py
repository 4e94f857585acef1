"""The pack a new house starts with: clean, complete for the first road, and nothing else in force."""

from datetime import date
from pathlib import Path

import pytest

from shared.policy.forms import Benefit, TableDocument
from shared.policy.lint import lint_pack
from shared.policy.lint.__main__ import main
from shared.policy.loader import load_pack
from shared.policy.registry import load_registry
from tests.shared.policy.drafts import FOLDER

# Rates that no source names and no scope holds back: they price what is sold from 2026 on and leave history alone.
OF_THE_HOUSE = {"frequency-discount", "tenure-discount", "gift-line"}
PACK = Path(__file__).parents[3] / "deploy" / "policies"


def test_the_pack_is_clean() -> None:
    assert lint_pack(load_pack(PACK), load_registry()) == []


def test_the_command_line_says_how_many_documents_and_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(PACK) == 0
    assert capsys.readouterr().out == f"{len(load_pack(PACK))} documents, 0 findings\n"


def test_the_command_line_fails_on_an_error_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "accounts").mkdir()
    text = (FOLDER / "pareto.yaml").read_text(encoding="utf-8").replace('"0.80"', "0.80")
    (tmp_path / "accounts" / "pareto.yaml").write_text(text, encoding="utf-8")
    assert main(tmp_path) == 1
    assert "pareto: float_number:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "policies"),
    [
        pytest.param("A1", {"dossier-checklist"}, id="A1"),
        pytest.param("A2", {"account-class", "class-change"}, id="A2"),
        pytest.param(
            "A4", {"key-account-eligibility", "key-account-list", "nominating-departments", "pareto"}, id="A4"
        ),
        pytest.param(
            "P3",
            {"vpn-plans", "vpn-group", "vpn0-rent", "vpn6-rent", "vpn9-rent", "head-count-letter", "head-count-change"},
            id="P3",
        ),
        pytest.param("A3", {"value-segment", "need-tags"}, id="A3"),
        pytest.param("A5", {"class-change", "class-override"}, id="A5"),
        pytest.param(
            "A11",
            {
                "support-programme",
                "support-targets",
                "support-equipment",
                "support-personal-qualities",
                "support-management-ability",
                "support-reminders",
            },
            id="A11",
        ),
        pytest.param("A6", {"membership-tier", "tier-terms"}, id="A6"),
        pytest.param("A7", {"development-case", "development-gate", "development-screening"}, id="A7"),
        pytest.param("A8", {"visit", "reception", "extra-expense", "visit-reimbursement"}, id="A8"),
        pytest.param("A9", {"return-visit", "return-visit-due", "return-visit-terms"}, id="A9"),
        pytest.param(
            "A10",
            {"service-standards", "satisfaction-survey", "monthly-contact", "survey-questions", "survey-terms"},
            id="A10",
        ),
        pytest.param("A14", {"birthday-reminder", "priority-service"}, id="A14"),
        pytest.param("A12", {"election-p4"}, id="A12"),
        pytest.param("A13", {"growth-plan-due"}, id="A13"),
        pytest.param("P1", {"price-entry", "price-lists"}, id="P1"),
        pytest.param("P2", {"floor-price", "price-exception"}, id="P2"),
        pytest.param("P4", {"volume-discount", "volume-subsidy", "negotiated-benefit"}, id="P4"),
        pytest.param("P5", {"member-discount"}, id="P5"),
        pytest.param(
            "P6",
            {
                "frequency-discount",
                "tenure-discount",
                "contract-price",
                "public-promotion",
                "promotion-list",
                "bundle-discount",
                "bundles",
                "coupon-discount",
                "coupons",
                "budgets",
                "gift-line",
            },
            id="P6",
        ),
        pytest.param("P7", {"payment-terms", "first-order-prepayment"}, id="P7"),
        pytest.param("P8", {"order-admission", "quote-terms"}, id="P8"),
        pytest.param("C1", {"contract-needed", "contract-papers"}, id="C1"),
        pytest.param("C2", {"contract-route", "rates", "routing-terms"}, id="C2"),
        pytest.param("C5", {"price-exception"}, id="C5"),
        pytest.param("C7", {"head-count-change", "head-count-letter"}, id="C7"),
        pytest.param("C6", {"negotiated-benefit"}, id="C6"),
        pytest.param("C8", {"new-product-confirmation"}, id="C8"),
        pytest.param("C10", {"office-hours", "public-holidays", "policy-publication", "delegation-limits"}, id="C10"),
        pytest.param("C12", {"contract-route", "routing-terms"}, id="C12"),
        pytest.param("C13", {"contract-signing", "contract-amendment", "contract-renewal"}, id="C13"),
        pytest.param("R1", {"volume-subsidy", "settlement-calendar"}, id="R1"),
        pytest.param("R2", {"new-product-bonus"}, id="R2"),
        pytest.param("R13", {"settlement-calendar"}, id="R13"),
        pytest.param("R14", {"set-off", "receivable-write-off"}, id="R14"),
    ],
)
def test_each_row_of_the_road_has_its_documents(row: str, policies: set[str]) -> None:
    assert policies <= {one.document.id for one in load_pack(PACK) if row in one.document.row}


def test_no_other_benefit_is_in_force() -> None:
    benefits = {one.document.id for one in load_pack(PACK) if isinstance(one.document, Benefit)}
    assert benefits == {
        "volume-subsidy",
        "volume-subsidy-2026",
        "volume-discount",
        "volume-discount-2026",
        "new-product-bonus",
        "member-discount",
        "contract-price",
        "public-promotion",
        "bundle-discount",
        "coupon-discount",
        "vpn0-rent",
        "vpn6-rent",
        "vpn9-rent",
        *OF_THE_HOUSE,
    }


def test_p4_carries_the_sources_year_and_goes_on_as_a_sample_from_2026() -> None:
    """P4, policies §6 Time."""
    documents = {one.document.id: one.document for one in load_pack(PACK)}
    for name in ("volume-subsidy", "volume-discount"):
        first, renewed = documents[name], documents[f"{name}-2026"]
        assert isinstance(first, Benefit)
        assert isinstance(renewed, Benefit)
        assert (first.valid.from_, first.valid.until) == (date(2021, 1, 1), date(2022, 1, 1))
        assert (renewed.valid.from_, renewed.valid.until, renewed.sample) == (date(2026, 1, 1), None, True)
        assert (first.table, first.outcome, first.measure) == (renewed.table, renewed.outcome, renewed.measure)


def test_everything_else_is_valid_from_the_year_2000() -> None:
    early = {
        one.document.valid.from_
        for one in load_pack(PACK)
        if ("P4" not in one.document.row or one.document.form != "benefit")
        and one.document.id not in {*OF_THE_HOUSE, "public-promotion"}
    }
    assert early == {date(2000, 1, 1)}


def test_the_promotion_of_the_pack_is_of_march_2021() -> None:
    """P6: a promotion is a window."""
    [window] = [one.document.valid for one in load_pack(PACK) if one.document.id == "public-promotion"]
    assert (window.from_, window.until) == (date(2021, 3, 1), date(2021, 4, 1))


def test_rates_of_the_house_begin_in_2026_and_are_marked_as_samples() -> None:
    """P6: an invoice of 2009 that is imported by policy keeps the price its own rules give."""
    documents = {one.document.id: one.document for one in load_pack(PACK)}
    assert {documents[name].valid.from_ for name in OF_THE_HOUSE} == {date(2026, 1, 1)}
    assert all(documents[name].sample for name in OF_THE_HOUSE)


def test_march_2021_closes_after_five_days_of_grace() -> None:
    """R13: the figure is data."""
    calendar = next(one.document for one in load_pack(PACK) if one.document.id == "settlement-calendar")
    assert isinstance(calendar, TableDocument)
    assert [row["grace"] for row in calendar.rows if row["period"] == "month"] == ["P5D"]
