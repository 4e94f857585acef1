"""The pricing service in this process, callers of every role, the policies, and what others say of accounts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.app import make_app
from services.pricing.consumers import consumers
from services.pricing.settings import PricingSettings
from shared.db.session import commit
from shared.events.accounts import (
    AccountOpened,
    ClassChanged,
    ElectionMade,
    KeyAccountListAgreed,
    TeamChanged,
    TeamMember,
)
from shared.events.contracts import ContractEvent, ContractLine, ContractSigned
from shared.events.envelope import Event
from shared.events.registry import EVENT_CLASSES
from shared.ids import new_id
from shared.policy.forms import content_hash
from shared.policy.lifecycle import Published
from shared.policy.loader import load_pack
from shared.policy.service import keep_published
from shared.policy.store import move_epoch
from shared.received import Received
from tests.serving import Caller, Issuer, employ, serving

START = datetime(2021, 3, 2, 8, 0, tzinfo=UTC)
ROLES: dict[str, tuple[tuple[str, str | None] | str, ...]] = {
    "rep": (("account_rep", "kinshasa"),),
    "lubumbashi": (("account_rep", "lubumbashi"),),
    "kam": ("key_account_manager",),
    "mkt": ("marketing",),
    "fin": ("finance",),
    "integrator": ("integrator",),
    "admin": ("admin",),
    "auditor": ("auditor",),
}
_numbers = count(1)


def received(event: Event, sequence: int = 1) -> Received:
    """The event as the consumer hands it over."""
    return Received(
        event=event,
        event_id=new_id(),
        type=type(event).__name__,
        topic=event.topic,
        aggregate=event.aggregate,
        aggregate_id=event.aggregate_id(),
        sequence=sequence,
        key=event.partition_key(),
        payload=event.to_bytes(),
        received_at=event.occurred_at,
    )


@dataclass
class Pricing:
    app: FastAPI
    client: httpx2.AsyncClient
    issuer: Issuer
    settings: PricingSettings
    seen: int = field(default=0)

    @property
    def sessions(self) -> Any:
        return self.app.state.mainstay.sessions

    def caller(self, user_id: str) -> Caller:
        return Caller(self.client, self.issuer.token(user_id))

    async def hear(self, *events: Event) -> None:
        """Apply events of the other services, in this order, as the consumer would: one batch, one transaction."""
        async with self.sessions() as session:
            await consumers(self.settings.zone)[0].handler(session, [received(event) for event in events])
            await commit(session)

    async def told(self, *types: str) -> list[Event]:
        """What was recorded for the others since the last time asked, of these types, in its order."""
        async with self.sessions() as session:
            rows = await session.execute(
                text("SELECT pos, topic, type, payload FROM outbox WHERE pos > :seen ORDER BY pos"), {"seen": self.seen}
            )
            found = rows.all()
        self.seen = max((row.pos for row in found), default=self.seen)
        return [EVENT_CLASSES[row.type].from_bytes(row.payload) for row in found if not types or row.type in types]

    async def move_clock(self, to: datetime) -> None:
        moved = await self.caller("admin").put("/v1/clock", {"now": to.isoformat()})
        assert moved.status_code == 200, moved.text

    async def new_account(
        self,
        *,
        elects: str | None = None,
        branch: str = "kinshasa",
        industrial: bool = False,
        grade: str = "A",
        number: str = "",
    ) -> UUID:
        """A listed key account of the rep, which elected for the whole of 2021 if at all."""
        account_id = uuid4()
        events = account_events(
            account_id, elects=elects, branch=branch, industrial=industrial, grade=grade, number=number
        )
        await self.hear(*events)
        return account_id

    async def new_product(
        self, *, price: str = "1000.00", floor: str | None = None, cost: str | None = None, new_brand: bool = False
    ) -> str:
        """A product with one price in CNY on the list `standard`."""
        sku = f"SKU-{next(_numbers)}"
        product = {
            "sku": sku,
            "title": {"en": "Handset", "zh": "手机"},
            "kind": "handset",
            "product_line": "handsets",
            "brand": "Nova",
            "new_brand_from": "2021-01-01" if new_brand else None,
        }
        await good(self.caller("mkt").post("/v1/products", product))
        body: dict[str, Any] = {"sku": sku, "price": cny(price), "valid_from": "2021-01-01"}
        body |= {"floor": cny(floor)} if floor else {}
        await good(self.caller("mkt").post("/v1/price-lists/standard/prices", body))
        if cost:
            entry = {"cost": cny(cost), "valid_from": "2021-01-01"}
            await good(self.caller("fin").post(f"/v1/products/{sku}/costs", entry))
        return sku


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def good(answering: Awaitable[httpx2.Response], status: int | None = None) -> dict[str, Any]:
    """The body of an answer that must be a success."""
    answer = await answering
    assert answer.status_code == status or (status is None and answer.is_success), answer.text
    body: dict[str, Any] = answer.json()
    return body


def account_events(
    account_id: UUID,
    *,
    elects: str | None,
    branch: str = "kinshasa",
    industrial: bool = False,
    grade: str = "A",
    number: str = "",
) -> Sequence[Event]:
    at, key = datetime(2020, 12, 1, tzinfo=UTC), str(account_id)
    year = {"valid_from": date(2021, 1, 1), "valid_until": date(2022, 1, 1)}
    opened = AccountOpened(
        occurred_at=at,
        account_id=key,
        number=number or f"A-{next(_numbers)}",
        legal_name="Trading",
        branch=branch,
        channel="dealer",
        sales_class="wholesale",
        industry="retail",
        industrial=industrial,
    )
    rep = TeamMember(user_id="rep", duty="account_rep", valid_from=date(2020, 1, 1))
    listed = KeyAccountListAgreed(occurred_at=at, account_id=key, list_id="2021-H1", listed=True, **year)
    team = TeamChanged(occurred_at=at, account_id=key, members=(rep,))
    rated = ClassChanged(occurred_at=at, account_id=key, grade=grade, valid_from=date(2021, 1, 1), proposal_id="p")
    events: list[Event] = [opened, team, listed, rated]
    if elects:
        events.append(
            ElectionMade(
                occurred_at=at,
                account_id=key,
                election_id=str(uuid4()),
                programme="p4",
                choice=elects,
                elected_by="Ms Chen",
                **year,
            )
        )
    return events


def contract_event(
    account_id: str | UUID, quantities: Mapping[str, int], *, told: type[ContractEvent] = ContractSigned, **more: Any
) -> ContractEvent:
    """The whole contract as its owner tells it: pieces by SKU at 1000.00 CNY each, signed unless said otherwise."""
    lines = (
        ContractLine(line=1, sku=sku, quantity=quantity, net_minor=quantity * 100_000)
        for sku, quantity in quantities.items()
    )
    said: dict[str, Any] = {
        "occurred_at": START,
        "contract_id": str(uuid4()),
        "number": "C-2021-000001",
        "revision": 1,
        "branch": "kinshasa",
        "currency": "CNY",
        "amount_minor": 1,
        "lines": tuple(lines),
        "first_responsible": "kam",
        "initiator": "rep",
        "submitted_at": START,
    }
    return told(account_id=str(account_id), **said | more)


async def publish_pack(session: AsyncSession) -> None:
    """Every document of the product's own pack as version 1, as the services hear of them."""
    for placed in load_pack(Path("deploy/policies")):
        one = Published(
            placed.document, 1, placed.service, content_hash(placed.document), "system:seed", "system:bootstrap", START
        )
        await keep_published(session, one)
    await move_epoch(session)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pricing(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Pricing]:
    issuer = Issuer()
    settings = PricingSettings(
        database_url=await service_database("pricing"),
        jwks_url=issuer.jwks,
        clock_profile="story",
        story_clock_start=START,
        rate_limit_burst=100_000,
        rate_limit_per_s=100_000,
    )
    app = make_app(settings)
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            for user_id, roles in ROLES.items():
                await employ(session, user_id, *roles)
            await publish_pack(session)
            await commit(session)
        yield Pricing(app, client, issuer, settings)


async def patiently(caller: Caller, path: str, body: dict[str, Any], key: str) -> httpx2.Response:
    """Tries again under the same key while the service asks for that, as a client on a busy day does."""
    while True:
        answer = await caller.post(path, body, key=key)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.1)
