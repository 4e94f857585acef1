"""Who fills a role, where, on which day; and who may start a route."""

from datetime import date
from types import SimpleNamespace

import pytest

from services.approvals.routing.domain import (
    Holding,
    NobodyDecides,
    Wanted,
    admitted,
    chain_of,
    holders,
    wanted,
)
from shared.policy.route import Duty, FrozenStep, Office

DAY = date(2021, 3, 3)


def office(branch):
    duties = {
        "responsible_head": Duty("responsible_head", "key_account_manager", "branch_manager"),
        "treasury_head": Duty("treasury_head", "department_head", "department_head", "treasury"),
        "policy_owner": Duty("policy_owner", resolved_by="document.owner"),
    }
    return Office(duties, branch)


@pytest.mark.parametrize(
    ("word", "branch", "expected"),
    [
        pytest.param(
            "responsible_head",
            "",
            Wanted("key_account_manager", None, None),
            id="C2: in Kinshasa the key-account manager takes the first step",
        ),
        pytest.param(
            "responsible_head",
            "lubumbashi",
            Wanted("branch_manager", "lubumbashi", None),
            id="C3: elsewhere the manager of that branch",
        ),
        pytest.param("legal", "lubumbashi", Wanted("legal", None, None), id="legal is legal everywhere"),
        pytest.param("account_rep", "goma", Wanted("account_rep", "goma", None), id="a rep belongs to his branch"),
        pytest.param(
            "treasury_head",
            "goma",
            Wanted("department_head", None, "treasury"),
            id="A4: a head of that department",
        ),
        pytest.param("policy_owner", "", Wanted("legal", None, None), id="the role that owns the document"),
    ],
)
def test_a_step_names_a_role_or_a_duty(word, branch, expected):
    role, duty = office(branch).role_for(word)
    turn = FrozenStep("s", role, "review", duty=word, department=duty.department if duty else "")
    scoped = frozenset(("account_rep", "branch_manager"))
    assert wanted(turn, branch=branch or "kinshasa", owner="legal", branch_scoped=scoped) == expected


def test_a_route_on_which_nobody_decides_is_refused_when_it_is_frozen():
    document = SimpleNamespace(
        sla=SimpleNamespace(each="PT1H", remind="PT1H", escalate_to="x", calendar="c"),
        on_reject="end",
        bound_to=(),
        terms=(),
        limits=(),
        lasts=None,
    )
    with pytest.raises(NobodyDecides):
        chain_of(document, policy="p@1", stages=[FrozenStep("a", "hr", "act")])


def held(user, role="branch_manager", branch="goma", department=None, since=DAY, until=None):
    return Holding(user, role, branch, department, since, until)


@pytest.mark.parametrize(
    ("holding", "fills"),
    [
        pytest.param(held("x"), True, id="the manager of the branch"),
        pytest.param(held("x", branch="bukavu"), False, id="the manager of another branch"),
        pytest.param(held("x", role="legal"), False, id="another role"),
        pytest.param(held("x", since=date(2021, 3, 4)), False, id="from tomorrow"),
        pytest.param(held("x", until=DAY), False, id="until is the first day no longer covered"),
        pytest.param(held("x", until=date(2021, 3, 4)), True, id="his last day"),
    ],
)
def test_c3_a_role_is_filled_by_its_holders_of_the_day(holding, fills):
    assert holders(Wanted("branch_manager", "goma", None), [holding], on=DAY) == ({"x"} if fills else set())


def test_a_head_of_another_department_does_not_fill_the_duty():
    sought = Wanted("department_head", None, "treasury")
    heads = [held("t", "department_head", None, "treasury"), held("m", "department_head", None, "market_development")]
    assert holders(sought, heads, on=DAY) == {"t"}


@pytest.mark.parametrize(
    ("initiator", "roles", "may"),
    [
        pytest.param("u", ["account_rep"], True, id="a rep"),
        pytest.param("u", ["legal", "account_rep"], True, id="one of several roles is enough"),
        pytest.param("u", ["legal"], False, id="legal starts no contract"),
        pytest.param("u", [], False, id="somebody without a role"),
        pytest.param("system", [], True, id="the system is always admitted"),
    ],
)
def test_c4_initiators(initiator, roles, may):
    assert admitted(("account_rep",), initiator=initiator, roles=roles) is may
