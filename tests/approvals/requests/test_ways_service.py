"""The ways of a request on real PostgreSQL: delegations of the moment, C11 as constraints, copies, revisions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.approvals.delegations import service as delegations
from services.approvals.delegations.domain import Delegation, DelegationEnded, depth_of, is_circular
from services.approvals.delegations.service import Wish
from services.approvals.requests import repository, service, ways
from services.approvals.requests.domain import NotYourStep, SegregationOfDuties
from services.approvals.requests.reassigning import HandedTo
from services.approvals.requests.returning import Returned, Then
from services.approvals.requests.seating import inbox_of
from services.approvals.requests.service import Doing
from services.approvals.requests.views import show_request
from services.approvals.routing.domain import Place
from shared.auth.principal import Holding, Principal, Reach
from shared.calendar import day_start
from shared.db.mechanisms import audit_entry
from shared.errors import NotFound, ValidationProblem
from shared.policy.rulebook import PolicyRefuses
from tests.approvals.build import START, decision
from tests.approvals.requests.test_service import EVERYWHERE, ask, decide, deciding, events, hire
from tests.serving import employ

TODAY = date(2021, 3, 3)
ZONE = "Africa/Kinshasa"


def wish(to, *, role=None, first=TODAY, until=date(2021, 3, 10)):
    return Wish(to, role, first, until, "leave")


def doing(row, by, *, at):
    return Doing(by, row.version, EVERYWHERE, at)


async def delegate(session, by, to, *, at, **more):
    return await delegations.make_delegation(session, wish(to, **more), by=by, at=at)


async def asked(session, at, **more):
    named = await hire(session)
    named["deputy"] = f"deputy-{named['gm']}"
    await employ(session, named["deputy"], "hr")
    return named, await service.seek_approval(session, ask(named, **more), at=at())


async def test_s_g5_a_delegate_decides_while_it_lasts_and_both_names_are_on_file(session, at):
    named, row = await asked(session, at)
    await delegate(session, named["kam"], named["deputy"], at=at())
    row = await decide(session, row, named["deputy"], "first", at=at())
    filed = row.decisions[0]
    assert (filed.decided_by, filed.on_behalf_of) == (named["deputy"], named["kam"])
    shown = await show_request(session, row, at=at())
    assert shown.steps[0].decision.on_behalf_of.user_id == named["kam"]
    said = await session.scalar(
        select(audit_entry.c.detail).where(
            audit_entry.c.subject == f"request/{row.id}", audit_entry.c.action == "approval.decided"
        )
    )
    assert said["on_behalf_of"] == named["kam"]


MIDNIGHT = datetime(2021, 3, 9, 23, tzinfo=UTC)  # the first moment of 10 March in Kinshasa


@pytest.mark.parametrize(
    ("moment", "may"),
    [
        pytest.param(START, True, id="from today on, at once"),
        pytest.param(MIDNIGHT - timedelta(seconds=1), True, id="the last second of the last day"),
        pytest.param(MIDNIGHT, False, id="midnight: the window is half-open"),
    ],
)
async def test_s_g5_a_delegation_is_asked_at_the_moment_of_the_decision(session, at, moment, may):
    named, row = await asked(session, at)
    await delegate(session, named["kam"], named["deputy"], at=at())
    if may:
        await decide(session, row, named["deputy"], "first", at=at(moment))
    else:
        with pytest.raises(NotYourStep):
            await decide(session, row, named["deputy"], "first", at=at(moment))


async def test_s_g5_a_delegation_over_the_years_end_has_every_day_of_it(session, at):
    named, row = await asked(session, at)
    eve = datetime(2021, 12, 30, 12, tzinfo=UTC)
    days = {"first": date(2021, 12, 31), "until": date(2022, 1, 2)}
    made = await delegate(session, named["kam"], named["deputy"], at=at(eve), **days)
    assert (made.starts_at, made.ends_at) == (day_start(days["first"], ZONE), day_start(days["until"], ZONE))
    with pytest.raises(NotYourStep):
        await decide(session, row, named["deputy"], "first", at=at(eve))
    await decide(session, row, named["deputy"], "first", at=at(datetime(2022, 1, 1, 12, tzinfo=UTC)))


async def test_s_g5_revoking_ends_it_now_and_undoes_nothing(session, at):
    named, row = await asked(session, at)
    made = await delegate(session, named["kam"], named["deputy"], at=at())
    row = await decide(session, row, named["deputy"], "first", at=at())
    later = at(START + timedelta(hours=1))
    await delegations.revoke_delegation(session, made.id, by=named["kam"], at=later)
    assert row.steps[0].state == "approved"
    with pytest.raises(DelegationEnded):
        await delegations.revoke_delegation(session, made.id, by=named["kam"], at=later)
    _, other = await asked(session, at)
    await session.flush()
    shown = await show_request(session, other, at=later)
    assert named["deputy"] not in [one.user_id for one in shown.steps[0].acting]


async def test_c10_nobody_revokes_anothers_delegation(session, at):
    named, _ = await asked(session, at)
    made = await delegate(session, named["kam"], named["deputy"], at=at())
    with pytest.raises(NotFound):
        await delegations.revoke_delegation(session, made.id, by=named["deputy"], at=at())


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        pytest.param({"to": "nobody"}, "/to_user", id="a stranger"),
        pytest.param({"first": date(2021, 3, 2)}, "/valid_from", id="yesterday"),
        pytest.param({"until": TODAY}, "/valid_until", id="no day at all"),
        pytest.param({"role": "legal"}, "/role", id="a role he does not hold"),
    ],
)
async def test_c10_a_delegation_that_cannot_be_is_refused_with_its_field(session, at, change, pointer):
    named, _ = await asked(session, at)
    given = {"to": named["deputy"], **change}
    with pytest.raises(ValidationProblem) as refused:
        await delegate(session, named["kam"], given.pop("to"), at=at(), **given)
    assert [one.pointer for one in refused.value.errors] == [pointer]


async def test_c10_the_houses_limits_refuse_a_long_a_deep_and_a_circular_delegation(session, at):
    named, _ = await asked(session, at)
    with pytest.raises(PolicyRefuses):
        await delegate(session, named["kam"], named["deputy"], at=at(), until=TODAY + timedelta(days=91))
    await delegate(session, named["kam"], named["deputy"], at=at(), until=TODAY + timedelta(days=90))
    with pytest.raises(PolicyRefuses):
        await delegate(session, named["deputy"], named["lawyer"], at=at())
    with pytest.raises(PolicyRefuses):
        await delegate(session, named["deputy"], named["kam"], at=at())


def row_of(by, to, first=1, until=9, role=None):
    start, end = datetime(2021, 3, first, tzinfo=UTC), datetime(2021, 3, until, tzinfo=UTC)
    return Delegation("d", by, to, role, start.date(), end.date(), start, end)


@pytest.mark.parametrize(
    ("others", "depth", "circular"),
    [
        pytest.param([], 1, False, id="alone"),
        pytest.param([row_of("x", "a")], 2, False, id="one before it"),
        pytest.param([row_of("b", "c"), row_of("x", "a")], 3, False, id="one before and one after"),
        pytest.param([row_of("b", "c", 9, 20)], 1, False, id="one that begins as it ends"),
        pytest.param([row_of("b", "a")], None, True, id="straight back"),
        pytest.param([row_of("b", "c"), row_of("c", "a")], None, True, id="back over a third"),
        pytest.param([row_of("b", "c", role="legal")], 2, False, id="a role inside all roles"),
    ],
)
def test_c10_how_deep_a_delegation_goes_is_asked_of_all_it_meets(others, depth, circular):
    new = row_of("a", "b")
    assert is_circular(new, others) is circular
    assert circular or depth_of(new, others) == depth


async def test_c11_a_delegate_of_the_requester_is_refused_and_the_database_holds_it_too(session, at):
    named, row = await asked(session, at)
    await delegate(session, named["rep"], named["kam"], at=at())
    with pytest.raises(SegregationOfDuties) as refused:
        await decide(session, row, named["kam"], "first", at=at())
    assert "C11" in refused.value.detail["zh"]
    await _forged(session, row, "(C11)", decided_by=named["kam"], role="responsible_head")


async def test_c11_on_behalf_of_who_asked_or_in_two_roles_stands_no_chance_in_the_database(session, at):
    named, row = await asked(session, at)
    row = await decide(session, row, named["kam"], "first", at=at())
    by = {"decided_by": named["lawyer"], "role": "legal", "step": "legal"}
    await _forged(session, row, "for_who_asked", on_behalf_of=named["rep"], **by)
    await _forged(session, row, "one_role", on_behalf_of=named["kam"], **by)


async def _forged(session, row, constraint, **values):
    from tests.approvals.requests.test_service import _forge

    with pytest.raises(IntegrityError) as refused:
        async with session.begin_nested():
            await _forge(session, row, {"step": "first", **values})
    assert constraint in str(refused.value)


async def test_c10_a_return_to_a_step_waits_for_it_again_in_a_new_round(session, at):
    named, row = await asked(session, at)
    row = await decide(session, row, named["kam"], "first", at=at())
    back = Returned(decision(named["lawyer"], "return", step="legal", comment="no term"), "first", Then.RETURNER)
    row = await ways.return_request(session, row.id, back, doing=doing(row, named["lawyer"], at=at()))
    assert [step.step for step in row.steps if step.state == "active"] == ["first"]
    assert (await events(session, row.id))[-1] == "StepDecided"
    row = await decide(session, row, named["kam"], "first", at=at())
    row = await decide(session, row, named["lawyer"], "legal", at=at())
    shown = await show_request(session, row, at=at())
    assert [(one.id, one.round, len(one.earlier)) for one in shown.steps[:2]] == [("first", 2, 1), ("legal", 2, 1)]


async def test_s_g9_returned_to_the_requester_no_step_has_a_clock(session, at):
    named, row = await asked(session, at)
    back = Returned(decision(named["kam"], "return", comment="no term"), None, Then.RETURNER)
    row = await ways.return_request(session, row.id, back, doing=doing(row, named["kam"], at=at()))
    assert (row.state, [step.due_at for step in row.steps]) == ("returned", [None] * 5)
    assert (await events(session, row.id))[-1] == "ApprovalReturned"


async def test_s_g8_the_next_revision_of_the_same_content_stands_on_what_was_approved(session, at):
    named, row = await asked(session, at)
    row = await decide(session, row, named["kam"], "first", at=at())
    back = Returned(decision(named["lawyer"], "return", step="legal", comment="scan"), None, Then.RETURNER)
    row = await ways.return_request(session, row.id, back, doing=doing(row, named["lawyer"], at=at()))
    again = replace(ask(named), subject=replace(ask(named).subject, id=row.subject_id, revision=2))
    fresh = await service.seek_approval(session, again, at=at(START + timedelta(days=1)))
    assert [step.step for step in fresh.steps if step.state == "active"] == ["legal"]
    assert [one.decided_at for one in fresh.decisions] == [START]
    await session.refresh(row)
    assert row.state == "withdrawn"


async def test_c10_a_turn_is_handed_over_and_waits_in_the_other_inbox(session, at):
    named, row = await asked(session, at)
    given = HandedTo(named["kam"], named["deputy"], START)
    row = await ways.transfer_step(session, row.id, given, doing=doing(row, named["kam"], at=at()))
    assert row.id in await inbox(session, named["deputy"], "hr", at=at())
    assert row.id not in await inbox(session, named["kam"], "key_account_manager", at=at())
    row = await decide(session, row, named["deputy"], "first", at=at())
    assert row.decisions[0].on_behalf_of == named["kam"]


async def inbox(session, user_id, role, *, at):
    caller = Principal(user_id, user_id, "person", frozenset((Holding(role),)))
    query = await inbox_of(session, caller, at=at)
    return [row.id for row in await session.scalars(query)]


async def test_c10_the_inbox_of_a_delegate_holds_what_waits_for_the_other_but_not_his_own_request(session, at):
    named, row = await asked(session, at)
    await delegate(session, named["kam"], named["deputy"], at=at())
    assert row.id in await inbox(session, named["deputy"], "hr", at=at())
    await delegate(session, named["rep"], named["deputy"], at=at())
    assert row.id not in await inbox(session, named["deputy"], "hr", at=at())


async def test_c10_an_added_approver_waits_in_his_inbox_and_stands_in_the_chain(session, at):
    named, row = await asked(session, at)
    given = HandedTo(named["kam"], named["deputy"], START)
    row = await ways.add_to_route(session, row.id, given, place=Place.BEFORE, doing=doing(row, named["kam"], at=at()))
    assert row.id in await inbox(session, named["deputy"], "hr", at=at())
    row = await decide(session, row, named["deputy"], "added-1", at=at())
    await session.refresh(row, ["steps"])
    assert [step.step for step in row.steps][:2] == ["added-1", "first"]
    assert [step.step for step in row.steps if step.state == "active"] == ["first"]


async def test_c10_who_is_added_must_be_able_to_decide_here(session, at):
    named, row = await asked(session, at)
    given = HandedTo(named["kam"], "nobody", START)
    with pytest.raises(ValidationProblem):
        await ways.add_to_route(session, row.id, given, place=Place.AFTER, doing=doing(row, named["kam"], at=at()))


async def test_c10_who_is_copied_reads_it_and_is_told_once(session, at):
    named, row = await asked(session, at)
    outside = Reach(everywhere=False, branches=frozenset(), user_id=named["boss-lubumbashi"], account_id=None)
    with pytest.raises(NotFound):
        await repository.request_to_read(session, row.id, reach=outside)
    for _ in range(2):
        await ways.copy_request(
            session, row.id, [outside.user_id], by=named["rep"], words="", reach=EVERYWHERE, at=at()
        )
    assert (await repository.request_to_read(session, row.id, reach=outside)).id == row.id
    assert await repository.copied_to(session, row.id) == [outside.user_id]


async def test_c10_a_copy_to_nobody_who_works_here_is_refused(session, at):
    named, row = await asked(session, at)
    with pytest.raises(ValidationProblem) as refused:
        await ways.copy_request(session, row.id, ["x"], by=named["rep"], words="", reach=EVERYWHERE, at=at())
    assert refused.value.errors[0].pointer == "/to_users/0"


async def test_s_g4_a_delegation_counts_for_who_may_act(session, at):
    named, row = await asked(session, at)
    await delegate(session, named["kam"], named["deputy"], at=at())
    shown = await show_request(session, row, at=at())
    assert {named["kam"], named["deputy"]} <= {one.user_id for one in shown.steps[0].acting}


async def test_c10_reach_follows_the_delegation(session, at):
    named, row = await asked(session, at)
    await delegate(session, named["kam"], named["boss-lubumbashi"], at=at())
    own = Reach(
        everywhere=False, branches=frozenset(("lubumbashi",)), user_id=named["boss-lubumbashi"], account_id=None
    )
    given = deciding(named["boss-lubumbashi"], "first")
    row = await service.decide_step(session, row.id, given, expected_version=row.version, reach=own, at=at())
    assert row.decisions[0].on_behalf_of == named["kam"]
