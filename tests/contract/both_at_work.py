"""Accounts and approvals as they run: both applications, their relays and consumers, and one real broker between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from deploy.bootstrap import PACK, begin
from services.accounts.app import make_app as accounts_app
from services.accounts.consumers import consumers as accounts_consumers
from services.accounts.settings import AccountsSettings
from services.approvals.app import make_app as approvals_app
from services.approvals.consumers import make_consumers as approvals_consumers
from services.approvals.settings import ApprovalsSettings
from shared.clock import LiveClock, system_now
from shared.consumer import Consumer
from shared.db.engine import make_engine
from shared.db.session import Sessions, commit, make_sessions
from shared.events.envelope import Event
from shared.kafka import Broker
from shared.kafka_reader import KafkaReader
from shared.outbox import record_many
from shared.relay import Relay
from shared.settings import ServiceSettings
from tests.serving import Caller, serving
from tests.shared.pipe.waiting import until

PASSWORD = "a long enough password"
HEADS = ("market_development", "production_control", "cost_contracts", "treasury")
ROLES: Mapping[str, dict[str, str]] = {
    "rep": {"role": "account_rep", "branch": "kinshasa"},
    "kam": {"role": "key_account_manager"},
    "sales": {"role": "sales_director"},
    "gm": {"role": "general_manager"},
    "fin": {"role": "finance"},
    "auditor": {"role": "auditor"},
    **{head: {"role": "department_head", "department": head} for head in HEADS},
}


@dataclass
class Person:
    """Somebody at both services' doors."""

    user_id: str
    accounts: Caller
    approvals: Caller


@dataclass
class Both:
    """Everybody at his desk; what another service tells is recorded as it would: `told_elsewhere`."""

    people: dict[str, Person]
    admin: Person
    elsewhere: Sessions

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    async def opened(self, legal_name: str) -> str:
        """The id of a new account of Kinshasa."""
        body = {"legal_name": legal_name, "branch": "kinshasa", "channel": "dealer", "sales_class": "wholesale"}
        return str((await said(self["rep"].accounts.post("/v1/accounts", body), 201))["id"])

    async def told_elsewhere(self, events: Iterable[Event]) -> None:
        """Committed to a third service's outbox, whose relay sends it."""
        async with self.elsewhere() as session:
            record_many(session, events)
            await commit(session)

    async def asked(self, subject_type: str, subject_id: str) -> dict[str, Any]:
        """The request that waits on a subject, once the ask has reached approvals."""
        found: list[dict[str, Any]] = []

        async def arrived() -> bool:
            found[:] = [one for one in await self.requests(subject_type, subject_id) if one["state"] == "pending"]
            return bool(found)

        await until(arrived, within_s=60)
        return found[0]

    async def requests(self, subject_type: str, subject_id: str) -> list[dict[str, Any]]:
        params = {"subject_type": subject_type, "subject_id": subject_id}
        page = await said(self["auditor"].approvals.get("/v1/requests", params=params))
        return list(page["items"])

    async def decides(self, name: str, request: Mapping[str, Any], decision: str = "approve", **given: Any) -> None:
        """One person's word on the step that waits for him, with an e-mail where the route wants a proof."""
        person, path = self[name], f"/v1/requests/{request['id']}"
        seen = await person.approvals.get(path)
        step = next(one for one in seen.json()["steps"] if may_act(person, one))
        body: dict[str, Any] = {"step": step["id"], "decision": decision, **given}
        if step["evidence"] and decision == "approve":
            body["evidence"] = {"channel": "email", "reference": "mail of today", "received_at": step["opened_at"]}
        headers = {"If-Match": seen.headers["ETag"]}
        await said(person.approvals.post(f"{path}/decisions", body, headers=headers))

    async def until_accounts_says(self, path: str, **fields: Any) -> dict[str, Any]:
        """What accounts answers, once these fields are so."""
        answer: dict[str, Any] = {}

        async def so() -> bool:
            answer.clear()
            answer.update(await said(self["auditor"].accounts.get(path)))
            return {name: answer[name] for name in fields} == fields

        await until(so, within_s=60)
        return answer


def may_act(person: Person, step: Mapping[str, Any]) -> bool:
    return any(one["user_id"] == person.user_id for one in step["acting"])


async def said(asked: Awaitable[httpx2.Response], status: int = 200) -> dict[str, Any]:
    answer = await asked
    assert answer.status_code == status, answer.text
    return dict(answer.json())


@asynccontextmanager
async def both_at_work(
    database_of: Callable[[str], Awaitable[str]], kafka: str, prefix: str, files: Path
) -> AsyncIterator[Both]:
    """One start of everything; nothing of it runs on afterwards."""
    urls = {service: await database_of(service) for service in ("accounts", "approvals", "pricing")}
    await begin(
        {service: urls[service] for service in ("accounts", "approvals")},
        pack=PACK,
        password=PASSWORD,
        now=system_now(),
    )
    common: dict[str, Any] = {
        "kafka_bootstrap_servers": kafka,
        "topic_prefix": prefix,
        "group_prefix": prefix,
        "files_path": files,
        "rate_limit_burst": 100_000,
        "anonymous_rate_limit_burst": 100_000,
    }
    own = AccountsSettings(database_url=urls["accounts"], access_token_s=3600, **common)
    async with serving(accounts_app(own)) as accounts:
        keys = (await accounts.get("/.well-known/jwks.json")).text
        others = ApprovalsSettings(database_url=urls["approvals"], jwks_url=keys, **common)
        elsewhere = make_engine(ServiceSettings(database_url=urls["pricing"]))
        async with (
            serving(approvals_app(others)) as approvals,
            working(own, accounts_consumers(own.zone)),
            working(others, approvals_consumers(others)),
            working(others.model_copy(update={"database_url": urls["pricing"]}), ()),
        ):
            sessions = make_sessions(elsewhere, service="pricing")
            yield await everybody(accounts, approvals, sessions)
        await elsewhere.dispose()


@asynccontextmanager
async def working(settings: ServiceSettings, consumers: Sequence[Consumer]) -> AsyncIterator[None]:
    """What the worker of a service does with events: its relay and its readers."""
    engine, broker, stopping = make_engine(settings), Broker.of(settings), asyncio.Event()
    sessions = make_sessions(engine, service=settings.service)
    parts = [Relay(database_url=settings.database_url, broker=broker)] + [
        KafkaReader(one, sessions=sessions, clock=LiveClock(), broker=broker, replica="0") for one in consumers
    ]
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part.run(stopping))
        try:
            yield
        finally:
            stopping.set()
    await engine.dispose()


async def everybody(accounts: httpx2.AsyncClient, approvals: httpx2.AsyncClient, elsewhere: Sessions) -> Both:
    """Hired by the administrator, signed in, and known to approvals."""
    admin = await signed_in(accounts, approvals, "admin")
    people: dict[str, Person] = {}
    for name, role in ROLES.items():
        user = {"name": name, "login": name, "password": PASSWORD}
        user_id = (await said(admin.accounts.post("/v1/users", user), 201))["user_id"]
        held = {"valid_from": "2000-01-01", **role}
        await said(admin.accounts.post(f"/v1/users/{user_id}/roles", held), 201)
        people[name] = await signed_in(accounts, approvals, name, user_id)
    both = Both(people, admin, elsewhere)

    async def all_known() -> bool:
        answers = [await person.approvals.get("/v1/requests") for person in people.values()]
        return all(answer.status_code == 200 for answer in answers)

    await until(all_known, within_s=90)
    return both


async def signed_in(
    accounts: httpx2.AsyncClient, approvals: httpx2.AsyncClient, login: str, user_id: str = ""
) -> Person:
    asked = {"grant_type": "password", "username": login, "password": PASSWORD}
    token = (await said(accounts.post("/v1/token", json=asked)))["access_token"]
    return Person(user_id, Caller(accounts, token), Caller(approvals, token))
