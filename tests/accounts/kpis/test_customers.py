"""Whom the board counts (KPI, I2): accounts once merged are one customer, parted two again."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.kpis.customers import Customers, customers_before, listed_days, listed_lives, newcomer_lives
from services.accounts.kpis.models import DossierShare, KpiOrder
from services.accounts.kpis.repository import mean_share
from services.accounts.kpis.vantage import Day
from services.accounts.kpis.work import visits_due
from services.accounts.merges.domain import Heirs
from services.accounts.merges.models import AccountMerge
from services.accounts.merges.repository import heirs_at
from services.accounts.programmes.models import ListMember
from shared.calendar import period
from tests.accounts.conftest import Accounts
from tests.accounts.kpis.test_facts import PLANS
from tests.accounts.kpis.test_work import ZONE, an_account, at

Q1 = period("2021-Q1")
YEAR = date(2021, 1, 1), date(2022, 1, 1)


def an_order(name: str, account: str, placed: date) -> KpiOrder:
    return KpiOrder(
        order_id=name,
        account_id=account,
        branch="kinshasa",
        currency="CNY",
        placed_on=placed,
        recorded_at=datetime(2021, 1, 1, tzinfo=UTC),
        cancelled_on=None,
        lines={},
    )


@pytest_asyncio.fixture(loop_scope="session")
async def session(accounts: Accounts) -> AsyncIterator[AsyncSession]:
    """`old` is merged into `heir` on 10 February 2021 and parted on 1 May; never committed."""
    async with accounts.sessions() as session:
        session.add_all([an_account(name, "kinshasa") for name in ("old", "heir", "other")])
        await session.flush()
        session.add_all(
            [
                AccountMerge(
                    id="m", absorbed_id="old", into_id="heir", reason="one", merged_by="u1", merged_at=at(2, 10),
                    undone_because="two", undone_by="u1", undone_at=at(5, 1),
                ),
                an_order("o1", "old", date(2020, 6, 1)),
                an_order("o2", "heir", date(2021, 2, 20)),
                ListMember(
                    half_year="2021-H1", account_id="old", valid_from=YEAR[0], valid_until=YEAR[1], reason="strong",
                    recorded_at=at(1, 1),
                ),
                *(
                    DossierShare(account_id=name, on_day=date(2021, 1, 1), share=share, version=1, policy="p@1")
                    for name, share in (("old", 0), ("heir", 1))
                ),
            ]
        )  # fmt: skip
        await session.flush()
        yield session
        await session.rollback()


def by(day: date) -> Day:
    return Day(day, PLANS, ZONE)


async def customers_on(session: AsyncSession, moment: datetime) -> Customers:
    mine = select(Account.id).where(Account.id.in_(["old", "heir"]))
    return Customers(mine, await heirs_at(session, moment=moment), moment)


@pytest.mark.parametrize(
    ("moment", "mean", "before", "newcomers", "listed"),
    [
        pytest.param(at(2, 9), "0.5", 1, [], ["old"], id="before the merge they are two"),
        pytest.param(at(3, 1), "1", 1, ["heir"], ["heir"], id="then one with both histories"),
        pytest.param(at(5, 2), "0.5", 1, ["heir"], ["old"], id="and parted two again"),
    ],
)
async def test_i2_the_board_counts_customers_as_they_stood_on_its_day(
    session: AsyncSession, moment: datetime, mean: str, before: int, newcomers: list[str], listed: list[str]
) -> None:
    who, seen = await customers_on(session, moment), by(moment.date())
    share = await mean_share(session, accounts=who.going_on, day=seen.known_on)
    assert share is not None
    assert str(share.normalize()) == mean
    assert await customers_before(session, customers=who, span=Q1, day=seen) == before
    new = await newcomer_lives(session, customers=who, span=Q1, day=seen)
    assert [one.account_id for one in new] == newcomers
    assert [one.account_id for one in await listed_lives(session, customers=who, day=seen)] == listed


async def test_i2_a_customer_who_bought_under_the_other_number_is_neither_new_nor_lost(session: AsyncSession) -> None:
    who = await customers_on(session, at(3, 1))
    [life] = await newcomer_lives(session, customers=who, span=Q1, day=by(date(2021, 3, 1)))
    assert life.ordered_on == (date(2020, 6, 1), date(2021, 2, 20))
    assert life.listed == (YEAR,)


async def test_i2_a_return_visit_is_due_from_who_goes_on_at_the_months_end_a9(session: AsyncSession) -> None:
    who = await customers_on(session, at(3, 31))
    listed = await listed_days(session, customers=who, day=by(date(2021, 3, 31)))
    assert {one.account_id: one.listed for one in listed} == {
        "old": ((date(2021, 1, 1), date(2021, 2, 10)),),
        "heir": ((date(2021, 2, 10), date(2022, 1, 1)),),
    }
    due = visits_due(listed, {("old", "2021-01"), ("heir", "2021-02")}, Q1)
    assert sorted((one.on.month, one.done) for one in due) == [(1, True), (2, True), (3, False)]


NOON = datetime(2021, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "parts"),
    [
        pytest.param(("2021-01-01", "2021-02-01"), [("a", "2021-01-01", "2021-02-01")], id="before the merge its own"),
        pytest.param(
            ("2021-03-01", "2021-03-02"), [("b", "2021-03-01", "2021-03-02")], id="from its day on the heir's"
        ),
        pytest.param(
            ("2021-02-01", "2021-05-01"),
            [("a", "2021-02-01", "2021-03-01"), ("b", "2021-03-01", "2021-04-01"), ("c", "2021-04-01", "2021-05-01")],
            id="each merge hands on what is left",
        ),
        pytest.param(("2021-05-01", "2021-06-01"), [("c", "2021-05-01", "2021-06-01")], id="after all the last one's"),
    ],
)
def test_i2_a_span_of_days_is_shared_out_by_the_merges_without_hole_or_overlap(
    span: tuple[str, str], parts: list[tuple[str, str, str]]
) -> None:
    heirs = Heirs({"a": ("b", NOON), "b": ("c", NOON + timedelta(days=31))})
    days = date.fromisoformat(span[0]), date.fromisoformat(span[1])
    found = [(name, *(day.isoformat() for day in part)) for name, part in heirs.parts_of("a", days, ZONE)]
    assert found == parts
