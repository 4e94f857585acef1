"""A3: core, potential and general by contribution and growth, and what an account needs."""

from datetime import date
from typing import Any

import pytest

from services.accounts.standing import Standing, standing_on
from tests.accounts.ratings.build import at, bought, learn
from tests.accounts.ratings.test_runs import run


async def segment_on(people: dict[str, Any], account_id: str, day: str, **asked: str) -> dict[str, Any]:
    answer = await people["kam"].get(f"/v1/accounts/{account_id}/segments", params={"as_of": day, **asked})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def rated(accounts, people, opened, before: int, now: int) -> str:
    account = await opened()
    events = bought(account, "2019-06-10", net_minor=before, cost_minor=before // 2) if before else []
    events += bought(account, "2020-06-10", net_minor=now, cost_minor=now // 2) if now else []
    await learn(accounts, *events)
    return str(account)


@pytest.mark.parametrize(
    ("before", "now", "segment"),
    [
        pytest.param(100_000_000, 120_000_000, "core", id="contributes and grows"),
        pytest.param(120_000_000, 100_000_000, "core", id="contributes much"),
        pytest.param(1_000, 1_200, "potential", id="grows and contributes little"),
        pytest.param(1_200, 1_000, "general", id="neither"),
        pytest.param(0, 0, None, id="of whom nothing is known"),
    ],
)
async def test_a3_a_run_says_who_is_core_potential_or_general(accounts, people, opened, told, before, now, segment):
    account = await rated(accounts, people, opened, before, now)
    await run(people, account)
    today = accounts.app.state.mainstay.clock.now().date()
    following = date(today.year + today.month // 12, today.month % 12 + 1, 1).isoformat()
    assert (await segment_on(people, account, today.isoformat()))["segment"] is None
    assert (await segment_on(people, account, following))["segment"] == segment
    said = [
        {"segment": one["segment"], "valid_from": one["valid_from"]} for one in await told("SegmentChanged", account)
    ]
    assert said == ([{"segment": segment, "valid_from": following}] if segment else [])


async def test_a3_a_segment_that_stays_is_not_told_again_and_a_preview_decides_nothing(accounts, people, opened, told):
    account = await rated(accounts, people, opened, 1_000, 1_200)
    await run(people, account, preview=True)
    assert await told("SegmentChanged", account) == []
    await run(people, account)
    await run(people, account)
    assert len(await told("SegmentChanged", account)) == 1
    explained = await people["kam"].get(f"/v1/accounts/{account}/segments/explanation", params={"as_of": "2090-01-01"})
    assert any("Share of our margin" in line for line in explained.json()["lines"])


def test_a3_what_was_decided_last_holds_from_its_first_day():
    first = Standing("core", date(2021, 1, 1), at("2020-12-20"))
    second = Standing("general", date(2021, 8, 1), at("2021-07-03"))
    days = (date(2020, 12, 31), date(2021, 1, 1), date(2021, 7, 31), date(2021, 8, 1))
    held = [standing_on([first, second], day, at("2022-01-01")) for day in days]
    assert [one and one.word for one in held] == [None, "core", "core", "general"]
    assert standing_on([first, second], date(2021, 8, 1), at("2021-07-02")) == first


async def test_a3_needs_are_noted_whole_by_the_tags_of_the_table(people, opened):
    account = await opened()
    path = f"/v1/accounts/{account}/needs"
    first = await people["rep"].put(path, {"tags": ["handsets", "fast_delivery"]})
    assert first.status_code == 200, first.text
    assert [(one["tag"], one["kind"]) for one in first.json()["needs"]] == [
        ("fast_delivery", "service"),
        ("handsets", "product"),
    ]
    assert (await people["rep"].put(path, {"tags": ["training"]})).status_code == 200
    now = (await segment_on(people, account, "2021-01-01"))["needs"]
    then = (await segment_on(people, account, "2021-01-01", known_at=first.json()["recorded_at"]))["needs"]
    assert [[one["tag"] for one in noted] for noted in (now, then)] == [["training"], ["fast_delivery", "handsets"]]


async def test_a3_a_need_nobody_named_is_refused_where_it_stands(people, opened):
    account = await opened()
    answer = await people["rep"].put(f"/v1/accounts/{account}/needs", {"tags": ["handsets", "a_yacht"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/tags/1")
    assert (await people["other_rep"].put(f"/v1/accounts/{account}/needs", {"tags": []})).status_code == 404
    assert (await segment_on(people, account, "2021-01-01"))["needs"] == []
