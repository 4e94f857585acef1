"""A6: tiers by spend and frequency of a rolling year; they rise at once and fall after window and grace."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.dossiers.service import Whereabouts
from services.accounts.membership.domain import Days, Move, tier_move
from services.accounts.membership.service import follow_purchases, tier_rules
from services.accounts.ratings.jobs import EVERYTHING, SYSTEM
from services.accounts.standing import Standing, standing_on
from shared.db.session import commit
from shared.policy.compiled import CompiledPolicies
from shared.policy.rulebook import Rulebook
from tests.accounts.ratings.build import ZONE, Order, at, bought, learn

RANKS = ("regular", "silver", "gold", "diamond")
TODAY, FALLS = date(2021, 3, 10), date(2021, 5, 1)
LONG_AGO = date(2020, 1, 1)


def recorded(*words: tuple[str | None, date]) -> list[Standing]:
    return [Standing(word, first, at("2020-01-01") + timedelta(days=n)) for n, (word, first) in enumerate(words)]


@pytest.mark.parametrize(
    ("before", "computed", "move"),
    [
        pytest.param([], "regular", ("regular", TODAY), id="the first one at once"),
        pytest.param([("silver", LONG_AGO)], "silver", None, id="nothing where it stands"),
        pytest.param([("silver", LONG_AGO)], "gold", ("gold", TODAY), id="up at once"),
        pytest.param([("gold", LONG_AGO)], "silver", ("silver", FALLS), id="down after window and grace"),
        pytest.param([("gold", LONG_AGO), ("silver", date(2021, 4, 1))], "silver", None, id="on its way already"),
        pytest.param(
            [("gold", LONG_AGO), ("silver", date(2021, 4, 1))], "gold", ("gold", TODAY), id="reached again in time"
        ),
        pytest.param(
            [("gold", LONG_AGO), ("regular", date(2021, 4, 1))],
            "silver",
            ("silver", date(2021, 4, 1)),
            id="a smaller fall keeps the day",
        ),
        pytest.param(
            [("gold", LONG_AGO), ("silver", date(2021, 4, 1))],
            "regular",
            ("regular", FALLS),
            id="a deeper fall has its own grace",
        ),
        pytest.param([("gold", LONG_AGO), (None, date(2021, 2, 1))], "silver", ("silver", TODAY), id="back again"),
    ],
)
def test_a6_a_tier_rises_at_once_and_falls_late(before, computed, move):
    expected = None if move is None else Move(*move)
    assert tier_move(RANKS, recorded(*before), computed, days=Days(TODAY, FALLS)) == expected


@given(computed=st.lists(st.sampled_from(RANKS), min_size=1, max_size=60), grace=st.integers(1, 30))
def test_a6_no_tier_falls_before_its_grace_and_none_is_kept_longer(computed, grace):
    """Day by day: what is held is the best of the last days of grace, and never less than what is reached today."""
    history: list[Standing] = []
    for n, tier in enumerate(computed):
        today = LONG_AGO + timedelta(days=n)
        moved = tier_move(RANKS, history, tier, days=Days(today, today + timedelta(days=grace)))
        if moved:
            history.append(Standing(moved.tier, moved.valid_from, at("2020-01-01") + timedelta(days=n)))
        held = standing_on(history, today, at("2030-01-01"))
        assert held is not None
        lately = [RANKS.index(one) for one in computed[max(0, n - grace) : n + 1]]
        assert RANKS.index(tier) <= RANKS.index(held.word)
        assert RANKS.index(held.word) <= max(lately)
        if len(lately) > grace and len(set(lately)) == 1:
            assert held.word == tier


async def follow(accounts: Any, day: str) -> int:
    now = datetime.fromisoformat(f"{day}T23:30:00").replace(tzinfo=ZoneInfo(ZONE))
    async with accounts.sessions() as session:
        rules = tier_rules(Rulebook((await CompiledPolicies().current(session)).in_force(now.date())))
        seen = await follow_purchases(session, rules=rules, who=Whereabouts(SYSTEM, EVERYTHING, now, ZONE))
        await commit(session)
    return seen


async def tier(people: dict[str, Any], account_id: str, **asked: str) -> dict[str, Any]:
    answer = await people["kam"].get(f"/v1/accounts/{account_id}/tier", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def enrolled(people: dict[str, Any], account_id: str) -> None:
    answer = await people["rep"].post(f"/v1/accounts/{account_id}/membership", {})
    assert answer.status_code == 201, answer.text


def day_of(accounts: Any, months: int = 0) -> date:
    today = accounts.app.state.mainstay.clock.now().date()
    return date(today.year + (today.month - 1 + months) // 12, (today.month - 1 + months) % 12 + 1, 1)


def spree(account: str, day: str, *, orders: int, each: int) -> list[Any]:
    return [event for _ in range(orders) for event in bought(account, day, net_minor=each)]


@pytest.mark.parametrize(
    ("orders", "spend", "word"),
    [
        pytest.param(3, 900_000, "regular", id="spend without frequency"),
        pytest.param(24, 24, "regular", id="frequency without spend"),
        pytest.param(4, 900_000, "silver", id="the lower of the two grades"),
        pytest.param(12, 240_000, "gold", id="both for gold"),
        pytest.param(24, 960_000, "diamond", id="both for diamond"),
    ],
)
async def test_a6_a_tier_needs_spend_and_frequency(accounts, people, opened, told, orders, spend, word):
    account, day = await opened(), day_of(accounts, -2).isoformat()
    await learn(accounts, *spree(account, day, orders=orders, each=spend * 100 // orders))
    await enrolled(people, account)
    found = await tier(people, account)
    assert (found["tier"], found["enrolled"], found["planned"]) == (word, True, None)
    assert [one["tier"] for one in await told("TierChanged", account)] == [word]
    explained = await people["kam"].get(f"/v1/accounts/{account}/tier/explanation")
    assert any("the lowest of the 2 criteria" in line for line in explained.json()["lines"])


async def test_a6_a_tier_rises_with_the_order_and_falls_when_the_year_has_moved_on(accounts, people, opened, told):
    account, other = await opened(), await opened()
    await enrolled(people, account)
    await enrolled(people, other)
    today = accounts.app.state.mainstay.clock.now().date()
    assert (await tier(people, account))["tier"] == "regular"
    assert await follow(accounts, today.isoformat()) >= 2, "the first round looks at everybody"
    await learn(accounts, *spree(account, today.isoformat(), orders=12, each=20_000_00))
    assert await follow(accounts, today.isoformat()) == 1, "then at those whose orders moved"
    assert await follow(accounts, today.isoformat()) == 0
    later = today + timedelta(days=366)
    await follow(accounts, later.isoformat())
    changed = [(one["tier"], one["valid_from"]) for one in await told("TierChanged", account)]
    falls = date(later.year + (later.month + 1) // 12, (later.month + 1) % 12 + 1, 1)
    assert changed == [
        ("regular", today.isoformat()),
        ("gold", today.isoformat()),
        ("regular", falls.isoformat()),
    ]
    await learn(accounts, *spree(account, later.isoformat(), orders=12, each=20_000_00))
    await follow(accounts, (later + timedelta(days=1)).isoformat())
    assert (await told("TierChanged", account))[-1]["tier"] == "gold", "reached again in time"


async def test_a6_a_tier_does_not_fall_on_what_is_not_spent_s_f10(accounts, people, opened):
    """Only returns and time take qualifying spend away; a payment or a later price does not."""
    account, day = await opened(), day_of(accounts, -1).isoformat()
    order = Order(account)
    await learn(accounts, *spree(account, day, orders=11, each=20_000_00))
    await learn(accounts, order.placed(day, net_minor=20_000_00), order.delivered(day), order.paid(day, 20_000_00))
    await enrolled(people, account)
    assert (await tier(people, account))["tier"] == "gold"
    today = accounts.app.state.mainstay.clock.now().date()
    await learn(accounts, order.returned(day, 10, 20_000_00))
    await follow(accounts, today.isoformat())
    assert (await tier(people, account))["tier"] == "gold", "220,000 is still gold"


async def test_a6_who_leaves_has_no_tier_from_that_day(accounts, people, opened, told):
    account = await opened()
    await enrolled(people, account)
    again = await people["rep"].post(f"/v1/accounts/{account}/membership", {})
    assert (again.status_code, again.json()["code"]) == (409, "already_enrolled")
    last = accounts.app.state.mainstay.clock.now().date() + timedelta(days=400)
    path = f"/v1/accounts/{account}/membership/end"
    left = await people["rep"].post(path, {"left_on": last.isoformat(), "reason": "closed"})
    assert left.status_code == 201, left.text
    assert (await people["rep"].post(path, {"left_on": last.isoformat(), "reason": "closed"})).status_code == 409
    await follow(accounts, last.isoformat())
    assert [one.get("tier") for one in await told("TierChanged", account)] == ["regular", None]


async def test_a6_an_end_still_to_come_is_moved_and_no_day_is_of_two_memberships(accounts, people, opened, told):
    account, today = await opened(), accounts.app.state.mainstay.clock.now().date()
    path = f"/v1/accounts/{account}/membership"
    await enrolled(people, account)
    far = await people["rep"].post(f"{path}/end", {"left_on": "2199-01-01", "reason": "a slip of the hand"})
    assert far.status_code == 201, far.text
    again = await people["rep"].post(path, {})
    assert (again.status_code, again.json()["code"]) == (409, "already_enrolled")
    soon = (today + timedelta(days=2)).isoformat()
    moved = await people["rep"].post(f"{path}/end", {"left_on": soon, "reason": "meant in two days"})
    assert (moved.status_code, moved.json()["left_on"]) == (201, soon)


async def test_a6_who_left_does_not_join_again_for_days_he_was_a_member(accounts, people, opened):
    account, today = await opened(), accounts.app.state.mainstay.clock.now().date()
    path = f"/v1/accounts/{account}/membership"
    assert (await people["rep"].post(path, {"enrolled_on": "2020-01-01"})).status_code == 201
    await people["rep"].post(f"{path}/end", {"left_on": today.isoformat(), "reason": "closed"})
    over = await people["rep"].post(path, {"enrolled_on": "2021-01-01"})
    assert (over.status_code, over.json()["code"]) == (409, "already_enrolled")
    assert (await people["rep"].post(path, {})).status_code == 201


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        pytest.param("membership", {"enrolled_on": "2090-01-01"}, "/enrolled_on", id="joins on a day to come"),
        pytest.param("membership/end", {"left_on": "2020-01-01", "reason": "x"}, "/left_on", id="left before today"),
        pytest.param("membership/end", {"left_on": "2021-02-30", "reason": "x"}, "/left_on", id="on no day"),
        pytest.param("membership/end", {"left_on": "2090-01-01"}, "/reason", id="leaves without a reason"),
    ],
)
async def test_a6_a_wrong_day_of_membership_is_refused_at_its_field(people, opened, path, body, pointer):
    account = await opened()
    if path.endswith("end"):
        await enrolled(people, account)
    answer = await people["rep"].post(f"/v1/accounts/{account}/{path}", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await people["other_rep"].post(f"/v1/accounts/{account}/membership", {})).status_code == 404


async def test_a6_who_is_no_member_has_no_tier(people, opened):
    account = await opened()
    found = await tier(people, account)
    assert (found["enrolled"], found["tier"], found["history"]) == (False, None, [])
    assert (await people["kam"].get(f"/v1/accounts/{account}/tier/explanation")).status_code == 404
    assert (await people["other_rep"].get(f"/v1/accounts/{account}/tier")).status_code == 404
