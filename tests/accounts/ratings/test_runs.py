"""A2, A5: every fact of the scorecard from what was recorded, proposals with their evidence, and what came late."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.accounts.ratings.jobs import rate_ended_period
from shared.db.session import commit
from shared.policy.compiled import CompiledPolicies
from tests.accounts.ratings.build import ZONE, Order, bought, granted, learn, rate

YEAR_END = "2020-12-31"


async def run(people: dict[str, Any], *account_ids: str, as_of: str = YEAR_END, preview: bool = False) -> Any:
    body = {"accounts": list(account_ids), "as_of": as_of, "preview": preview}
    answer = await people["kam"].post("/v1/rating-runs", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["results"][0]


async def proposal(people: dict[str, Any], account_id: str, **asked: Any) -> Any:
    found = await run(people, account_id, **asked)
    return (await people["kam"].get(f"/v1/rating-proposals/{found['proposal_id']}")).json()


def criterion(found: dict[str, Any], name: str) -> dict[str, Any]:
    [node] = [one for one in found["decision"]["trace"]["inside"] if one.get("written", {}).get("id") == name]
    return dict(node["inputs"][0])


def value(found: dict[str, Any], name: str) -> Any:
    said = criterion(found, name).get("value")
    return Decimal(said["decimal"]) if isinstance(said, dict) and "decimal" in said else said


async def assess(people: dict[str, Any], account_id: str, **facts: str) -> None:
    for fact, word in facts.items():
        body = {"fact": f"account.{fact}", "value": word, "assessed_on": "2020-11-01", "evidence": "on file"}
        answer = await people["kam"].post(f"/v1/accounts/{account_id}/assessments", body)
        assert answer.status_code == 201, answer.text


async def test_a2_every_criterion_is_answered_by_what_the_service_keeps(accounts, people, opened):
    account, other = await opened(), await opened()
    late = Order(account, credit_days=30)
    await learn(
        accounts,
        *bought(account, "2019-06-10", net_minor=10_000_000, cost_minor=8_000_000, credit_days=0),
        *bought(account, "2020-06-10", net_minor=11_000_000, cost_minor=8_000_000, credit_days=0),
        *bought(other, "2020-06-10", net_minor=20_000_000, cost_minor=13_000_000),
        late.placed("2020-08-01", net_minor=1_000_000, cost_minor=800_000),
        late.delivered("2020-08-01"),
        late.paid("2020-09-10", 1_000_000),
    )
    await assess(
        people, account, credit="high", business_sense="fair", brand_awareness="weak", willingness="high",
        territory_share="0.25",
    )  # fmt: skip
    contact = {"kind": "call", "on_day": "2020-07-01", "note": "asked for handsets"}
    assert (await people["rep"].post(f"/v1/accounts/{account}/contacts", contact)).status_code == 201
    found = await proposal(people, account)
    assert value(found, "volume") == {"amount": "120000.00", "currency": "CNY"}
    assert value(found, "growth") == Decimal("0.2")
    assert value(found, "margin") == Decimal("3200000") / 10_200_000
    assert value(found, "payment") == 1  # (0 × 110,000 + 10 × 10,000) ÷ 120,000, rounded up
    assert [value(found, name) for name in ("credit", "sense", "brand", "willingness")] == [
        "high", "fair", "weak", "high",
    ]  # fmt: skip
    assert (value(found, "share"), value(found, "activity")) == (Decimal("0.25"), 1)
    # 20×20 + 10×100 + 15×100 + 15×100 + 15×100 + 5×60 + 5×0 + 5×100 + 5×20 + 5×100, of 100
    assert found["score"] == "73.00"


@pytest.mark.parametrize(
    ("pay_on", "days"),
    [
        pytest.param("2020-08-31", 0, id="on the due day"),
        pytest.param("2020-08-05", 0, id="before it"),
        pytest.param("2020-09-01", 1, id="the day after"),
        pytest.param("2020-12-31", 122, id="on the day of the rating"),
        pytest.param("2021-01-05", 122, id="after that day it is still open, with its days so far"),
        pytest.param(None, 122, id="never"),
    ],
)
async def test_a2_days_late_count_from_the_due_day(accounts, people, opened, pay_on, days):
    account = await opened()
    order = Order(account, credit_days=30)
    await learn(accounts, order.placed("2020-08-01", net_minor=100_00), order.delivered("2020-08-01"))
    if pay_on:
        await learn(accounts, order.paid(pay_on, 100_00))
    assert value(await proposal(people, account), "payment") == days


async def test_a2_an_order_without_terms_says_nothing_of_timeliness(accounts, people, opened):
    account = await opened()
    await learn(accounts, *bought(account, "2020-08-01", net_minor=100_00))
    found = criterion(await proposal(people, account), "payment")
    assert "value" not in found


async def test_a2_what_is_paid_returned_or_cancelled_after_the_day_does_not_count_on_it(accounts, people, opened):
    account = await opened()
    first, second, third = Order(account), Order(account), Order(account)
    await learn(
        accounts,
        first.placed("2020-12-01", net_minor=100_00),
        first.delivered("2020-12-01"),
        first.paid("2021-01-04", 100_00),
        second.placed("2020-12-01", net_minor=200_00),
        second.delivered("2020-12-01"),
        second.paid("2020-12-02", 200_00),
        second.returned("2021-01-05", 10, 200_00),
        third.placed("2020-12-01", net_minor=400_00),
        third.delivered("2020-12-01"),
        third.paid("2020-12-02", 400_00),
        third.cancelled("2020-12-03"),
    )
    at_year_end = value(await proposal(people, account), "volume")
    a_week_later = value(await proposal(people, account, as_of="2021-01-07"), "volume")
    assert (at_year_end["amount"], a_week_later["amount"]) == ("200.00", "100.00")


async def test_a2_other_currencies_count_at_the_rate_of_their_delivery_and_without_a_rate_not_at_all(
    accounts, people, opened
):
    account, unknown = await opened(), await opened()
    await learn(
        accounts,
        rate("USD", "CNY", "2020-01-01", "6.50"),
        rate("USD", "CNY", "2020-07-01", "7.00"),
        rate("CNY", "XAF", "2020-01-01", "85"),
        *bought(account, "2020-06-30", net_minor=100_01, currency="USD"),
        *bought(account, "2020-07-01", net_minor=100_00, currency="USD"),
        *bought(account, "2020-07-01", net_minor=1_000, currency="XAF"),
        *bought(unknown, "2020-07-01", net_minor=100_00, currency="GBP"),
    )
    # 650.065 rounds half up to 650.07; 1,000 ÷ 85 = 11.7647… to 11.76
    assert value(await proposal(people, account), "volume")["amount"] == "1361.83"
    assert "value" not in criterion(await proposal(people, unknown), "volume")


async def test_a5_growth_stands_on_a_frozen_baseline_s_a8(accounts, people, opened):
    account = await opened()
    await learn(
        accounts,
        *bought(account, "2019-06-10", net_minor=100_00),
        *bought(account, "2020-06-10", net_minor=150_00),
    )
    assert value(await proposal(people, account), "growth") == Decimal("0.5")
    await learn(accounts, *bought(account, "2019-07-10", net_minor=900_00))
    await learn(accounts, *bought(account, "2020-07-10", net_minor=50_00))
    assert value(await proposal(people, account), "growth") == Decimal("1")


async def test_a5_what_came_late_changes_the_next_proposal_and_is_named_there(accounts, people, opened, told):
    account = await opened()
    await learn(accounts, *bought(account, "2020-06-10", net_minor=150_000_00))
    first = await proposal(people, account)
    assert first["late"] == []
    order = Order(account)
    events = (order.placed("2020-12-30", net_minor=60_000_00), order.delivered("2020-12-30"))
    await learn(accounts, *events, order.paid("2020-12-31", 60_000_00), recorded="2090-01-01")
    assert (await people["kam"].get(f"/v1/rating-proposals/{first['id']}")).json()["decision"] == first["decision"]

    second = await proposal(people, account, as_of="2021-06-30")
    assert value(second, "volume")["amount"] == "60000.00"
    [late] = second["late"]
    assert (late["kind"], late["id"], late["net"]["amount"]) == ("order", order.ids["order_id"], "60000.00")
    assert late["happened_on"] == "2020-12-31"


async def test_a5_a_judgement_recorded_late_is_named_too(accounts, people, opened):
    account = await opened()
    await learn(accounts, *bought(account, "2020-06-10", net_minor=150_000_00))
    await proposal(people, account)
    await assess(people, account, credit="high")
    [late] = (await proposal(people, account))["late"]
    assert (late["kind"], late["fact"], late["value"]) == ("assessment", "account.credit", "high")


async def test_a5_a_newer_rating_withdraws_what_an_older_one_still_asks(accounts, people, opened, told):
    account = await opened()
    first, second = await proposal(people, account), await proposal(people, account)
    assert second["state"] == "proposed"
    assert (await people["kam"].get(f"/v1/rating-proposals/{first['id']}")).json()["state"] == "superseded"
    assert len(await told("ApprovalAskWithdrawn", f"rating/{first['id']}")) == 1
    await learn(accounts, granted(first["id"], "2021-01-05"))
    assert await class_on(people, account, "2021-02-01") is None
    await learn(accounts, granted(second["id"], "2021-01-05"))
    assert await class_on(people, account, "2021-02-01") == "C"


async def proposals_of(people: dict[str, Any], account_id: str) -> list[tuple[str, str]]:
    listed = await people["kam"].get("/v1/rating-proposals", params={"account_id": account_id})
    return [(one["as_of"], one["state"]) for one in listed.json()["items"]]


async def test_a5_a_rating_on_older_facts_never_displaces_one_on_newer_ones(accounts, people, opened, told):
    account = await opened()
    newer = await proposal(people, account, as_of="2021-06-30")
    older = await proposal(people, account, as_of="2020-12-31")
    assert await proposals_of(people, account) == [("2021-06-30", "proposed"), ("2020-12-31", "superseded")]
    assert await told("ApprovalSought", f"rating/{older['id']}") == []
    assert await told("ApprovalAskWithdrawn", f"rating/{newer['id']}") == []
    newest = await proposal(people, account, as_of="2021-09-30")
    assert [state for _, state in await proposals_of(people, account)] == ["superseded", "superseded", "proposed"]
    await learn(accounts, granted(newest["id"], "2021-10-05"), granted(older["id"], "2021-10-06"))
    assert (await proposal(people, account, as_of="2020-12-31"))["state"] == "superseded"
    assert [one["proposal_id"] for one in await told("ClassChanged", account)] == [newest["id"]]


async def test_a5_of_ratings_run_at_once_one_proposal_is_live(people, opened):
    account = await opened()
    body = {"accounts": [account], "as_of": YEAR_END}
    answers = await asyncio.gather(*(people["kam"].post("/v1/rating-runs", body) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert sorted(state for _, state in await proposals_of(people, account)) == ["proposed", "superseded", "superseded"]


async def test_a5_a_class_that_stays_asks_nobody(accounts, people, opened, told):
    account = await opened()
    first = await proposal(people, account)
    await learn(accounts, granted(first["id"], "2021-01-05"))
    again = await proposal(people, account, as_of="2021-06-30")
    assert (again["grade"], again["state"]) == (first["grade"], "unchanged")
    assert await told("ApprovalSought", f"rating/{again['id']}") == []
    [asked] = await told("ApprovalSought", f"rating/{first['id']}")
    assert asked["requester"] == "system"
    assert asked["content"]["evidence"]["points"]["volume"] == "20"


async def class_on(people: dict[str, Any], account_id: str, day: str, **asked: str) -> str | None:
    answer = await people["kam"].get(f"/v1/accounts/{account_id}/classes", params={"as_of": day, **asked})
    assert answer.status_code == 200, answer.text
    found: str | None = answer.json()["grade"]
    return found


async def test_a5_every_account_is_rated_once_when_the_half_year_ends(accounts, people, opened):
    account = await opened()
    first = datetime(2026, 12, 31, 22, 59, tzinfo=UTC), datetime(2026, 12, 31, 23, 1, tzinfo=UTC)
    async with accounts.sessions() as session:
        policies = await CompiledPolicies().current(session)
        ended = []
        for now in (*first, first[1]):
            ended.append(await rate_ended_period(session, policies=policies, now=now, zone=ZONE))
            await commit(session)
    assert [one and one.key for one in ended] == ["2026-H1", "2026-H2", None]
    runs = (await people["kam"].get("/v1/rating-runs", params={"period": "2026-H2"})).json()["items"]
    assert [(one["as_of"], one["started_by"]) for one in runs] == [("2026-12-31", "system")]
    assert runs[0]["rated"] == runs[0]["proposed"] > 0
    listed = await people["kam"].get("/v1/rating-proposals", params={"account_id": account, "run_id": runs[0]["id"]})
    assert [one["account_id"] for one in listed.json()["items"]] == [account]
    before = (await people["kam"].get("/v1/rating-runs", params={"period": "2026-H1"})).json()["items"]
    assert before[0]["rated"] == 0, "nobody was there yet"


async def test_a5_of_half_years_that_were_missed_the_last_is_rated_since_it_stands_on_the_newest_facts(
    accounts, people, opened
):
    await opened()
    ended = []
    async with accounts.sessions() as session:
        policies = await CompiledPolicies().current(session)
        for now in (datetime(2027, 1, 1, 9, tzinfo=UTC), *[datetime(2029, 1, 5, 9, tzinfo=UTC)] * 2):
            ended.append(await rate_ended_period(session, policies=policies, now=now, zone=ZONE))
            await commit(session)
    assert [one and one.key for one in ended[1:]] == ["2028-H2", None]


async def test_a5_another_branch_sees_neither_proposals_nor_assessments(people, opened):
    account = await opened()
    found = await proposal(people, account)
    other = people["other_rep"]
    assert (await other.get(f"/v1/rating-proposals/{found['id']}")).status_code == 404
    assert (await other.get("/v1/rating-proposals", params={"account_id": account})).json()["items"] == []
    assert (await other.get(f"/v1/accounts/{account}/assessments")).status_code == 404


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"assessed_on": "2090-01-01"}, "/assessed_on", id="of a day to come"),
        pytest.param({"expires_on": "2020-01-01"}, "/expires_on", id="expired before its day"),
        pytest.param({"assessed_on": "2021-02-30"}, "/assessed_on", id="of a day there is not"),
        pytest.param({"evidence": " "}, "/evidence", id="without evidence"),
        pytest.param({"note": "x"}, "/note", id="with a field nobody knows"),
    ],
)
async def test_a2_a_judgement_has_a_day_and_evidence(people, opened, fields, pointer):
    account = await opened()
    body = {"fact": "account.credit", "value": "high", "assessed_on": "2020-11-01", "evidence": "on file", **fields}
    answer = await people["kam"].post(f"/v1/accounts/{account}/assessments", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await people["kam"].get(f"/v1/accounts/{account}/assessments")).json()["items"] == []
