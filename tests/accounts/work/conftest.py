"""The accounts service with the whole pack published, and callers in the roles that work with accounts."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest_asyncio
from sqlalchemy import text

from services.accounts.consumers import take_events
from services.accounts.programmes.models import ListMember
from shared.db.session import commit
from shared.events.envelope import Event
from shared.ids import new_id
from shared.policy.compiled import CompiledPolicies, PolicySet
from shared.policy.seed import pack_of, seed_pack
from shared.received import Received
from tests.accounts.conftest import PACK, Accounts
from tests.serving import Caller

ZONE = "Africa/Kinshasa"
ROLES: dict[str, dict[str, Any]] = {
    "rep": {"role": "account_rep", "branch": "kinshasa"},
    "other_rep": {"role": "account_rep", "branch": "lubumbashi"},
    "kam": {"role": "key_account_manager"},
    "director": {"role": "sales_director"},
    "finance": {"role": "finance"},
    "clerk": {"role": "office_clerk", "branch": "kinshasa"},
    "service": {"role": "customer_service"},
    "control": {"role": "department_head", "department": "production_control"},
    "market": {"role": "department_head", "department": "market_development"},
    "auditor": {"role": "auditor"},
}


@dataclass
class House:
    """A served accounts service, a caller a role with his user id, and what the worker would do."""

    accounts: Accounts
    callers: dict[str, Caller] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, role: str) -> Caller:
        return self.callers[role]

    @property
    def sessions(self) -> Any:
        return self.accounts.sessions

    async def account(self, *, listed: bool = False, **fields: Any) -> dict[str, Any]:
        """A dossier in Kinshasa, on the key-account lists of 2020 to 2030 where it is `listed`."""
        body = {"legal_name": "Ngaliema Mobile", "channel": "dealer", "sales_class": "wholesale", **fields}
        caller = "other_rep" if fields.get("branch") == "lubumbashi" else "rep"
        made = await self[caller].post("/v1/accounts", {"branch": "kinshasa", **body})
        assert made.status_code == 201, made.text
        if listed:
            await self.list_account(made.json()["id"])
        return dict(made.json())

    async def list_account(self, account_id: str) -> None:
        async with self.sessions() as session:
            member = ListMember(
                half_year="2020-H1",
                account_id=account_id,
                valid_from=date(2020, 1, 1),
                valid_until=date(2030, 1, 1),
                reason="by import",
                recorded_at=datetime(2020, 1, 1, tzinfo=UTC),
            )
            session.add(member)
            await commit(session)

    async def team(self, account_id: str, **duties: str) -> None:
        """Who does which duty for the account since 2020: `account_rep="u-1"`."""
        members = [{"duty": duty, "user_id": user_id, "valid_from": "2020-01-01"} for duty, user_id in duties.items()]
        put = await self["kam"].put(f"/v1/accounts/{account_id}/team", {"members": members})
        assert put.status_code == 200, put.text

    async def file(self, content: bytes = b"%PDF-1.7 a form") -> str:
        """The hash of a file that was uploaded."""
        headers = {"Content-Type": "application/pdf"}
        kept = await self["rep"].call("POST", "/v1/files", content=content, headers=headers)
        assert kept.status_code == 201, kept.text
        return str(kept.json()["file_hash"])

    async def policies(self, session: Any) -> PolicySet:
        return await CompiledPolicies().current(session)

    async def receive(self, *events: Event) -> None:
        """As the consumer hands a batch to the service."""
        async with self.sessions() as session:
            await take_events(ZONE)(session, [as_received(event) for event in events])
            await commit(session)

    async def told(self, event: str, key: str) -> list[dict[str, Any]]:
        """The payloads of the events of a type recorded for an account (or another partition key), oldest first."""
        query = "SELECT payload FROM outbox WHERE type = :type AND partition_key = :key ORDER BY pos"
        async with self.sessions() as session:
            return [orjson.loads(row) for row in await session.scalars(text(query), {"type": event, "key": key})]

    async def flags(self, account_id: str) -> list[tuple[str, str]]:
        """The code and period of each flag raised about an account."""
        page = (await self["kam"].get("/v1/flags", params={"account_id": account_id})).json()
        return sorted((flag["code"], flag["period"]) for flag in page["items"])


def as_received(event: Event) -> Received:
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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(accounts: Accounts) -> House:
    async with accounts.sessions() as session:
        now = accounts.app.state.mainstay.clock.now()
        for service in ("accounts", "approvals"):
            await seed_pack(session, service=service, documents=pack_of(PACK, service), now=now)
        await commit(session)
    made = House(accounts)
    for name, role in ROLES.items():
        user = await accounts.new_user(role)
        made.callers[name], made.ids[name] = await accounts.caller(user["login"]), user["user_id"]
    return made


def pointers(answer: Any) -> list[str]:
    """Where a refusal points."""
    return [error["pointer"] for error in answer.json()["errors"]]
