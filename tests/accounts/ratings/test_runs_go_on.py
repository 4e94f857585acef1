"""A5: a run that was broken off goes on where it stopped, once, and judges alike in whatever process."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings import repository
from services.accounts.ratings.appraisers import MANY, Judging, appraiser
from services.accounts.ratings.facts import Assessed, RatedAccount
from services.accounts.ratings.jobs import EVERYTHING, SYSTEM, rate_ended_period
from services.accounts.ratings.models import RatingProposal, RatingRun
from services.accounts.ratings.repository import AccountsWanted, Step
from services.accounts.ratings.running import Run, RunGoesOnElsewhere, Wanted, begin_run, last_moment, portions
from shared.calendar import day_start
from shared.db.session import commit
from shared.policy.compiled import CompiledPolicies
from shared.policy.rulebook import Rulebook
from tests.accounts.ratings.build import ZONE

ENDED = date(2040, 12, 31)
NOW = datetime(2041, 1, 1, 8, tzinfo=UTC)
WHO = Whereabouts(SYSTEM, EVERYTHING, NOW, ZONE)


async def broken_off(accounts: Any, *, period: str | None) -> tuple[Run, str]:
    """A run that has rated all but its last account, and that account's id."""
    there = AccountsWanted(EVERYTHING, opened_before=day_start(date(2041, 1, 1), ZONE))
    async with accounts.sessions() as session:
        rules = Rulebook((await CompiledPolicies().current(session)).in_force(NOW.date()))
        run = await begin_run(session, wanted=Wanted(ENDED, there, period=period), rules=rules, who=WHO)
        query = select(Account.id).where(Account.merged_into.is_(None)).order_by(Account.id)
        *before, last = await session.scalars(query)
        step = Step(run.id, "", before[-1], len(before), 0)
        assert await repository.advance_run(session, step=step)
        await commit(session)
    return run, last


async def proposed_by(accounts: Any, run_id: str) -> list[str]:
    async with accounts.sessions() as session:
        return list(await session.scalars(select(RatingProposal.account_id).where(RatingProposal.run_id == run_id)))


async def test_a5_a_run_that_was_broken_off_goes_on_after_its_last_account_and_ends_once(accounts, people, opened):
    for _ in range(2):
        await opened()
    run, last = await broken_off(accounts, period="2040-H2")
    async with accounts.sessions() as session:
        body = {"fact": "account.credit", "value": "high", "assessed_on": "2020-11-01", "evidence": "on file"}
        assert (await people["kam"].post(f"/v1/accounts/{last}/assessments", body)).status_code == 201
        policies = await CompiledPolicies().current(session)
        ended = [await rate_ended_period(session, policies=policies, now=NOW, zone=ZONE) for _ in range(2)]
    assert [one and one.key for one in ended] == ["2040-H2", None]
    assert await proposed_by(accounts, run.id) == [last]
    async with accounts.sessions() as session:
        row = await session.get_one(RatingRun, run.id)
        assert (row.rated_to, row.proposed, row.ended_at) == (last, 1, NOW)
        assert row.rated > 1


async def test_a5_a_run_that_was_broken_off_a_year_ago_goes_on_before_the_last_half_year_is_rated(
    accounts, people, opened
):
    await opened()
    await broken_off(accounts, period="2043-H2")
    async with accounts.sessions() as session:
        policies = await CompiledPolicies().current(session)
        late = NOW.replace(year=2045)
        ended = [await rate_ended_period(session, policies=policies, now=late, zone=ZONE) for _ in range(3)]
    assert [one and one.key for one in ended] == ["2043-H2", "2044-H2", None]


async def test_a5_of_two_who_rate_one_portion_the_second_writes_nothing_and_leaves(accounts, people, opened):
    await opened()
    run, _ = await broken_off(accounts, period=None)
    async with accounts.sessions() as session:
        with pytest.raises(RunGoesOnElsewhere):
            _ = [one async for one in portions(session, run=run, who=WHO)]
        await commit(session)
    assert await proposed_by(accounts, run.id) == []


async def test_a2_other_processes_find_what_this_one_finds_to_the_last_digest(accounts, people):
    async with accounts.sessions() as session:
        plans = (await CompiledPolicies().current(session)).in_force(date(2021, 1, 1))
    known = RatedAccount("a", ZONE, "CNY", assessments=(Assessed("x", "account.credit", "high", ENDED, None),))
    judging = Judging(plans, last_moment(ENDED, ZONE), written=True)
    found = []
    for so_many in (1, MANY):
        with appraiser(judging, accounts=so_many) as appraise:
            found.append(await appraise([known, replace(known, account_id="b", assessments=())]))
    assert found[0] == found[1]
    assert [one.grade for one in found[0].ratings] == ["B", "C"]
