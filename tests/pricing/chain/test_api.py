"""The chain from quote to reward, walked from each of its ends on a real database (P10)."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from services.pricing.chain.consumer import learn_of_rewards
from shared.db.session import commit
from shared.events.rewards import MoneyText, RewardAccrued, RewardAdjusted
from tests.pricing.conftest import START, Pricing, cny, contract_event, good, received
from tests.pricing.orders.test_api import accepted_quote, drawing


@dataclass
class Chained:
    quote_id: str
    contract_id: str
    order_id: str
    movements: dict[str, str]
    rewards: dict[str, str]


def reward(beneficiary: str, amount: str, **more: Any) -> RewardAccrued:
    said = {
        "occurred_at": START, "reward_id": str(uuid4()), "beneficiary": beneficiary, "policy": "volume-subsidy@1",
        "window": "2021-03", "period": "2021-03", "state": "accrued", "explanation": "/v1/accruals/x/explanation",
        "amount": MoneyText(amount=amount, currency="CNY"), "balance_after": MoneyText(amount=amount, currency="CNY"),
    }  # fmt: skip
    return RewardAccrued(**said | more)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chained(pricing: Pricing) -> Chained:
    """An order under a contract, delivered, accepted and paid; its account and a salesperson were rewarded."""
    quote, rep = await accepted_quote(pricing, 5), pricing.caller("rep")
    signed = contract_event(quote["account_id"], {quote["lines"][0]["sku"]: 5})
    await pricing.hear(signed)
    order = await good(rep.post("/v1/orders", drawing(quote, 5, contract_id=signed.contract_id)))
    path = f"/v1/orders/{order['id']}"
    await good(rep.post(f"{path}/confirm"))
    await good(rep.post(f"{path}/deliveries", {"lines": [{"line": 1, "quantity": 5}]}))
    await good(pricing.caller("fin").post(f"{path}/payments", {"amount": cny("4400.00")}))
    await good(rep.post(f"{path}/acceptances", {}))
    account = f"account:{quote['account_id']}"
    subsidy = reward(account, "880.00", order_id=order["id"], account_id=quote["account_id"], line=1)
    bonus = reward("salesperson:someone-else", "300.00", contract_id=signed.contract_id)
    less = RewardAdjusted(**subsidy.model_dump() | {"reward_id": str(uuid4()), "corrects": subsidy.reward_id})
    await pricing.hear(subsidy, bonus, less, reward(account, "1.00"))
    chain = await good(rep.get(f"{path}/chain"))
    return Chained(
        quote["id"], signed.contract_id, order["id"],
        {one["kind"]: one["id"] for one in chain["movements"]},
        {"account": subsidy.reward_id, "salesperson": bonus.reward_id},
    )  # fmt: skip


async def test_p10_the_chain_of_an_order_goes_from_its_quote_to_its_rewards(pricing: Pricing, chained: Chained) -> None:
    chain = await good(pricing.caller("auditor").get(f"/v1/orders/{chained.order_id}/chain"))
    assert (chain["quote"]["id"], chain["contract"]["id"]) == (chained.quote_id, chained.contract_id)
    assert [one["kind"] for one in chain["movements"]] == ["delivered", "paid", "accepted"]
    assert [(one["event"], one["amount"]["amount"]) for one in chain["earned"]] == [
        ("RewardAccrued", "880.00"), ("RewardAccrued", "300.00"), ("RewardAdjusted", "880.00"),
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["quote", "contract", "delivered", "accepted", "paid", "reward", "bonus"])
async def test_p10_every_end_of_the_chain_leads_to_the_order(pricing: Pricing, chained: Chained, end: str) -> None:
    ends = {
        "quote": f"quote/{chained.quote_id}", "contract": f"contract/{chained.contract_id}",
        "reward": f"reward/{chained.rewards['account']}", "bonus": f"reward/{chained.rewards['salesperson']}",
        **{kind: f"movement/{identity}" for kind, identity in chained.movements.items()},
    }  # fmt: skip
    page = await good(pricing.caller("rep").get(f"/v1/chains/{ends[end]}"))
    assert [one["order"]["id"] for one in page["items"]] == [chained.order_id]
    assert (await good(pricing.caller("lubumbashi").get(f"/v1/chains/{ends[end]}")))["items"] == []


async def test_p10_a_rep_sees_the_accounts_rewards_and_not_anothers_bonus(pricing: Pricing, chained: Chained) -> None:
    chain = await good(pricing.caller("rep").get(f"/v1/orders/{chained.order_id}/chain"))
    assert {one["beneficiary"].partition(":")[0] for one in chain["earned"]} == {"account"}


async def test_p10_the_same_reward_told_twice_is_earned_once(pricing: Pricing, chained: Chained) -> None:
    once = received(reward("account:a", "5.00", order_id=chained.order_id))
    for _ in range(2):
        async with pricing.sessions() as session:
            await learn_of_rewards(session, [once])
            await commit(session)
    chain = await good(pricing.caller("auditor").get(f"/v1/orders/{chained.order_id}/chain"))
    assert [one["amount"]["amount"] for one in chain["earned"]].count("5.00") == 1


async def test_p10_an_end_nobody_knows_is_an_empty_list_and_a_strange_kind_is_refused(pricing: Pricing) -> None:
    auditor = pricing.caller("auditor")
    assert (await good(auditor.get(f"/v1/chains/quote/{uuid4()}")))["items"] == []
    assert (await auditor.get(f"/v1/chains/invoice/{uuid4()}")).status_code == 422
