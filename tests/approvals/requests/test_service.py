"""Requests on real PostgreSQL: sought once, decided once, kept apart by constraints too."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.approvals.requests import repository, service
from services.approvals.requests.domain import (
    AlreadyDecided,
    Choice,
    Decision,
    Evidence,
    NotTheRequester,
    SegregationOfDuties,
    Subject,
)
from services.approvals.requests.models import DecisionRow
from services.approvals.requests.service import Ask, AskContradictsItself, InitiatorNotAdmitted
from services.approvals.requests.views import show_request
from shared.auth.principal import Reach
from shared.db.mechanisms import audit_entry, outbox
from shared.db.session import commit
from shared.errors import NotFound
from shared.http.conditional import PreconditionFailed
from shared.ids import new_id
from shared.money import Money
from shared.policy.evaluation import GivenFacts
from shared.trace import Subject as PolicySubject
from tests.approvals.build import START
from tests.serving import employ

EVERYWHERE = Reach(everywhere=True, branches=frozenset(), user_id="x", account_id=None)
CAST = {
    "rep": ("account_rep", "kinshasa"),
    "kam": "key_account_manager",
    "lawyer": "legal",
    "marketing": "marketing_director",
    "findir": "finance_director",
    "gm": "general_manager",
    "boss-lubumbashi": ("branch_manager", "lubumbashi"),
    "rep-lubumbashi": ("account_rep", "lubumbashi"),
}


def people():
    """Every test has people of its own, so that several may share a database."""
    mark = str(new_id())[-8:]
    return {name: f"{name}-{mark}" for name in CAST}


async def hire(session, *, without=()):
    named = people()
    for name, user_id in named.items():
        if name not in without:
            await employ(session, user_id, CAST[name])
    return named


def ask(named, *, amount="2000.01", revision=1, subject_id=None, requester="rep", branch="kinshasa", **more):
    given = Ask(
        subject=Subject("contract", subject_id or str(new_id()), revision),
        content_hash="hash",
        content={"quantity": 600},
        route="contract-route",
        about=PolicySubject("contract", "c"),
        facts=GivenFacts({"contract.routing_amount": Money.parse(amount, "USD")}),
        initiator=named[requester],
        requester=named[requester],
        account_id="a-1",
        branch=branch,
    )
    return replace(given, **more)


def deciding(by, step, choice="approve", at=START):
    proof = Evidence("email", "mail", START)
    return Decision(by, Choice(choice), at, step, "no" if choice == "reject" else "", proof)


async def decide(session, row, by, step, choice="approve", *, at, version=None):
    return await service.decide_step(
        session,
        row.id,
        deciding(by, step, choice, at.now),
        expected_version=version or row.version,
        reach=EVERYWHERE,
        at=at,
    )


async def events(session, key):
    await session.flush()
    from shared.outbox import flush

    await flush(session)
    query = select(outbox.c.type).where(outbox.c.aggregateid == key).order_by(outbox.c.aggregate_seq)
    return list(await session.scalars(query))


@pytest.mark.parametrize(
    ("amount", "steps"),
    [
        pytest.param("2000.00", 4, id="C2 S-A1: exactly 2,000.00 USD takes the short chain"),
        pytest.param("2000.01", 5, id="C2 S-A1: 2,000.01 USD takes the long one"),
    ],
)
async def test_the_route_is_frozen_with_the_reason_of_each_step(session, at, amount, steps):
    row = await service.seek_approval(session, ask(await hire(session), amount=amount), at=at())
    assert [step.step for step in row.steps] == ["first", "legal", "marketing", "finance", "general"][:steps]
    assert row.policy == "contract-route@1"
    assert amount in row.reasons["why"]["general"]["en"]
    assert "2000.00 USD" in row.reasons["why"]["general"]["zh"]


async def test_c3_a_branch_sends_its_own_manager_first(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named, requester="rep-lubumbashi", branch="lubumbashi"), at=at())
    shown = await show_request(session, row, at=at())
    assert [person.user_id for person in shown.steps[0].acting] == [named["boss-lubumbashi"]]


async def test_five_people_decide_and_everybody_hears_of_it(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    steps = [
        ("kam", "first"),
        ("lawyer", "legal"),
        ("marketing", "marketing"),
        ("findir", "finance"),
        ("gm", "general"),
    ]
    for who, step in steps:
        row = await decide(session, row, named[who], step, at=at())
    assert (row.state, row.granted_at) == ("granted", START)
    assert row.lasts_until == START + timedelta(days=90)
    assert await events(session, row.id) == ["ApprovalRequested", *["StepDecided"] * 5, "ApprovalGranted"]
    audited = select(func.count()).where(audit_entry.c.subject == f"request/{row.id}")
    assert await session.scalar(audited) == 6


async def test_s_g7_the_same_revision_asked_twice_is_one_request(session, at):
    asked = ask(await hire(session))
    first = await service.seek_approval(session, asked, at=at())
    assert (await service.seek_approval(session, asked, at=at())).id == first.id


async def test_s_e2_the_same_revision_with_another_content_is_refused(session, at):
    asked = ask(await hire(session))
    await service.seek_approval(session, asked, at=at())
    with pytest.raises(AskContradictsItself):
        await service.seek_approval(session, replace(asked, content_hash="other"), at=at())


async def test_s_g1_a_newer_revision_withdraws_the_older(session, at):
    named = await hire(session)
    old = await service.seek_approval(session, ask(named), at=at())
    new = ask(named, subject_id=old.subject_id, revision=2)
    await service.seek_approval(session, new, at=at())
    await session.refresh(old)
    assert old.state == "withdrawn"
    assert old.closed_because["zh"]


async def test_c4_a_route_is_started_by_its_initiators_only(session, at):
    named = await hire(session)
    with pytest.raises(InitiatorNotAdmitted):
        await service.seek_approval(session, ask(named, requester="lawyer"), at=at())


async def test_s_g7_a_stale_version_is_refused_and_a_decided_step_named_as_such(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    row = await decide(session, row, named["kam"], "first", at=at())
    with pytest.raises(PreconditionFailed):
        await decide(session, row, named["lawyer"], "legal", at=at(), version=1)
    with pytest.raises(AlreadyDecided):
        await decide(session, row, named["kam"], "first", at=at(), version=1)


async def test_a_request_of_another_branch_is_not_found(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    elsewhere = Reach(everywhere=False, branches=frozenset(("lubumbashi",)), user_id="y", account_id=None)
    with pytest.raises(NotFound):
        await repository.request_to_read(session, row.id, reach=elsewhere)
    own = replace(elsewhere, user_id=named["rep"])
    assert (await repository.request_to_read(session, row.id, reach=own)).id == row.id


async def test_s_g4_where_nobody_holds_the_role_the_step_says_so_and_waits(session, at):
    named = await hire(session, without=("rep-lubumbashi", "boss-lubumbashi"))
    await employ(session, named["rep-lubumbashi"], ("account_rep", "goma"))
    row = await service.seek_approval(session, ask(named, requester="rep-lubumbashi", branch="goma"), at=at())
    shown = await show_request(session, row, at=at())
    assert (shown.steps[0].waiting, shown.steps[0].acting) == ("no_holder", [])
    assert shown.state == "pending"


async def test_c11_the_only_holder_who_is_the_requester_is_no_holder(session, at):
    named = await hire(session)
    await employ(session, "both-" + named["gm"], "tech_ops")
    given = replace(ask(named), beneficiaries=frozenset((named["kam"],)))
    row = await service.seek_approval(session, given, at=at())
    shown = await show_request(session, row, at=at())
    assert named["kam"] not in [person.user_id for person in shown.steps[0].acting]


async def test_c11_stands_in_the_database_too(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    row = await decide(session, row, named["kam"], "first", at=at())
    forged = {
        "the requester himself": {"decided_by": named["rep"], "role": "legal"},
        "in a second role": {"decided_by": named["kam"], "role": "legal"},
    }
    for why, values in forged.items():
        values["step"] = "legal"
        with pytest.raises(IntegrityError) as refused:
            async with session.begin_nested():
                await _forge(session, row, values)
        assert "for_himself" in str(refused.value) or "one_role" in str(refused.value), why


async def test_a_step_is_decided_once_in_the_database_too(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    row = await decide(session, row, named["kam"], "first", at=at())
    with pytest.raises(IntegrityError) as refused:
        async with session.begin_nested():
            await _forge(session, row, {"decided_by": named["kam"], "role": "responsible_head", "step": "first"})
    assert "one_a_round" in str(refused.value)


async def _forge(session, row, values):
    """A decision written past the domain."""
    if values["decided_by"] not in row.excluded:
        await session.execute(
            text("INSERT INTO request_decider VALUES (:request, :user, :role) ON CONFLICT DO NOTHING"),
            {"request": row.id, "user": values["decided_by"], "role": values["role"]},
        )
    session.add(
        DecisionRow(
            id=str(new_id()),
            request_id=row.id,
            place=9,
            choice="approve",
            excluded=row.excluded,
            decided_at=START,
            comment="",
            **values,
        )
    )
    await session.flush()


async def test_a_decision_on_file_is_never_changed(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    await decide(session, row, named["kam"], "first", at=at())
    with pytest.raises(DBAPIError, match="append-only"):
        await session.execute(text("UPDATE step_decision SET comment = 'x'"))


async def test_s_g9_a_step_is_due_in_business_hours(session, at):
    friday = datetime(2021, 3, 5, 14, 0, tzinfo=UTC)
    row = await service.seek_approval(session, ask(await hire(session)), at=at(friday))
    assert row.steps[0].due_at == datetime(2021, 3, 9, 14, 0, tzinfo=UTC)


async def test_the_requester_withdraws_and_nobody_else(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    reason = {"en": "changed my mind", "zh": "改变主意"}
    with pytest.raises(NotTheRequester):
        await service.withdraw_request(session, row.id, by=named["kam"], reason=reason, reach=EVERYWHERE, at=at())
    row = await service.withdraw_request(session, row.id, by=named["rep"], reason=reason, reach=EVERYWHERE, at=at())
    assert (row.state, row.closed_because) == ("withdrawn", reason)
    assert (await events(session, row.id))[-1] == "ApprovalWithdrawn"


async def test_s_g7_fifty_managers_approve_one_step_at_once_and_exactly_one_does(sessions, at):
    async with sessions() as session:
        named = await hire(session)
        managers = [f"kam-{i}-{named['gm']}" for i in range(50)]
        for manager in managers:
            await employ(session, manager, "key_account_manager")
        row = await service.seek_approval(session, ask(named), at=at())
        await commit(session)

    async def approve(manager):
        async with sessions() as own:
            try:
                await decide(own, row, manager, "first", at=at(), version=1)
                await commit(own)
            except (AlreadyDecided, PreconditionFailed, SegregationOfDuties) as refused:
                return type(refused).__name__
            return "approved"

    outcomes = await asyncio.gather(*(approve(manager) for manager in managers))
    assert sorted(outcomes) == ["AlreadyDecided"] * 49 + ["approved"]
    async with sessions() as session:
        decided = select(func.count()).select_from(DecisionRow).where(DecisionRow.request_id == row.id)
        assert await session.scalar(decided) == 1
