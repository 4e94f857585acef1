"""The page for newcomers is played as it is written: a YAML file becomes a reward, and no code changes."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from shared.db.session import commit
from tests.rewards import facts_told as said
from tests.rewards.conftest import Rewards, items
from tests.serving import employ

PAGE = Path(__file__).parents[2] / "docs" / "add-a-policy.md"
YAML = {"Content-Type": "application/yaml"}


def written_policy() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest_asyncio.fixture
async def owners(rewards: Rewards) -> Rewards:
    async with rewards.sessions() as session:
        await employ(session, "maker", "key_account_manager")
        await employ(session, "checker", "sales_director")
        await commit(session)
    return rewards


async def test_the_made_up_bonus_goes_from_draft_to_an_accrued_reward(owners: Rewards) -> None:
    maker, checker = owners.caller("maker"), owners.caller("checker")
    linted = await maker.post("/v1/policies/lint", content=written_policy(), headers=YAML)
    assert linted.json()["findings"] == []
    drafted = await maker.post("/v1/policies", content=written_policy(), headers=YAML)
    assert drafted.status_code == 201, drafted.text
    draft = f"/v1/policies/spring-pickup/drafts/{drafted.json()['draft_id']}"
    proposed = await maker.post(f"{draft}/propose")
    assert proposed.status_code == 200, proposed.text
    assert (await maker.post(f"{draft}/publish")).status_code == 403
    published = await checker.post(f"{draft}/publish")
    assert published.status_code == 200, published.text

    await owners.at("2021-04-10T12:00")
    bought = said.bought("o1", "2021-04-10", 250, 25_000_000)
    await owners.told(said.opened(), said.listed(), *bought, now=datetime(2021, 4, 10, 12, tzinfo=UTC))
    (accrued,) = await items(maker, "/v1/accruals?policy=spring-pickup")
    assert (accrued["amount"]["amount"], accrued["window"], accrued["reached_row"]) == ("2000.00", "2021-04", 1)
    (progress,) = await items(maker, "/v1/accounts/acc-1/progress")
    assert progress["gap"] == {"amount": {"amount": "150000.00", "currency": "CNY"}, "to": "table.rows[2]"}
    explained = (await maker.get(f"{accrued['explanation']}", headers={"Accept-Language": "zh"})).json()
    assert "春季提货奖" in explained["text"][0]
    assert explained["same_trace"] is True
