"""The facts of a contract that policies ask for, from what approvals knows alone."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.approvals.contracts.amounts import Counted
from services.approvals.contracts.content import PaymentTerms
from services.approvals.contracts.domain import State
from services.approvals.contracts.facts import FACTS, ContractFacts
from shared.calendar import Duration, trailing
from shared.money import Money
from shared.policy.measure import Measure, RollingWindow
from shared.policy.registry import load_registry
from shared.trace import Evidence, NoEvidence, Subject
from tests.approvals.contracts.build import (
    ACCOUNT,
    CONTENT,
    EXCEPTION,
    HANDSETS,
    SUBMITTED,
    approval,
    contract,
    known,
    one_line,
    submission,
)

ABOUT = Subject("contract", "c-1", Subject("account", "a-1"))
LAST_30_DAYS = RollingWindow(last="P30D")


def asked(fact, of=None, *, at=SUBMITTED, about=ABOUT, **measure):
    window = trailing(Duration.parse("P30D"), at.date()) if "window" in measure else None
    return ContractFacts(of or known()).value(Measure(fact=fact, **measure), about, window, at)


def value(fact, of=None, **more):
    found = asked(fact, of, **more)
    return None if isinstance(found, NoEvidence) else found.value


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_computed_here_is_in_the_registry_for_approvals(name):
    assert "approvals" in load_registry().fact(name).services


def routing(of):
    return value("contract.routing_amount", of, per="account", window=LAST_30_DAYS, currency="USD", without=("tax",))


def beside(day):
    return (Counted("c-2", Money(1_000_00, "USD"), day, ()),)


@pytest.mark.parametrize(
    ("day", "total"),
    [
        pytest.param(date(2021, 2, 1), 3_000_00, id="the 30th day before counts"),
        pytest.param(date(2021, 1, 31), 2_000_00, id="the 31st does not"),
        pytest.param(date(2021, 3, 3), 3_000_00, id="the same day counts"),
    ],
)
def test_c12_contracts_of_thirty_days_add_up_both_ends_in(day, total):
    assert routing(known(contract(one_line(2_000_00)), beside=beside(day))) == Money(total, "USD")


def test_c12_is_switched_off_by_asking_per_contract():
    alone = value(
        "contract.routing_amount", known(contract(one_line(5_00)), beside=beside(date(2021, 3, 3))), per="contract"
    )
    assert alone == Money(5_00, "USD")


def test_c1_the_licence_named_on_the_contract_must_be_the_accounts_own():
    assert value("contract.licence_attached") is True
    assert value("contract.licence_attached", known(contract(replace(CONTENT, documents=())))) is False
    assert value("contract.licence_attached", known(account=replace(ACCOUNT, licence=None))) is False


def test_c1_days_left_on_the_licence():
    assert value("contract.licence_days_left", at=datetime(2021, 12, 30, 9, tzinfo=UTC)) == 1
    assert value("contract.licence_days_left", at=datetime(2022, 1, 1, 9, tzinfo=UTC)) == -1
    assert value("contract.licence_days_left", known(account=replace(ACCOUNT, licence=None))) is None


def test_c4_the_first_responsible_person():
    assert value("contract.first_responsible") == "kam"
    assert value("contract.first_responsible", known(contract(replace(CONTENT, first_responsible="")))) is None


def test_s_g10_an_approval_counts_for_this_content_and_until_it_ends():
    signed = contract(state=State.APPROVED, submission=submission("h"), approval=approval("h"))
    assert value("contract.approval_in_force", known(signed)) is True
    assert value("contract.approval_in_force", known(replace(signed, submission=submission("x")))) is False
    over = replace(signed, approval=approval("h", SUBMITTED))
    assert value("contract.approval_in_force", known(over)) is False
    assert value("contract.approval_in_force") is False


LINE = Subject("line", "1", ABOUT)


@pytest.mark.parametrize(
    ("line", "below"),
    [
        pytest.param(HANDSETS, 20_00, id="880 under a floor of 900"),
        pytest.param(replace(HANDSETS, net_minor=540_000_00), 0, id="exactly the floor"),
        pytest.param(replace(HANDSETS, net_minor=600_000_00), 0, id="above"),
        pytest.param(replace(HANDSETS, quantity=3, net_minor=2_699_99), 1, id="a third of a fen below is below"),
    ],
)
def test_p2_how_far_a_line_is_below_its_floor(line, below):
    of = known(contract(replace(CONTENT, lines=(line,))))
    assert value("line.below_floor_by", of, about=LINE, currency="CNY") == Money(below, "CNY")


def test_p2_a_line_whose_floor_nobody_told_has_no_evidence():
    of = known(contract(replace(CONTENT, lines=(replace(HANDSETS, floor_unit_minor=None),))))
    assert value("line.below_floor_by", of, about=LINE) is None


@pytest.mark.parametrize(
    ("line", "down", "outside"),
    [
        pytest.param(HANDSETS, 0, False, id="as approved"),
        pytest.param(replace(HANDSETS, net_minor=527_400_00), 1_00, False, id="one yuan cheaper"),
        pytest.param(replace(HANDSETS, quantity=601, net_minor=601 * 880_00), 0, True, id="one piece more"),
    ],
)
def test_s_b6_an_exception_covers_its_price_and_quantities(line, down, outside):
    of = known(contract(replace(CONTENT, lines=(replace(line, exception=EXCEPTION),))))
    assert value("exception.price_down", of, about=LINE) == Money(down, "CNY")
    assert value("exception.quantity_outside", of, about=LINE) is outside


def test_p7_payment_terms_as_facts():
    terms = PaymentTerms(prepaid_share=Decimal("0.5"), credit_days=30, instalments=3, consignment=True)
    of = known(contract(replace(CONTENT, payment_terms=terms, plan="vpn0")), orders_before=0)
    names = ("plan", "instalments", "credit_days", "consignment", "prepaid_share_agreed", "is_first")
    assert [value(f"sale.{name}", of) for name in names] == ["vpn0", True, 30, True, Decimal("0.5"), True]


def test_the_class_is_that_of_the_day():
    assert value("account.class") == "A"
    assert value("account.class", at=datetime(2020, 12, 31, 9, tzinfo=UTC)) is None


def test_a_fact_approvals_does_not_know_has_no_evidence():
    assert isinstance(asked("purchases"), NoEvidence)
    assert isinstance(asked("account.frozen"), Evidence)
