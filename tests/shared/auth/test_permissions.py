"""The permission table is whole, and every route of every service obeys it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from ruamel.yaml import YAML

from deploy.local.databases import SERVICES
from deploy.local.settings import PROJECT
from shared.auth.permissions import ANYONE, Scope, permission_table, read_table
from shared.auth.principal import SYSTEM, Holding, Principal
from shared.http.documents import operations
from shared.http.routes import is_public, permissions_of, routes_of
from shared.settings import ServiceSettings
from tests.serving import Issuer, employ, serving

ISSUER = Issuer()
BRANCH = "kinshasa"
PUBLIC = {
    ("POST", "/v1/token"),
    ("POST", "/v1/token/refresh"),
    ("POST", "/v1/token/revoke"),
    ("GET", "/.well-known/jwks.json"),
    # A customer answers a survey without a login: the link he was sent is signed.
    ("GET", "/v1/survey-links/{link}"),
    ("POST", "/v1/survey-links/{link}/answers"),
}


def settings_of(service: str, **values: Any) -> ServiceSettings:
    module = import_module(f"services.{service}.settings")
    made: ServiceSettings = getattr(module, f"{service.capitalize()}Settings")(clock_profile="story", **values)
    return made


def app_of(service: str, **values: Any) -> FastAPI:
    app: FastAPI = import_module(f"services.{service}.app").make_app(settings_of(service, **values))
    return app


@dataclass(frozen=True)
class Operation:
    service: str
    method: str
    path: str
    permissions: frozenset[str]

    @property
    def url(self) -> str:
        parts = [str(UUID(int=7)) if part.startswith("{") else part for part in self.path.split("/")]
        return "/".join(parts)


def every_operation() -> Iterator[Operation]:
    for service in SERVICES:
        app = app_of(service)
        documented = {(method.upper(), path) for path, method, _ in operations(app.openapi())}
        for route in routes_of(app):
            for method in route.methods or ():
                assert (method, route.path_format) in documented, f"{method} {route.path_format} is not in the document"
                named = frozenset() if is_public(route.dependant) else frozenset(permissions_of(route.dependant))
                yield Operation(service, method, str(route.path_format), named)


OPERATIONS = list(every_operation())
GUARDED = [operation for operation in OPERATIONS if operation.permissions]


def named(operation: Operation) -> str:
    return f"{operation.service} {operation.method} {operation.path}"


@dataclass
class House:
    """All services, and a user of each role, who holds nothing else."""

    clients: dict[str, httpx2.AsyncClient]

    async def call(self, operation: Operation, user_id: str | None) -> httpx2.Response:
        headers = {"Idempotency-Key": "k", "If-Match": '"1"'}
        if user_id is not None:
            headers["Authorization"] = f"Bearer {ISSUER.token(user_id)}"
        client = self.clients[operation.service]
        return await client.request(operation.method, operation.url, headers=headers)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(service_database: Callable[[str], Awaitable[str]], tmp_path_factory: Any) -> AsyncIterator[House]:
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:
        clients = {}
        for service in SERVICES:
            app = app_of(
                service,
                database_url=await service_database(service),
                jwks_url=ISSUER.jwks,
                oidc_issuer="mainstay",
                anonymous_rate_limit_burst=100_000,
                rate_limit_burst=100_000,
                files_path=tmp_path_factory.mktemp(service),
            )
            clients[service] = await stack.enter_async_context(serving(app))
            async with app.state.mainstay.sessions() as session:
                for role in permission_table().roles.values():
                    await employ(session, role.name, (role.name, BRANCH if role.branch_scoped else None))
                await employ(session, "nobody")
                await session.commit()
        yield House(clients)


@pytest.mark.parametrize("operation", GUARDED, ids=named)
async def test_without_a_token_it_is_401(house: House, operation: Operation) -> None:
    answer = await house.call(operation, None)
    assert (answer.status_code, answer.json()["code"]) in {(401, "unauthenticated"), (404, "path_not_found")}
    if answer.status_code == 404:
        assert operation.path.startswith(("/v1/token", "/.well-known"))


@pytest.mark.parametrize("operation", GUARDED, ids=named)
async def test_each_role_reaches_it_exactly_when_the_table_says_so(house: House, operation: Operation) -> None:
    table = permission_table()
    wrong = []
    for role in [*table.roles, "nobody"]:
        may = all({role, ANYONE} & set(table[permission].roles) for permission in operation.permissions)
        answer = await house.call(operation, role)
        refused = answer.status_code == 403 and answer.json()["code"] == "not_allowed"
        if refused == may or answer.status_code >= 500:
            wrong.append((role, may, answer.status_code, answer.text[:200]))
    assert wrong == []


def test_only_the_issuers_own_routes_and_survey_links_are_public() -> None:
    public = {(operation.method, operation.path) for operation in OPERATIONS if not operation.permissions}
    assert public == PUBLIC


def test_each_route_names_one_permission() -> None:
    assert [named(operation) for operation in GUARDED if len(operation.permissions) != 1] == []


def test_operation_ids_are_function_names_and_unique_in_each_service() -> None:
    for service in SERVICES:
        ids = [operation["operationId"] for _, _, operation in operations(app_of(service).openapi())]
        assert len(ids) == len(set(ids)), service
        assert all(name.isidentifier() for name in ids)


def test_the_roles_are_those_of_the_policy() -> None:
    text = (PROJECT / "deploy" / "policies" / "accounts" / "roles.yaml").read_text(encoding="utf-8")
    policy = {row["role"]: row["branch_scoped"] for row in YAML(typ="safe").load(text)["rows"]}
    assert {role.name: role.branch_scoped for role in permission_table().roles.values()} == policy


def test_an_auditor_reads_and_changes_nothing() -> None:
    table = permission_table()
    held = {name for name in table.names if "auditor" in table[name].roles}
    assert {name.rpartition(".")[2] for name in held} <= {"read", "verify", "preview"}


# Policies, words: he "reads his own quotes, orders, points, progress, statements; elects, disputes, redeems; nothing
# else". Points are read as what was accrued to him.
OF_THE_CUSTOMER = {
    "quotes": {
        "/v1/quotes",
        "/v1/quotes/{quote_id}",
        "/v1/quotes/{quote_id}/explanation",
        "/v1/quotes/{quote_id}/versions",
    },
    "orders": {"/v1/orders", "/v1/orders/{order_id}", "/v1/orders/{order_id}/chain"},
    "points": {"/v1/accruals", "/v1/accruals/{accrual_id}", "/v1/accruals/{accrual_id}/explanation"},
    "progress": {"/v1/accounts/{account_id}/progress"},
    "statements": {"/v1/statements", "/v1/statements/{statement_id}", "/v1/statements/{statement_id}/explanation"},
}
HE_DOES = {("POST", "/v1/elections")}
LATER = {"disputes", "redemptions", "points", "gifts"}  # what he may do too, as soon as its routes are there


def test_the_customers_contact_reads_what_section_0_lists_and_nothing_else_on_any_route_of_any_service() -> None:
    table = permission_table()
    his = {
        (one.method, one.path)
        for one in GUARDED
        if all("account_contact" in table[name].roles for name in one.permissions)
    }
    later = {(method, path) for method, path in his if path.split("/")[2] in LATER}
    assert his - later == {("GET", path) for paths in OF_THE_CUSTOMER.values() for path in paths} | HE_DOES


def test_the_customers_contact_reaches_no_account_but_his_own() -> None:
    table = permission_table()
    held = [table[name].roles.get("account_contact", Scope.OWN) for name in table.names]
    assert set(held) == {Scope.OWN}


@pytest.mark.parametrize("word", ["accounts", "classes", "programmes", "key_account_lists", "elections", "contracts"])
def test_what_the_house_thinks_of_a_customer_is_not_read_by_his_contact(word: str) -> None:
    assert "account_contact" not in permission_table()[f"{word}.read"].roles


def test_who_runs_the_installation_decides_no_business() -> None:
    table = permission_table()
    held = {name for name in table.names if "admin" in table[name].roles}
    # He decides only where a route names his role: the publication of the documents he owns.
    held.remove("requests.decide")
    assert {name for name in held if name.rpartition(".")[2] not in {"read", "verify"}} == {
        "clock.set", "users.write", "roles.write", "employment.write", "api_keys.write", "dead_letters.replay",
        "signing_keys.rotate", "mail_addresses.write",
        "policies.write", "policies.publish",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("permissions", "sentence"),
    [
        pytest.param("x.read: {title: {en: a, zh: b}, roles: {emperor: all}}", "emperor", id="an unknown role"),
        pytest.param("x.read: {title: {en: a, zh: b}, roles: {finance: far}}", "far", id="an unknown reach"),
        pytest.param("x.read: {title: {en: a}, roles: {finance: all}}", "zh", id="a title without Chinese"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(permissions: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_table(f"roles: {{finance: {{branch_scoped: false}}}}\npermissions:\n  {permissions}\n")


def holding(*roles: str | tuple[str, str], **fields: Any) -> Principal:
    held = frozenset(Holding(*role) if isinstance(role, tuple) else Holding(role) for role in roles)
    return Principal("u1", "U", "person", held, **fields)


def test_branches_add_up_and_a_wider_role_wins() -> None:
    rep = holding(("account_rep", "goma"), ("branch_manager", "kinshasa"))
    assert rep.branches_for("orders.read") == {"goma", "kinshasa"}
    assert rep.branches_for("contracts.write") == {"goma", "kinshasa"}
    assert holding(("account_rep", "goma"), "key_account_manager").branches_for("orders.read") is None
    assert holding("hr").branches_for("orders.read") == frozenset()


def test_a_contact_covers_his_own_account_and_no_branch() -> None:
    reach = holding("account_contact", account_id="a1").reach("orders.read")
    assert reach.covers(account_id="a1", branch="goma")
    assert not reach.covers(account_id="a2", branch="goma")
    assert not holding("hr", account_id="a1").reach("orders.read").covers(account_id="a1")


def test_what_is_ones_own_is_within() -> None:
    reach = holding(("account_rep", "goma")).reach("statements.read")
    assert reach.covers(user_id="u1")
    assert not reach.covers(user_id="u2")


def test_a_narrowed_key_has_no_permission_beside_its_scopes() -> None:
    machine = holding("integrator", scopes=frozenset({"orders.import"}))
    assert machine.may("orders.import")
    assert not machine.may("orders.write")
    assert not machine.may("me.read")
    assert not machine.reach("orders.write").everywhere


def test_a_word_that_is_not_in_the_table_is_a_mistake_and_not_a_no() -> None:
    with pytest.raises(KeyError):
        SYSTEM.may("world.rule")
