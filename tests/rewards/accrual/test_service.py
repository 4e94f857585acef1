"""Batches of events on a real database: what is posted, what is told, and that nothing depends on the order."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.rewards.accrual.explaining import explain
from services.rewards.ledger.domain import BalanceOf, State, balances
from services.rewards.ledger.verifying import verify
from shared.canonical import canonical
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import amounts
from tests.rewards.books_kept import Kept

FIRST = said.bought("o1", "2021-03-10", 400, 35_200_000, contract="con-1", new_brand=True, cost_minor=28_000_000)
SECOND = said.bought("o2", "2021-03-25", 200, 17_600_000, contract="con-1", new_brand=True, cost_minor=14_000_000)
ACCRUED = BalanceOf("account:acc-1", "volume-subsidy", "2021-03", "CNY", State.ACCRUED)


async def test_the_story_in_five_batches_has_its_figures_to_the_penny(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), said.product()])
    bonus = await kept.tell([said.signed()])
    assert amounts(bonus) == [("accrual", 80_000)]
    assert amounts(await kept.tell(FIRST)) == [("accrual", 8_800_000)]
    assert amounts(await kept.tell(SECOND)) == [("accrual", 5_280_000), ("re_evaluation", 1_760_000)]
    back = await kept.tell([said.returned("o2", "2021-04-12", [(1, 50, 4_400_000)])])
    assert amounts(back) == [("clawback", -1_320_000), ("re_evaluation", -2_420_000), ("re_evaluation", 0)]
    assert (await kept.balances())[ACCRUED] == 12_100_000


async def test_balances_in_the_database_are_the_sums_of_its_postings(kept: Kept) -> None:
    await kept.tell([*FIRST, *SECOND, said.listed(), said.elected(), said.product(), said.signed()])
    assert await kept.balances() == balances(await kept.postings())


async def test_an_election_that_arrives_after_the_orders_pays_for_them_all(kept: Kept) -> None:
    await kept.tell([said.listed(), *FIRST, *SECOND])
    assert await kept.balances() == {}
    late = await kept.tell([said.elected()])
    assert amounts(late) == [("re_evaluation", 15_840_000)]


async def test_orders_of_an_account_nobody_told_us_about_wait_as_facts(kept: Kept) -> None:
    assert await kept.tell([*FIRST]) == []
    await kept.tell([said.listed()])
    assert amounts(await kept.tell([said.elected()])) == [("re_evaluation", 8_800_000)]


async def test_every_event_says_what_its_balance_is_after_it(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), *FIRST, *SECOND])
    told = [kind for kind, _ in await kept.published()]
    assert told == ["RewardAccrued", "RewardAccrued", "RewardAdjusted"]


async def test_the_ledger_lets_nobody_change_or_remove_a_row(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), *FIRST])
    for forbidden in ("UPDATE entry SET amount_minor = 0", "DELETE FROM posting", "TRUNCATE posting_key"):
        async with kept.sessions() as session:
            with pytest.raises(DBAPIError, match="append-only"):
                await session.execute(text(forbidden))


async def test_a_posting_whose_sides_do_not_sum_to_zero_cannot_commit(kept: Kept) -> None:
    (posting,) = await kept.tell([said.listed(), said.elected(), *FIRST])
    add = text("INSERT INTO entry VALUES (:id, 7, 'accrued:account:acc-1', 'CNY', 1)")
    async with kept.sessions() as session:
        await session.execute(add, {"id": posting.posting_id})
        with pytest.raises(IntegrityError, match="does not sum to zero"):
            await session.commit()


async def test_the_position_of_a_posting_is_that_of_its_event(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), *FIRST], now=datetime(2021, 3, 10, tzinfo=UTC))
    (posting,) = await kept.postings()
    async with kept.sessions() as session:
        row = (await session.execute(text("SELECT pos, type FROM journal ORDER BY pos DESC LIMIT 1"))).one()
    assert (posting.position, row.type) == (row.pos, "OrderPaid")


async def test_every_posting_is_explained_by_the_trace_it_was_made_by(kept: Kept) -> None:
    await kept.tell([said.rate("2020-01-01"), said.listed(), said.elected(), said.product()])
    for batch in ([said.signed()], FIRST, SECOND, [said.returned("o2", "2021-04-12", [(1, 50, 4_400_000)])]):
        await kept.tell(batch)
    postings = await kept.postings()
    async with kept.sessions() as session:
        explained = await explain(session, postings, judges=kept.policies.given)
    assert [explained[posting.posting_id].same_trace for posting in postings] == [True] * 7


async def test_the_explanation_of_the_bonus_after_the_return_says_what_stays_in_its_row(kept: Kept) -> None:
    await kept.tell([said.product(), said.signed(), *FIRST, *SECOND])
    (again,) = await kept.tell([said.returned("o2", "2021-04-12", [(1, 50, 4_400_000)])])
    async with kept.sessions() as session:
        explained = await explain(session, [again], judges=kept.policies.given)
    decision = explained[again.posting_id].decision
    assert (again.amount_minor, str(decision.outcome.amount)) == (0, "800.00")
    assert '"value":{"amount":"74461.54","currency":"USD"}' in canonical(decision).decode()


async def test_verification_rebuilds_every_balance_from_the_journal(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), said.product(), said.signed(), *FIRST, *SECOND])
    async with kept.sessions() as session:
        verdict = await verify(session, judges=kept.policies.given)
    assert (verdict.ok, verdict.postings, verdict.windows, verdict.sums) == (True, 4, 2, {"CNY": 0})


async def test_verification_names_the_balance_that_somebody_touched(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), *FIRST])
    async with kept.sessions() as session:
        await session.execute(text("UPDATE window_state SET accrued_minor = accrued_minor + 1"))
        verdict = await verify(session, judges=kept.policies.given)
    (difference,) = verdict.differences
    assert (difference.window, difference.says, difference.rebuilt) == ("2021-03", 8_800_000, 8_800_001)
