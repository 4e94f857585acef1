"""A12 over HTTP: one per account and period by a named person, two at once make one, pricing and rewards learn it."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.accounts.elections.models import ElectionRow
from services.pricing.accounts.consumer import applied
from services.pricing.accounts.domain import Account as PricedAccount
from services.pricing.consumers import TOPICS as PRICING_READS
from services.rewards.consumers import TOPICS as REWARDS_READ
from services.rewards.facts.accounts import Account as RewardedAccount
from services.rewards.facts.accounts import choice_on
from services.rewards.facts.fold import ACCOUNT_CHANGES
from shared.calendar import local_day, period_of
from shared.db.session import commit
from shared.events.accounts import ElectionMade
from shared.events.rewards import PeriodClosed
from shared.ids import new_id
from tests.accounts.programmes_house import House


def today_of(house: House) -> date:
    return local_day(house.accounts.app.state.mainstay.clock.now(), "Africa/Kinshasa")


def next_months(house: House, count: int) -> list[date]:
    found = [today_of(house)]
    for _ in range(count):
        found.append(period_of("month", found[-1]).until)
    return found[1:]


async def listed(house: House) -> str:
    """A key account for this year and the next two."""
    year = today_of(house).year
    return await house.on_the_list(*(f"{year + at}-H{half}" for at in range(3) for half in (1, 2)))


async def elect(house: House, account_id: str, choice: str, first: date | None, until: date, **fields):
    body = {"account_id": account_id, "programme": "p4", "choice": choice, "elected_by": "Ms Chen Li", **fields}
    start = {} if first is None else {"valid_from": first.isoformat()}
    return await house.people["rep"].post("/v1/elections", body | start | {"valid_until": until.isoformat()})


@pytest.mark.parametrize("choices", [("subsidy", "discount"), ("subsidy", "subsidy")], ids=["rivals", "twins"])
async def test_two_elections_at_once_make_exactly_one_a12(house, choices):
    first, *_, until = next_months(house, 4)
    for _ in range(4):
        account_id = await listed(house)
        answers = await asyncio.gather(*(elect(house, account_id, choice, first, until) for choice in choices))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        refused = next(answer.json() for answer in answers if answer.status_code == 409)
        assert refused["code"] == "already_elected"
        assert len(await house.told("ElectionMade", account_id)) == 1
        found = await house.people["rep"].get("/v1/elections", params={"account_id": account_id})
        assert len(found.json()["items"]) == 1


async def test_a_named_person_elects_a12(house):
    first, until = next_months(house, 2)
    account_id = await listed(house)
    for nobody in ("", "   "):
        answer = await elect(house, account_id, "subsidy", first, until, elected_by=nobody)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/elected_by")
    made = await elect(house, account_id, "subsidy", first, until)
    assert made.json()["elected_by"] == "Ms Chen Li"


async def test_an_election_without_a_first_day_starts_on_the_next_one_a12(house):
    until = next_months(house, 3)[-1]
    made = await elect(house, await listed(house), "subsidy", None, until)
    assert made.status_code == 201, made.text
    assert made.json()["valid_from"] == (today_of(house) + timedelta(days=1)).isoformat()


async def test_a_switch_asked_for_in_mid_period_takes_effect_with_the_next_one_a12(house):
    months = next_months(house, 8)
    account_id = await listed(house)
    standing = await standing_since_last_month(house, account_id, until=months[6])
    half_way = await elect(house, account_id, "discount", months[1] + timedelta(days=9), months[7])
    assert (half_way.status_code, half_way.json()["refusal"]) == (422, "election_not_allowed")
    assert "first of a month" in half_way.json()["errors"][0]["detail"]
    switched = await elect(house, account_id, "discount", None, months[7])
    assert switched.status_code == 201, switched.text
    assert (switched.json()["valid_from"], switched.json()["replaces"]) == (months[0].isoformat(), standing)
    again = await elect(house, account_id, "subsidy", months[0], months[7])
    assert (again.status_code, again.json()["code"]) == (409, "already_elected")


async def standing_since_last_month(house: House, account_id: str, *, until: date) -> str:
    """The id of a subsidy that has been in force since before this month."""
    first = period_of("month", period_of("month", today_of(house)).first - timedelta(days=1)).first
    row = ElectionRow(
        id=str(new_id()),
        account_id=account_id,
        programme="p4",
        choice="subsidy",
        valid_from=first,
        valid_until=until,
        elected_by="Ms Chen Li",
        recorded_by="rep",
        recorded_at=house.accounts.app.state.mainstay.clock.now(),
        replaces=None,
        decision={"decisions": []},
    )
    async with house.accounts.sessions() as session:
        session.add(row)
        await commit(session)
        return row.id


async def test_no_election_touches_a_settled_period_a12(house):
    months = next_months(house, 16)
    account_id = await listed(house)
    closed = months[14]
    await house.receives(
        PeriodClosed(
            occurred_at="2020-12-20T09:00:00+01:00",
            period=f"{closed:%Y-%m}",
            journal_position=1,
            statements=0,
        )
    )
    answer = await elect(house, account_id, "subsidy", closed, months[15])
    assert (answer.status_code, answer.json()["refusal"]) == (422, "election_not_allowed")
    assert await house.told("ElectionMade", account_id) == []
    reaching = await elect(house, account_id, "subsidy", months[12], months[15])
    assert reaching.status_code == 422
    assert (await elect(house, account_id, "subsidy", months[12], closed)).status_code == 201


async def test_pricing_and_rewards_both_learn_an_election_a12(house):
    months = next_months(house, 6)
    account_id = await listed(house)
    await elect(house, account_id, "subsidy", months[0], months[4])
    await elect(house, account_id, "discount", months[2], months[5])
    assert ElectionMade.topic in PRICING_READS
    assert ElectionMade.topic in REWARDS_READ
    priced, rewarded = PricedAccount(UUID(account_id), "KA", "kinshasa"), RewardedAccount(account_id)
    for told in await house.told("ElectionMade", account_id):
        priced = applied(priced, told) or priced
        rewarded = ACCOUNT_CHANGES[ElectionMade](rewarded, told)
    expected = [(months[0], "subsidy"), (months[1], "subsidy"), (months[2], "discount"), (months[4], "discount")]
    for day, choice in [*expected, (months[5], "none"), (months[0] - timedelta(days=1), "none")]:
        assert (priced.election(day), choice_on(rewarded, "p4", day)) == (choice, choice)


async def test_an_election_explains_which_conditions_it_met_a12(house):
    first, until = next_months(house, 2)
    made = await elect(house, await listed(house), "subsidy", first, until)
    path = f"/v1/elections/{made.json()['id']}/explanation"
    for language, words in (("en", "A named person elects"), ("zh", "由具名人员选择")):
        found = (await house.people["auditor"].get(path, headers={"Accept-Language": language})).json()
        assert any(words in line for line in found["lines"])
    assert (await house.people["other_rep"].get(path)).status_code == 404


async def test_an_election_that_would_be_over_before_it_starts_is_refused_a12(house):
    account_id = await listed(house)
    answer = await elect(house, account_id, "subsidy", None, today_of(house))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/valid_until")


async def test_another_branch_elects_for_nobody_here_a12(house):
    first, until = next_months(house, 2)
    body = {"account_id": await listed(house), "programme": "p4", "choice": "subsidy", "elected_by": "Ms Chen"}
    dates = {"valid_from": first.isoformat(), "valid_until": until.isoformat()}
    assert (await house.people["other_rep"].post("/v1/elections", body | dates)).status_code == 404
