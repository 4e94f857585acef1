"""Who fills a role, where, on which day; and who may start a route."""

from datetime import date

import pytest

from services.approvals.routing.domain import Duty, Holding, Roster, Wanted, admitted, holders

ROSTER = Roster(
    duties={
        "responsible_head": Duty("key_account_manager", "branch_manager", None),
        "treasury_head": Duty("department_head", "department_head", "treasury"),
    },
    branch_scoped=frozenset(("account_rep", "branch_manager")),
    head_office="kinshasa",
    policy_owner_duty="policy_owner",
)
DAY = date(2021, 3, 3)


@pytest.mark.parametrize(
    ("word", "branch", "wanted"),
    [
        pytest.param(
            "responsible_head",
            "kinshasa",
            Wanted("key_account_manager", None, None),
            id="C2: in Kinshasa the key-account manager takes the first step",
        ),
        pytest.param(
            "responsible_head",
            "lubumbashi",
            Wanted("branch_manager", "lubumbashi", None),
            id="C3: elsewhere the manager of that branch",
        ),
        pytest.param(
            "responsible_head", None, Wanted("key_account_manager", None, None), id="without a branch, head office"
        ),
        pytest.param("legal", "lubumbashi", Wanted("legal", None, None), id="legal is legal everywhere"),
        pytest.param("account_rep", "goma", Wanted("account_rep", "goma", None), id="a rep belongs to his branch"),
        pytest.param(
            "treasury_head",
            "goma",
            Wanted("department_head", None, "treasury"),
            id="A4: a head of that department only",
        ),
    ],
)
def test_a_step_names_a_role_or_a_duty(word, branch, wanted):
    assert ROSTER.wanted(word, branch=branch, owner=None) == wanted


def test_the_owner_of_a_policy_is_the_role_its_document_names():
    assert ROSTER.wanted("policy_owner", branch=None, owner="legal") == Wanted("legal", None, None)


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
    wanted = Wanted("department_head", None, "treasury")
    heads = [held("t", "department_head", None, "treasury"), held("m", "department_head", None, "market_development")]
    assert holders(wanted, heads, on=DAY) == {"t"}


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
