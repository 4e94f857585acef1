"""The story's spring over HTTP: accruals and why, confirmation, closing, statements to the byte, refusals."""

from datetime import UTC, datetime

import pytest

from shared.policy.loader import load_pack
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import PACK
from tests.rewards.conftest import Rewards, items

FIRST = said.bought("o1", "2021-03-10", 400, 35_200_000, contract="con-1", new_brand=True, cost_minor=28_000_000)
SECOND = said.bought("o2", "2021-03-25", 200, 17_600_000, contract="con-1", new_brand=True, cost_minor=14_000_000)
ACCOUNT = "account:acc-1"


async def play_march(rewards: Rewards) -> None:
    now = datetime(2021, 3, 26, tzinfo=UTC)
    await rewards.told(said.opened(), said.listed(), said.elected(), said.product(), said.signed(), now=now)
    await rewards.told(*FIRST, *SECOND, now=now)


async def confirm_bonus(rewards: Rewards) -> None:
    found = await items(rewards.caller(said.REP), "/v1/accruals?policy=new-product-bonus")
    asked = await rewards.caller(said.REP).post("/v1/bonus-confirmations", {"reward_id": found[0]["id"]})
    assert asked.status_code == 201, asked.text
    answer = asked.json()
    granted = said.granted("award", answer["subject_id"], "2021-03-12", revision=answer["revision"])
    await rewards.told(granted, now=datetime(2021, 3, 27, tzinfo=UTC))


async def test_the_spring_of_one_account_from_accrual_to_a_statement_that_never_changes(rewards: Rewards) -> None:
    finance = rewards.caller("finance")
    await play_march(rewards)
    await confirm_bonus(rewards)
    early = await finance.post("/v1/periods/2021-03/close")
    assert (early.status_code, early.json()["code"]) == (409, "grace_not_over")
    await rewards.at("2021-04-06T07:00")
    closed = await finance.post("/v1/periods/2021-03/close")
    assert (closed.status_code, closed.json()["state"], closed.json()["statements"]) == (200, "closed", 2)
    printed = await finance.get(f"/v1/statements?beneficiary={ACCOUNT}&period=2021-03")
    (march,) = printed.json()["items"]
    assert [line["amount"]["amount"] for line in march["lines"]] == ["88000.00", "52800.00", "17600.00"]
    assert march["totals"] == [{"amount": "158400.00", "currency": "CNY"}]
    (bonus,) = await items(finance, f"/v1/statements?beneficiary=salesperson:{said.REP}&period=2021-03")
    assert [(line["amount"]["amount"], line["pays_in"]) for line in bonus["lines"]] == [("800.00", "2021-04")]

    back = said.returned("o2", "2021-04-12", [(1, 50, 4_400_000)])
    await rewards.told(back, now=datetime(2021, 4, 12, 8, tzinfo=UTC))
    await rewards.at("2021-04-13T07:00")
    known = f"/v1/statements?beneficiary={ACCOUNT}&period=2021-03&known_at=2021-04-11T00:00:00Z"
    assert (await finance.get(known)).content == printed.content
    (april,) = await items(finance, f"/v1/statements?beneficiary={ACCOUNT}&period=2021-04")
    assert april["state"] == "provisional"
    lines = [(line["kind"], line["amount"]["amount"], line["origin_period"]) for line in april["lines"]]
    assert lines == [("clawback", "-13200.00", "2021-03"), ("re_evaluation", "-24200.00", "2021-03")]
    assert april["totals"] == [{"amount": "-37400.00", "currency": "CNY"}]


@pytest.mark.parametrize("period", ["1900-01", "2020-12", "2021-05"])
async def test_a_month_before_anything_was_booked_or_still_to_come_has_no_statement(
    rewards: Rewards, period: str
) -> None:
    await play_march(rewards)
    await rewards.at("2021-04-06T07:00")
    finance = rewards.caller("finance")
    asked = f"/v1/statements?beneficiary=salesperson:{said.REP}&period="
    (provisional,) = await items(finance, asked + "2021-03")
    assert provisional["waiting"]
    assert await items(finance, asked + period) == []


async def test_an_orders_chain_finds_what_came_of_it_p10(rewards: Rewards) -> None:
    await play_march(rewards)
    finance = rewards.caller("finance")
    found = await items(finance, "/v1/accruals?order_id=o2")
    assert {one["order_id"] for one in found} == {"o2"}
    assert sum(int(one["amount"]["amount"].replace(".", "")) for one in found) == 7_040_000
    assert await items(finance, "/v1/accruals?order_id=nobody") == []


async def test_accruals_are_told_as_of_a_business_time_and_as_they_were_known(rewards: Rewards) -> None:
    await play_march(rewards)
    finance = rewards.caller("finance")
    march = await items(finance, "/v1/accruals")
    back = said.returned("o2", "2021-03-28", [(1, 50, 4_400_000)])
    await rewards.told(back, now=datetime(2021, 4, 12, 8, tzinfo=UTC))
    await rewards.at("2021-04-13T07:00")
    now_known = await items(finance, "/v1/accruals")
    assert len(now_known) > len(march)
    assert await items(finance, "/v1/accruals?known_at=2021-04-11T00:00:00Z") == march
    assert await items(finance, "/v1/accruals?known_at=2021-04-12T09:00:00Z") == now_known
    assert await items(finance, "/v1/accruals?as_of=2021-03-27T00:00:00Z") == march
    assert await items(finance, "/v1/accruals?as_of=2021-03-29T00:00:00Z") == now_known
    late = "as_of=2021-03-29T00:00:00Z&known_at=2021-04-11T00:00:00Z"
    assert await items(finance, f"/v1/accruals?{late}") == march
    early = {one["order_id"] for one in await items(finance, "/v1/accruals?as_of=2021-03-15T00:00:00Z")}
    assert "o1" in early
    assert "o2" not in early
    assert await items(finance, "/v1/accruals?known_at=2021-03-01T00:00:00Z") == []
    assert (await finance.get("/v1/accruals?as_of=2021-03-15")).status_code == 422


async def test_every_line_of_a_statement_is_explained_in_both_languages(rewards: Rewards) -> None:
    await play_march(rewards)
    await rewards.at("2021-04-06T07:00")
    finance = rewards.caller("finance")
    await finance.post("/v1/periods/2021-03/close")
    (march,) = await items(finance, f"/v1/statements?beneficiary={ACCOUNT}&period=2021-03")
    path = f"/v1/statements/{march['id']}/explanation"
    english = (await finance.get(path, headers={"Accept-Language": "en"})).json()
    chinese = (await finance.get(path, headers={"Accept-Language": "zh"})).json()
    assert [line["same_trace"] for line in english["lines"]] == [True, True, True]
    assert "30 % of 528,000.00 CNY" in " ".join(english["lines"][1]["text"])
    assert "大客户现金补贴" in " ".join(chinese["lines"][1]["text"])


async def test_another_branch_finds_nothing_and_a_wrong_body_is_told_where(rewards: Rewards) -> None:
    await play_march(rewards)
    other, path = rewards.caller("other"), f"/v1/statements?beneficiary={ACCOUNT}&period=2021-03"
    assert (await rewards.client.get(path)).status_code == 401
    assert (await other.get(path)).status_code == 404
    assert await items(other, "/v1/accruals") == []
    wrong = await rewards.caller(said.REP).post("/v1/bonus-confirmations", {"reward_id": "no id"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/reward_id")


async def test_progress_says_how_much_more_reaches_the_next_tier(rewards: Rewards) -> None:
    await play_march(rewards)
    (progress,) = await items(rewards.caller(said.REP), "/v1/accounts/acc-1/progress")
    assert progress["gap"] == {"amount": {"amount": "472000.00", "currency": "CNY"}, "to": "table.rows[3]"}


async def test_progress_is_told_as_it_was_known_and_only_for_an_instant_with_an_offset(rewards: Rewards) -> None:
    await play_march(rewards)
    path, rep = "/v1/accounts/acc-1/progress", rewards.caller(said.REP)
    assert await items(rep, f"{path}?known_at=2021-03-01T00:00:00Z") == []
    assert await items(rep, f"{path}?known_at=2021-12-31T00:00:00Z") == await items(rep, path)
    assert (await rep.call("GET", f"{path}?known_at=2021-03-20")).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/statements?beneficiary={ACCOUNT}&period=2021-03&known_at",
        "/v1/accruals?as_of",
        "/v1/ledger/balances?known_at",
    ],
)
async def test_an_instant_of_no_year_of_ours_is_refused_and_never_an_error_of_ours(rewards: Rewards, path: str) -> None:
    for instant in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"):
        answer = await rewards.caller("finance").call("GET", f"{path}={instant}")
        assert (answer.status_code, answer.json()["errors"][0]["in"]) == (422, "query"), answer.text


async def test_the_ledger_shows_its_accounts_entries_and_balances_and_verifies(rewards: Rewards) -> None:
    await play_march(rewards)
    finance = rewards.caller("finance")
    accounts = {one["account"]: one["balance"]["amount"] for one in await items(finance, "/v1/ledger/accounts")}
    assert accounts["expense:volume-subsidy"] == "-158400.00"
    assert accounts[f"accrued:{ACCOUNT}"] == "158400.00"
    assert len(await items(finance, f"/v1/ledger/entries?account=accrued:{ACCOUNT}")) == 3
    before = "known_at=2021-03-01T00:00:00Z"
    assert await items(finance, f"/v1/ledger/balances?{before}") == []
    assert {one["state"] for one in await items(finance, "/v1/ledger/balances")} == {"accrued", "pending"}
    verdict = (await finance.call("POST", "/v1/ledger/verify")).json()
    assert (verdict["ok"], verdict["sum_by_currency"]) == (True, [{"amount": "0.00", "currency": "CNY"}])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/v1/periods/2021-Q1", 404, id="a quarter is no settlement period"),
        pytest.param("/v1/periods/never", 404, id="a word is no settlement period"),
        pytest.param("/v1/periods/2021-03", 200, id="an empty month is open"),
        pytest.param("/v1/periods", 200, id="nothing was booked yet"),
        pytest.param("/v1/ledger/head", 200, id="an empty ledger has a head"),
    ],
)
async def test_periods_are_months(rewards: Rewards, path: str, status: int) -> None:
    assert (await rewards.caller("finance").get(path)).status_code == status


def test_the_pack_of_rewards_is_read_from_the_product() -> None:
    assert {placed.document.id for placed in load_pack(PACK.parent)} >= {"volume-subsidy", "settlement-calendar"}
