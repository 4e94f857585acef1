"""A house whose services know each other's policies, and people who act in it."""

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.auth.principal import Holding, Principal
from shared.db.mechanisms import role_holding
from shared.policy import service
from shared.policy.forms import Document
from shared.policy.loader import Placed, load_pack, read_json
from shared.policy.seed import seed_pack
from shared.policy.service import Act

PACK = Path(__file__).parents[3] / "deploy" / "policies"
NOW = datetime(2020, 11, 1, 9, tzinfo=UTC)
SERVICES = ("accounts", "pricing", "approvals", "rewards")
BONUS: dict[str, Any] = {
    "id": "spring-bonus",
    "form": "benefit",
    "row": ["R7"],
    "title": {"en": "Spring bonus", "zh": "春季奖"},
    "source": {
        "document": "policies.md",
        "clause": "R7",
        "says": {"en": "A made-up bonus on a month's deliveries.", "zh": "按月提货额的示例奖励。"},
    },
    "owner": "finance_director",
    "zone": "Africa/Kinshasa",
    "valid": {"from": "2021-01-01"},
    "sample": True,
    "beneficiary": "account",
    "measure": {"fact": "purchases", "basis": "delivered", "per": "account", "window": "month", "currency": "CNY"},
    "table": {
        "mode": "whole_volume",
        "bounds": "[lower, upper)",
        "rows": [{"from": 0, "to": 50000, "nothing": True}, {"from": 50000, "amount": "500.00"}],
    },
    "outcome": {"kind": "cash", "currency": "CNY", "rounding": "half_up"},
    "timing": {"accrue": "on_each_fact", "settle": "window_end", "pay": "at_settlement"},
    "stacking": "monthly-pickup",
    "clawback": "re_evaluate",
}


def somebody(user_id: str, *roles: str) -> Principal:
    return Principal(user_id, user_id, "person", frozenset(Holding(role) for role in roles))


MAKER = somebody("mkt", "marketing")
CHECKER = somebody("findir", "finance_director")


def act(by: Principal = MAKER, now: datetime = NOW, mounted_in: str = "rewards") -> Act:
    return Act(by, mounted_in, now, now.date())


def bonus(**changes: Any) -> Document:
    return read_json({**BONUS, **changes})


@cache
def placed() -> tuple[Placed, ...]:
    return load_pack(PACK)


def pack() -> dict[str, Document]:
    return {one.document.id: one.document for one in placed()}


def of_service(name: str) -> list[Document]:
    return [one.document for one in placed() if one.service == name]


async def seed_house(session: AsyncSession) -> None:
    for name in SERVICES:
        await seed_pack(session, service=name, documents=of_service(name), now=NOW)
    roles = [str(row["role"]) for row in pack()["roles"].rows]  # type: ignore[union-attr]
    holdings = [{"holding_id": role, "user_id": role, "role": role, "valid_from": date(2000, 1, 1)} for role in roles]
    await session.execute(insert(role_holding), holdings)
    await outbox.flush(session)


async def published(session: AsyncSession, document: Document, *, by: Principal = CHECKER) -> service.Draft:
    """A document through its whole life: drafted and proposed by one, published by another."""
    draft = await service.draft_policy(session, document=document, act=act())
    of = {"policy_id": document.id, "draft_id": draft.draft_id}
    await service.propose(session, act=act(), retroactive_reason="a test", **of)  # type: ignore[arg-type]
    return await service.publish(session, act=act(by), **of)  # type: ignore[arg-type]


async def rows(session: AsyncSession, query: str, **of: Any) -> list[Any]:
    return list(await session.execute(text(query), of))
