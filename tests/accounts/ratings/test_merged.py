"""I2: an account that goes on for another is rated by what both did; parted again, each by its own."""

from decimal import Decimal
from typing import Any

import pytest

from services.accounts.ratings.facts import NOTHING, Bought, together
from tests.accounts.ratings.build import Order, bought, learn
from tests.accounts.ratings.test_runs import assess, proposal, run, value


async def merge(people: dict[str, Any], old: str, heir: str) -> str:
    body = {"absorbed_account_id": old, "into_account_id": heir, "reason": "one licence, two names"}
    made = await people["kam"].post("/v1/merges", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def part(people: dict[str, Any], merge_id: str) -> None:
    undone = await people["kam"].post(f"/v1/merges/{merge_id}/undo", {"reason": "two shops after all"})
    assert undone.status_code == 200, undone.text


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def test_i2_what_was_bought_before_the_merge_counts_for_the_rating_of_who_goes_on(accounts, people, opened):
    old, heir, first = await opened(), await opened(), await opened()
    await learn(
        accounts,
        *bought(heir, "2019-06-10", net_minor=1_000_000, cost_minor=800_000),
        *bought(heir, "2020-06-10", net_minor=2_000_000, cost_minor=1_800_000),
        *bought(old, "2019-06-10", net_minor=3_000_000, cost_minor=2_000_000),
        *bought(first, "2020-06-10", net_minor=4_000_000, cost_minor=3_000_000),
    )
    await assess(people, old, credit="high")
    await merge(people, first, old)
    merge_id = await merge(people, old, heir)
    joined = await proposal(people, heir)
    assert value(joined, "volume") == yuan("60000.00")
    assert value(joined, "growth") == Decimal("0.5")  # 60,000 after 10,000 + 30,000
    assert value(joined, "credit") == "high"
    await part(people, merge_id)
    alone = await proposal(people, heir)
    assert (value(alone, "volume"), value(alone, "growth")) == (yuan("20000.00"), Decimal(1))
    assert value(await proposal(people, old), "volume") == yuan("40000.00")


async def test_i2_each_history_keeps_its_own_frozen_baseline_s_a8(accounts, people, opened):
    old, heir = await opened(), await opened()
    await learn(
        accounts,
        *bought(heir, "2019-06-10", net_minor=1_000_000),
        *bought(heir, "2020-06-10", net_minor=2_000_000),
        *bought(old, "2019-06-10", net_minor=1_000_000),
    )
    await run(people, heir)
    merge_id = await merge(people, old, heir)
    assert value(await proposal(people, heir), "growth") == 0  # 20,000 after 10,000 + 10,000
    await learn(accounts, *bought(old, "2019-06-11", net_minor=9_000_000))
    assert value(await proposal(people, heir), "growth") == 0  # both are frozen now
    await part(people, merge_id)
    assert value(await proposal(people, heir), "growth") == 1


async def test_i2_what_came_late_for_either_is_named_in_the_next_proposal(accounts, people, opened):
    old, heir = await opened(), await opened()
    await learn(accounts, *bought(heir, "2020-06-10", net_minor=2_000_000))
    await merge(people, old, heir)
    await proposal(people, heir)
    order = Order(old)
    await learn(
        accounts, order.placed("2020-07-01", net_minor=500_000), order.delivered("2020-07-01"), recorded="2031-01-01"
    )
    late = (await proposal(people, heir))["late"]
    assert [one["id"] for one in late] == [order.ids["order_id"]]


async def test_i2_nobody_rates_what_was_merged_away(people, opened):
    old, heir = await opened(), await opened()
    await merge(people, old, heir)
    refused = await people["kam"].post("/v1/rating-runs", {"accounts": [old], "as_of": "2020-12-31"})
    assert (refused.status_code, refused.json()["code"], refused.json()["merged_into"]) == (409, "account_merged", heir)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        pytest.param([], NOTHING, id="of nobody nothing"),
        pytest.param(
            [NOTHING, Bought(net_minor=5, movements=1)], Bought(net_minor=5, movements=1), id="of one his own"
        ),
        pytest.param(
            [
                Bought(net_minor=5, paid_minor=1, movements=1, first_position=7, last_position=7, digest="-f"),
                Bought(net_minor=3, paid_minor=2, movements=2, first_position=2, last_position=9, digest="1"),
            ],
            Bought(net_minor=8, paid_minor=3, movements=3, first_position=2, last_position=9, digest="-10"),
            id="of two the sum, and where all of it comes from",
        ),
    ],
)
def test_i2_what_is_bought_together(parts, whole):
    assert together(parts) == whole
