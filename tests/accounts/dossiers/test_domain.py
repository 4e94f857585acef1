"""A1: what a dossier holds, and what is missing of it."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.dossiers.domain import (
    ChecklistRow,
    DaysWithoutRep,
    Paper,
    SharesDoNotAddUp,
    SpansOverlap,
    TeamDuty,
    TeamMember,
    check_team,
    completeness,
    filled_fields,
)

TODAY = date(2020, 12, 1)


def a_rep(user_id: str, share: str, first: date, until: date | None = None) -> TeamMember:
    return TeamMember(user_id, TeamDuty.account_rep, Decimal(share), first, until)


def a_row(field: str, **asked: frozenset[str]) -> ChecklistRow:
    return ChecklistRow(field, "company", {"en": field, "zh": field}, **asked)


def test_completeness_is_filled_over_required_and_keeps_the_checklists_order():
    checklist = [a_row("phone"), a_row("fax"), a_row("number")]
    found = completeness({"number": True, "phone": False}, checklist)
    assert found.share == Decimal(1) / 3
    assert [row.field for row in found.missing] == ["phone", "fax"]


def test_a_checklist_that_asks_for_nothing_is_complete():
    assert completeness({}, []).share == 1


@pytest.mark.parametrize(
    ("expires_on", "held"),
    [
        pytest.param(date(2020, 12, 1), True, id="a licence is good on its last day"),
        pytest.param(date(2020, 11, 30), False, id="an expired licence is missing"),
        pytest.param(None, True, id="one without an end never expires"),
    ],
)
def test_a_document_counts_until_its_last_day(expires_on, held):
    fields = filled_fields({}, [], [Paper("business_licence", expires_on)], TODAY)
    assert fields.get("business_licence", False) is held


def test_a_field_of_people_counts_when_every_person_has_it():
    people = [{"role": "main_contact", "title": "director"}, {"role": "principal", "title": None}]
    fields = filled_fields({"number": "KA-1", "fax": ""}, people, [], TODAY)
    assert fields["main_contact"]
    assert fields["principals"]
    assert not fields["legal_representative"]
    assert not fields["person_title"]
    assert fields["number"]
    assert not fields["fax"]


def test_without_people_no_field_of_people_is_filled():
    assert not filled_fields({}, [], [], TODAY)["person_title"]


def test_reps_share_the_credit_exactly_s_i1():
    check_team([a_rep("u1", "0.6", date(2020, 1, 1)), a_rep("u2", "0.4", date(2020, 1, 1))])


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([a_rep("u1", "0.5", date(2020, 1, 1))], id="half of the credit belongs to nobody"),
        pytest.param(
            [a_rep("u1", "1", date(2020, 1, 1)), a_rep("u2", "1", date(2020, 3, 1))], id="two have all of it from March"
        ),
        pytest.param(
            [a_rep("u1", "0.5", date(2020, 1, 1)), a_rep("u2", "0.5", date(2020, 1, 1), date(2020, 2, 1))],
            id="one leaves in February and his half is nobody's",
        ),
    ],
)
def test_shares_that_do_not_sum_to_one_on_some_day_are_refused_s_i1(members):
    with pytest.raises(SharesDoNotAddUp):
        check_team(members)


def test_a_manager_takes_no_part_in_the_credit():
    manager = TeamMember("m", TeamDuty.key_account_manager, Decimal(1), date(2020, 1, 1), None)
    check_team([manager, a_rep("u1", "1", date(2020, 1, 1))])


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(
            [a_rep("u1", "1", date(2020, 1, 1), date(2020, 2, 1)), a_rep("u2", "1", date(2020, 2, 2))],
            id="one day between two reps is nobody's",
        ),
        pytest.param([a_rep("u1", "1", date(2020, 1, 1), date(2020, 2, 1))], id="nobody follows the last one"),
    ],
)
def test_a_day_without_a_rep_is_refused_s_i1(members):
    with pytest.raises(DaysWithoutRep):
        check_team(members)


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(
            [a_rep("u1", "0.5", date(2020, 1, 1)), a_rep("u1", "0.5", date(2020, 1, 1))], id="one rep for both halves"
        ),
        pytest.param(
            [a_rep("u1", "1", date(2020, 1, 1), date(2020, 2, 2)), a_rep("u1", "1", date(2020, 2, 1))],
            id="the rep's spans share a day",
        ),
        pytest.param(
            [
                TeamMember("m1", TeamDuty.key_account_manager, Decimal(1), date(2020, 1, 1), None),
                TeamMember("m2", TeamDuty.key_account_manager, Decimal(1), date(2020, 3, 1), None),
            ],
            id="two managers of a kind",
        ),
    ],
)
def test_a_duty_held_twice_on_one_day_is_refused_s_i1(members):
    with pytest.raises(SpansOverlap) as refused:
        check_team(members)
    assert refused.value.errors[0].pointer == "/members/1/valid_from"


FIRST = date(2020, 1, 1)
spans = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["0.25", "0.5", "0.75", "1"]),
    st.integers(0, 5),
    st.one_of(st.none(), st.integers(1, 4)),
)


@given(st.lists(spans, max_size=4))
def test_a_team_is_right_exactly_when_each_of_its_days_is_s_i1(drawn):
    """Against counting day by day; ten days are past every end."""
    reps = [
        a_rep(user, share, FIRST + timedelta(start), FIRST + timedelta(start + days) if days else None)
        for user, share, start, days in drawn
    ]
    begun = min((rep.valid_from for rep in reps), default=FIRST)
    days = [begun + timedelta(n) for n in range(11)] if reps else []
    standing = [[rep for rep in reps if rep.covers(day)] for day in days]
    right = all(
        sum((rep.share for rep in there), Decimal(0)) == 1
        and max(Counter(rep.user_id for rep in there).values(), default=0) == 1
        for there in standing
    )
    try:
        check_team(reps)
        found = True
    except (SharesDoNotAddUp, DaysWithoutRep, SpansOverlap):
        found = False
    assert found is right
