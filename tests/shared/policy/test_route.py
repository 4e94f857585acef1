"""Routes: the steps of a request, in order, with the reason each of them is on it or not."""

from datetime import UTC, date, datetime

import pytest

from shared.policy.evaluation import Answer
from shared.policy.route import Duty, FrozenGroup, FrozenStep, Office
from tests.shared.policy.asking import case, on, plan, usd, written

DUTIES = {row["duty"]: Duty(**{k: v for k, v in row.items() if k != "title"}) for row in plan("duties").rows}
KINSHASA = Office(DUTIES)
MATADI = Office(DUTIES, branch="matadi")


def roles(decision):
    return tuple(step.role for step in decision.outcome.leaves())


@pytest.mark.parametrize(
    ("amount", "steps"),
    [
        pytest.param("2000.00", 4, id="S-A1 a contract of exactly 2,000.00 skips the general manager"),
        pytest.param("2000.01", 5, id="S-A1 a contract of 2,000.01 needs the general manager"),
        pytest.param("81230.77", 5, id="the story's contract has five steps"),
    ],
)
def test_the_length_of_the_contract_chain(amount, steps):
    """C2"""
    route = plan("contract-route").decide(case({"contract.routing_amount": usd(amount)}), KINSHASA)
    chain = ("key_account_manager", "legal", "marketing_director", "finance_director", "general_manager")
    assert roles(route) == chain[:steps]


def test_a_branch_takes_the_first_step_itself():
    """C3: responsible is the key-account manager in Kinshasa, the branch's manager elsewhere."""
    route = plan("contract-route").decide(case({"contract.routing_amount": usd("1.00")}), MATADI)
    assert route.outcome.steps[0] == FrozenStep(
        "first", "branch_manager", "review", duty="responsible_head", branch="matadi"
    )


def test_every_step_says_why_it_is_on_the_route_or_not():
    """S-G2"""
    long = plan("contract-route").decide(case({"contract.routing_amount": usd("81230.77")}), KINSHASA).trace.inside[4]
    assert (long.applied, long.figures, long.inside[0].evaluated) == (
        True,
        {"role": "general_manager"},
        "81230.77 > 2000.00",
    )
    short = plan("contract-route").decide(case({"contract.routing_amount": usd("2000.00")}), KINSHASA).trace.inside[4]
    assert (short.why_not.reason, short.inside[0].gap.amount) == ("not_on_the_route", usd("0.01"))


def test_the_amount_is_asked_for_thirty_days_back_and_the_day_itself():
    """C12, S-G3"""
    asked = plan("contract-route").decide(
        case({"contract.routing_amount": usd("1.00")}, as_of=on(date(2021, 3, 31))), KINSHASA
    )
    assert asked.trace.inside[4].inside[0].window == "2021-03-01/2021-03-31"


def test_an_unknown_amount_leaves_the_longer_chain_and_cannot_be_submitted():
    route = plan("contract-route").decide(case(), KINSHASA)
    assert route.outcome.answer is Answer.NO_EVIDENCE
    assert roles(route)[-1] == "general_manager"


def test_four_departments_review_side_by_side():
    """A4"""
    (group,) = plan("key-account-list").decide(case(), KINSHASA).outcome.steps
    assert isinstance(group, FrozenGroup)
    assert (group.needed, [step.department for step in group.steps]) == (
        4,
        ["market_development", "production_control", "cost_contracts", "treasury"],
    )


def test_a_quorum_counts_only_the_steps_that_are_on_the_route():
    """S-G6"""
    over = {"fact": "contract.routing_amount", "window": {"last": "P30D"}, "currency": "USD", "more_than": "2000.00"}
    step = {"kind": "review"}
    route = written(
        "route",
        subject="contract",
        initiators=["account_rep"],
        steps=[
            {
                "id": "heads",
                "at_least": 2,
                "of": [
                    {"id": "a", "role": "legal"} | step,
                    {"id": "b", "role": "hr", "when": over} | step,
                    {"id": "c", "role": "finance", "when": over} | step,
                ],
            },
            {"id": "one", "any": [{"id": "d", "role": "legal"} | step, {"id": "e", "role": "hr"} | step]},
            {"id": "none", "when": over, "all": [{"id": "f", "role": "legal"} | step]},
        ],
        bound_to=["lines"],
        sla={"each": "PT16H", "remind": "PT8H", "escalate_to": "line_manager", "calendar": "office-hours"},
    )
    small = route.decide(case({"contract.routing_amount": usd("1.00")})).outcome.steps
    assert [(group.id, group.needed, len(group.steps)) for group in small] == [("heads", 1, 1), ("one", 1, 2)]
    large = route.decide(case({"contract.routing_amount": usd("2000.01")})).outcome.steps
    assert [(group.id, group.needed, len(group.steps)) for group in large] == [
        ("heads", 2, 3),
        ("one", 1, 2),
        ("none", 1, 1),
    ]


def test_copies_and_deeds_keep_their_place():
    """C7"""
    steps = plan("head-count-change").decide(case(), MATADI).outcome.leaves()
    assert {"copy"} <= {step.kind for step in steps}
    assert [step.role for step in steps if step.kind == "copy"] == ["branch_finance_manager"]
    assert steps[0].branch == "matadi"


NO_CHANGE = {
    "amendment.total_value_up": usd("0.00"),
    "amendment.discount_rate_up": 0,
    "amendment.monthly_rent_up_share": 0,
    "contract.routing_amount": usd("1000.00"),
    "amendment.amount_before": usd("1000.00"),
    "amendment.payee_changed": False,
    "amendment.payment_terms_changed": False,
    "amendment.term_changed": False,
}


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        pytest.param({}, Answer.FAILS, id="nothing material only notifies"),
        pytest.param({"amendment.total_value_up": usd("0.01")}, Answer.HOLDS, id="C13 one cent more in value reopens"),
        pytest.param({"amendment.total_value_up": usd("-5.00")}, Answer.FAILS, id="less value notifies"),
        pytest.param({"amendment.payee_changed": True}, Answer.HOLDS, id="another payee reopens"),
        pytest.param({"contract.routing_amount": usd("2000.01")}, Answer.HOLDS, id="C7 passing the threshold reopens"),
    ],
)
def test_a_material_change_needs_the_route_again(change, answer):
    """S-G1"""
    assert plan("contract-route").asked_again(case(NO_CHANGE | change)).result == answer


def test_a_grant_ends_after_its_life_on_the_wall_clock():
    granted = datetime(2021, 3, 8, 9, tzinfo=UTC)
    assert plan("price-exception").lapses(granted) == datetime(2021, 4, 7, 9, tzinfo=UTC)
    assert plan("negotiated-benefit").lapses(granted) is None
