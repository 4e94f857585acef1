"""Months close in order; statements sum to the ledger and never change again."""

from datetime import UTC, datetime

import pytest

from services.rewards.ledger.domain import BalanceOf, State
from services.rewards.settlement.domain import GraceNotOver
from services.rewards.settlement.service import Closed, Closing, close_period
from shared.calendar import Duration
from shared.db.session import commit
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import ZONE, amounts
from tests.rewards.books_kept import Kept

FIRST = said.bought("o1", "2021-03-10", 400, 35_200_000)
SECOND = said.bought("o2", "2021-03-25", 200, 17_600_000)
SUBSIDY = ("account:acc-1", "volume-subsidy", "2021-03", "CNY")
GRACE = Duration.parse("P5D")


async def close(kept: Kept, period: str, when: datetime) -> Closed:
    closing = Closing(when, "finance-1", GRACE, ZONE)
    async with kept.sessions() as session:
        closed = await close_period(session, period=period, closing=closing, policies=kept.policies)
        await commit(session)
    return closed


async def test_march_closes_from_the_sixth_of_april_local_time_and_no_minute_earlier(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), *FIRST, *SECOND])
    with pytest.raises(GraceNotOver):
        await close(kept, "2021-03", datetime(2021, 4, 5, 22, 59, tzinfo=UTC))
    await close(kept, "2021-03", datetime(2021, 4, 5, 23, 0, tzinfo=UTC))
    assert await kept.balances() == {BalanceOf(*SUBSIDY, State.PAYABLE): 15_840_000}


async def test_closing_a_month_closes_every_earlier_one_that_is_open_first(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), *said.bought("o0", "2021-01-10", 10, 1_000_000), *FIRST])
    closed = await close(kept, "2021-03", datetime(2021, 4, 6, tzinfo=UTC))
    assert closed.closed == ("2021-01", "2021-02", "2021-03")
    assert (await close(kept, "2021-02", datetime(2021, 4, 7, tzinfo=UTC))).closed == ()


async def test_a_return_after_the_close_is_an_adjustment_of_april_with_march_as_its_origin(kept: Kept) -> None:
    await kept.tell([said.listed(), said.elected(), *FIRST, *SECOND])
    await close(kept, "2021-03", datetime(2021, 4, 6, tzinfo=UTC))
    back = await kept.tell([said.returned("o2", "2021-04-12", [(1, 50, 4_400_000)])])
    assert amounts(back) == [("clawback", -1_320_000), ("re_evaluation", -2_420_000)]
    assert {(posting.period, posting.origin_period) for posting in back} == {("2021-04", "2021-03")}
    await close(kept, "2021-04", datetime(2021, 5, 6, tzinfo=UTC))
    assert await kept.balances() == {BalanceOf(*SUBSIDY, State.PAYABLE): 12_100_000}
