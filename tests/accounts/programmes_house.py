"""The accounts service at work: a caller for each role that programmes need, and events as the consumer hands them."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from services.accounts.consumers import take_events
from shared.db.session import commit
from shared.events.approvals import ApprovalGranted, StepDecided
from shared.events.envelope import Event
from shared.events.orders import LineQuantity, OrderDelivered, OrderLine, OrderPlaced
from shared.events.registry import EVENT_CLASSES
from shared.ids import new_id
from shared.policy.seed import pack_of, seed_pack
from shared.received import Received
from tests.accounts.conftest import PACK, Accounts
from tests.serving import Caller

DEPARTMENTS = ("market_development", "production_control", "cost_contracts", "treasury")
take = take_events("Africa/Kinshasa")


@dataclass
class House:
    """The accounts service at work: who calls it, and what reaches it."""

    accounts: Accounts
    people: dict[str, Caller]

    async def opened(self, **fields: Any) -> str:
        """The id of a new account of Kinshasa."""
        least = {"legal_name": "Ngaliema SARL", "branch": "kinshasa", "channel": "dealer", "sales_class": "wholesale"}
        answer = await self.people["kam"].post("/v1/accounts", {**least, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def receives(self, *events: Event) -> None:
        """As the consumer hands a batch to the service."""
        async with self.accounts.sessions() as session:
            await take(session, [delivered(event) for event in events])
            await commit(session)

    async def told(self, event: str, account_id: str) -> list[Any]:
        """The events of that class that were recorded for an account, in their order."""
        query = text("SELECT payload FROM outbox WHERE type = :type AND aggregateid = :id ORDER BY aggregate_seq")
        async with self.accounts.sessions() as session:
            rows = await session.execute(query, {"type": event, "id": account_id})
            return [EVENT_CLASSES[event].model_validate_json(bytes(row.payload)) for row in rows]

    async def on_the_list(self, *half_years: str, **fields: Any) -> str:
        """The id of a new account that stands on these lists."""
        return await imported(self, {"lists": list(half_years), **fields})


def delivered(event: Event) -> Received:
    return Received(
        event=event,
        event_id=new_id(),
        type=type(event).__name__,
        topic=event.topic,
        aggregate=event.aggregate,
        aggregate_id=event.aggregate_id(),
        sequence=1,
        key=event.partition_key(),
        payload=event.to_bytes(),
        received_at=event.occurred_at,
    )


async def imported(house: House, row: dict[str, Any]) -> str:
    number = str(row.get("number") or f"P-{new_id()}")
    least = {"number": number, "legal_name": "One", "branch": "kinshasa", "channel": "dealer", "sales_class": "retail"}
    answer = await house.people["kam"].call(
        "POST",
        "/v1/account-imports",
        content=json.dumps({**least, **row}).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert answer.json()["rejected"] == [], answer.text
    found = await house.people["auditor"].get("/v1/accounts", params={"number": number})
    return str(found.json()["items"][0]["id"])


ROLES = {
    "rep": {"role": "account_rep", "branch": "kinshasa"},
    "other_rep": {"role": "account_rep", "branch": "lubumbashi"},
    "branch_manager": {"role": "branch_manager", "branch": "lubumbashi"},
    "kam": {"role": "key_account_manager"},
    "sales": {"role": "sales_director"},
    "auditor": {"role": "auditor"},
    **{name: {"role": "department_head", "department": name} for name in DEPARTMENTS},
}


async def open_house(accounts: Accounts) -> House:
    """The whole pack published, everybody at his desk."""
    async with accounts.sessions() as session:
        now = accounts.app.state.mainstay.clock.now()
        for service in ("accounts", "approvals"):
            await seed_pack(session, service=service, documents=pack_of(PACK, service), now=now)
        await commit(session)
    people = {name: await accounts.caller((await accounts.new_user(role))["login"]) for name, role in ROLES.items()}
    return House(accounts, people)


MOMENT = "2020-12-20T09:00:00+01:00"


def granted(subject_type: str, subject_id: str, *, revision: int = 1, at: str = MOMENT) -> ApprovalGranted:
    return ApprovalGranted(
        occurred_at=at,
        request_id=str(new_id()),
        subject_type=subject_type,
        subject_id=subject_id,
        revision=revision,
        content_hash="0" * 64,
        granted_at=at,
    )


def decided(key: str, step: str, *, decision: str = "approve", revision: int = 1) -> StepDecided:
    """One department's word on a list."""
    return StepDecided(
        occurred_at=MOMENT,
        request_id=str(new_id()),
        subject_type="key_account_list",
        subject_id=key,
        revision=revision,
        step=step,
        decision=decision,
        decided_by=f"head of {step}",
    )


def bought(account_id: str, *, net_minor: int, day: str, cost_minor: int | None = None) -> list[Event]:
    """An order of one line, placed and delivered on a day."""
    moment = f"{day}T10:00:00+01:00"
    ids = {"order_id": str(new_id()), "account_id": account_id, "occurred_at": moment}
    line = OrderLine(line=1, sku="S", quantity=10, list_minor=net_minor, net_minor=net_minor, cost_minor=cost_minor)
    return [
        OrderPlaced(
            **ids, number="1", branch="kinshasa", currency="CNY", placed_at=moment, priced_at=moment, lines=(line,)
        ),
        OrderDelivered(**ids, delivery_id="d", delivered_at=moment, lines=(LineQuantity(line=1, quantity=10),)),
    ]
