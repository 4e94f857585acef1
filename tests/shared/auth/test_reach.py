"""Own branch and another: each role asks all four services for a thing of each, and the table alone says the answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from ruamel.yaml import YAML

from deploy.local.databases import SERVICES
from services.accounts.dossiers.models import Account
from services.approvals.contracts.models import ContractRow
from services.pricing.orders.models import OrderRow
from services.rewards.facts.models import AccountState
from services.rewards.settlement.models import StatementRow
from shared.auth.permissions import TABLE
from tests.serving import Issuer, employ, serving
from tests.shared.auth.test_permissions import app_of

ISSUER = Issuer()
OWN, OTHER = "kinshasa", "lubumbashi"
NOW = datetime(2021, 3, 1, tzinfo=UTC)
# The table is read here a second time, on its own: the code under test has no say in what is expected.
RAW = YAML(typ="safe").load(TABLE.read_text(encoding="utf-8"))
ROLES = sorted(name for name, row in RAW["roles"].items() if row.get("held_by") != "nobody")
IDS = {OWN: UUID(int=101), OTHER: UUID(int=102)}


@dataclass(frozen=True)
class Thing:
    """One thing that belongs to a branch's account, and the permission its route names."""

    service: str
    path: str
    permission: str


THINGS = (
    Thing("accounts", "/v1/accounts/{id}", "accounts.read"),
    Thing("accounts", "/v1/accounts/{id}/classes", "classes.read"),
    Thing("pricing", "/v1/orders/{id}", "orders.read"),
    Thing("approvals", "/v1/contracts/{id}/history", "contracts.read"),
    Thing("rewards", "/v1/statements/{id}", "statements.read"),
)
LISTS = (Thing("accounts", "/v1/accounts", "accounts.read"), Thing("pricing", "/v1/orders", "orders.read"))


def expected(role: str, permission: str, branch: str) -> int:
    """200 within reach, 404 outside it, 403 where the role has it not."""
    scope = RAW["permissions"][permission]["roles"].get(role)
    if scope is None:
        return 403
    within = scope == "all" or branch == OWN  # the contact's own account lies in the role's own branch
    return 200 if within else 404


def rows_of(service: str, branch: str) -> list[Any]:
    name = IDS[branch]
    match service:
        case "accounts":
            return [
                Account(
                    id=str(name), number=branch, filed_on=date(2021, 1, 1), legal_name=branch, branch=branch,
                    channel="dealer", sales_class="retail", industrial=False, opened_at=NOW,
                )
            ]  # fmt: skip
        case "pricing":
            return [
                OrderRow(
                    id=name, account_id=name, number=branch, branch=branch, currency="CNY", state="placed",
                    placed_at=NOW, priced_at=NOW, net_minor=0, before_p4_minor=0,
                )
            ]  # fmt: skip
        case "approvals":
            return [
                ContractRow(
                    id=str(name), number=branch, account_id=str(name), branch=branch, initiator="u", state="draft",
                    revision=1,
                )
            ]  # fmt: skip
    statement = StatementRow(
        statement_id=name, beneficiary=f"account:{name}", period="2021-01", position=0, issued_at=NOW, totals=[]
    )
    return [AccountState(account_id=str(name), branch=branch, state=b"{}"), statement]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clients(
    service_database: Callable[[str], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, httpx2.AsyncClient]]:
    async with AsyncExitStack() as stack:
        found = {}
        for service in SERVICES:
            app = app_of(
                service, database_url=await service_database(service), jwks_url=ISSUER.jwks, oidc_issuer="mainstay",
                rate_limit_burst=100_000, files_path=tmp_path_factory.mktemp(service),
            )  # fmt: skip
            found[service] = await stack.enter_async_context(serving(app))
            async with app.state.mainstay.sessions() as session:
                for role in ROLES:
                    held = (role, OWN if RAW["roles"][role]["branch_scoped"] else None)
                    own_account = str(IDS[OWN]) if role == "account_contact" else None
                    await employ(session, role, held, account_id=own_account)
                for branch in (OWN, OTHER):
                    session.add_all(rows_of(service, branch))
                await session.commit()
        yield found


async def ask(clients: dict[str, httpx2.AsyncClient], thing: Thing, role: str, path: str) -> httpx2.Response:
    return await clients[thing.service].get(path, headers={"Authorization": f"Bearer {ISSUER.token(role)}"})


@pytest.mark.parametrize("branch", [pytest.param(OWN, id="own branch"), pytest.param(OTHER, id="another branch")])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: f"{thing.service} {thing.path}")
async def test_each_role_reaches_a_thing_as_far_as_the_table_says(
    clients: dict[str, httpx2.AsyncClient], thing: Thing, role: str, branch: str
) -> None:
    answer = await ask(clients, thing, role, thing.path.format(id=IDS[branch]))
    assert answer.status_code == expected(role, thing.permission, branch), answer.text[:300]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("thing", LISTS, ids=lambda thing: f"{thing.service} {thing.path}")
async def test_a_list_holds_what_the_table_says_and_nothing_of_another_branch(
    clients: dict[str, httpx2.AsyncClient], thing: Thing, role: str
) -> None:
    answer = await ask(clients, thing, role, thing.path)
    reached = {branch for branch in IDS if expected(role, thing.permission, branch) == 200}
    if not reached:
        assert answer.status_code == 403
        return
    assert {one["branch"] for one in answer.json()["items"]} == reached
