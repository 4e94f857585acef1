"""The people of the story: created by the administrator, each with one role, each signing in for himself."""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from mainstay.demo.client import SERVICES, Person, World, until

HEAD_OFFICE = "kinshasa"
MACHINE_SCOPES = ["accounts.import", "classes.take_over", "orders.import", "elections.make", "policies.read"]
DEPARTMENTS = ("market_development", "production_control", "cost_contracts", "treasury")
ROLES: dict[str, tuple[str, dict[str, str]]] = {
    "rep": ("account_rep", {"branch": HEAD_OFFICE}),
    "kam": ("key_account_manager", {}),
    "sales": ("sales_director", {}),
    "marketing": ("marketing_director", {}),
    "mkt": ("marketing", {}),
    "legal": ("legal", {}),
    "findir": ("finance_director", {}),
    "fin": ("finance", {}),
    "gm": ("general_manager", {}),
    "hr": ("hr", {}),
    "auditor": ("auditor", {}),
    "integrator": ("integrator", {}),
    "other_rep": ("account_rep", {"branch": "lubumbashi"}),
} | {department: ("department_head", {"department": department}) for department in DEPARTMENTS}
NAMES = {
    "rep": "Grace Ilunga",
    "kam": "Daniel Kabongo",
    "sales": "Zhao Wei",
    "marketing": "Esther Mwamba",
    "mkt": "Patrick Lelo",
    "legal": "Li Na",
    "findir": "Joseph Tshibanda",
    "fin": "Aimée Kasongo",
    "gm": "Wang Jun",
    "hr": "Sarah Mutombo",
    "auditor": "Odette Nsimba",
    "integrator": "ERP gateway",
    "other_rep": "Felix Banza",
    "market_development": "Marie Kalala",
    "production_control": "Chen Hao",
    "cost_contracts": "Blaise Mukendi",
    "treasury": "Sun Yan",
}


@dataclass(slots=True)
class Cast:
    """Everybody who takes part, and the clock that only the administrator moves."""

    world: World
    admin: Person
    people: dict[str, Person] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def department_heads(self) -> dict[str, Person]:
        return {department: self.people[department] for department in DEPARTMENTS}

    async def set_clock(self, instant: str | datetime) -> None:
        """Move every service's business time forward; returns once each of them says so."""
        now = instant if isinstance(instant, str) else instant.isoformat()
        for service in SERVICES:
            await self.admin.ask("PUT", service, "/clock", expect=200, json={"now": now})


async def gather_cast(world: World, *, admin_password: str, since: str) -> Cast:
    """Create everybody with his role from the day `since` on, and wait until each service knows them."""
    admin = Person(world, "Administrator", "admin", admin_password)
    await admin.sign_in()
    cast = Cast(world, admin)
    for username, (role, where) in ROLES.items():
        cast.people[username] = await hire(admin, username, role=role, where=where, since=since)
    await asyncio.gather(*(person.sign_in() for person in cast.people.values()))
    for service in SERVICES:
        await until(f"everybody's role in {service}", partial(_all_known, cast, service))
    return cast


async def hire(admin: Person, username: str, *, role: str, where: dict[str, str], since: str) -> Person:
    """A person with a login, or the machine with a key of its own."""
    if role == "integrator":
        return await connect_machine(admin, username, role=role, since=since)
    password = secrets.token_urlsafe(18)
    user = await admin.post("accounts", "/users", {"name": NAMES[username], "login": username, "password": password})
    await give_role(admin, user["user_id"], {"role": role, "valid_from": since} | where)
    return Person(admin.world, NAMES[username], username, password, user_id=user["user_id"])


async def connect_machine(admin: Person, username: str, *, role: str, since: str) -> Person:
    user = await admin.post("accounts", "/users", {"name": NAMES[username], "kind": "machine"})
    await give_role(admin, user["user_id"], {"role": role, "valid_from": since})
    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wanted = {"user_id": user["user_id"], "name": NAMES[username], "scopes": MACHINE_SCOPES, "expires_at": ends}
    key = await admin.post("accounts", "/api-keys", wanted)
    return Person(admin.world, NAMES[username], key["key_id"], key["secret"], user_id=user["user_id"], is_machine=True)


async def give_role(admin: Person, user_id: str, holding: dict[str, Any]) -> None:
    await admin.post("accounts", f"/users/{user_id}/roles", holding)


async def _all_known(cast: Cast, service: str) -> bool:
    """The last one hired is known: a service takes people in the order in which they came."""
    for username in (next(iter(ROLES)), list(ROLES)[-1]):
        answer = await cast.people[username].ask("GET", service, "/clock")
        if answer.status_code != 200:
            return False
    return True
