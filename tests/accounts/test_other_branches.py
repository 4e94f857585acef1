"""No list shows a row of another branch: one row of every table is of Kinshasa, and Lubumbashi asks for each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Integer, LargeBinary, Numeric, Table, insert
from sqlalchemy.dialects.postgresql import JSON, JSONB

from services.accounts.database import Base
from shared.auth.permissions import Scope, permission_table
from shared.db.session import commit
from shared.policy.seed import pack_of, seed_pack
from tests.accounts.conftest import PACK
from tests.serving import Issuer, employ, serving
from tests.shared.auth.test_permissions import GUARDED, Operation, app_of

ISSUER = Issuer()
OWN, OTHER = "lubumbashi", "kinshasa"
THEIRS = str(UUID(int=4242))  # the id of every row of the other branch, and of whatever it refers to
NOW = datetime(2021, 1, 5, 8, tzinfo=UTC)
# What is of nobody's branch: logins and keys, the clockwork, words that all ratings share, files by their hash.
NOT_OF_A_BRANCH = {
    "user_login", "login_attempt", "refresh_token", "api_key", "signing_key", "round_done", "kpi_watched_period",
    "tier_round", "closed_period", "exchange_rate", "decision_rule", "rating_run", "number_given",
    "duplicate_suspicion",  # of two accounts: its own test asks both sides
}  # fmt: skip
WORDS: dict[str, Any] = {
    "account.channel": "dealer", "account.sales_class": "retail", "account_person.role": "main_contact",
    "team_member.duty": "account_rep", "class_override.state": "proposed", "rating_proposal.state": "proposed",
    "complaint.state": "open", "contact.kind": "call", "development_case.stage": "picked", "feedback.kind": "feedback",
    "invitation.state": "invited", "visit.kind": "visit", "visit.state": "planned", "spot_check.finding": "confirmed",
    "programme_evaluation.answer": "open", "key_account_list.state": "draft",
    "kpi_target.planned": 1, "kpi_target.kpi": "kpi.development_completion",
}  # fmt: skip
BY_NAME: dict[str, Any] = {
    "branch": OTHER, "scope": "branch", "scope_id": OTHER, "currency": "CNY", "period": "2021-Q1", "month": "2021-01",
    "half_year": "2021-H1", "programme": "support", "grade": "C", "decision": {"decisions": []}, "valid_until":
    date(2021, 2, 1), "until": date(2021, 2, 1), "account_id": THEIRS,
}  # fmt: skip
REQUIRED = {
    "/v1/elections": {"account_id": THEIRS}, "/v1/reports/pareto": {"period": "2021"},
    "/v1/reports/pareto/chart": {"period": "2021"}, "/v1/kpis": {"scope": "branch", "period": "2021-Q1"},
    "/v1/kpis/picture": {"scope": "branch", "period": "2021-Q1"}, "/v1/return-visits/due": {"month": "2021-01"},
    "/v1/accounts/{account_id}/satisfaction": {"period": "2021-Q1"}, "/v1/policies/book": {"on": "2021-01-05"},
}  # fmt: skip
PATH = {"programme": "support", "key": "2021-H1", "file_hash": "0" * 64}
REPS = sorted(role.name for role in permission_table().roles.values() if role.branch_scoped)


# Lists in which the auditor, who reads everything, finds Kinshasa's row: the search looks where there is something.
FOUND = {
    "/v1/accounts", "/v1/accounts/{account_id}/dossier", "/v1/accounts/{account_id}/people", "/v1/merges",
    "/v1/nominations", "/v1/elections", "/v1/programmes/{programme}/evaluations",
    "/v1/programmes/{programme}/memberships", "/v1/programmes/{programme}/reminders", "/v1/growth-plans",
    "/v1/accounts/{account_id}/segments", "/v1/accounts/{account_id}/tier", "/v1/rating-overrides",
    "/v1/sales-targets", "/v1/kpi-targets",
}  # fmt: skip


LISTS = [one for one in GUARDED if one.service == "accounts" and one.method == "GET" and one.path in FOUND]


def filled(table: Table, column: Column[Any]) -> Any:
    """A value the column takes; None where it may stay empty and nothing is said of it."""
    named = WORDS.get(f"{table.name}.{column.name}", BY_NAME.get(column.name))
    if named is not None and not isinstance(named, dict):
        return named
    if column.nullable:
        return None
    match column.type:
        case JSONB() | JSON():
            return named if isinstance(named, dict) else []
        case ARRAY():
            return []
        case Boolean():
            return False
        case Integer() | BigInteger():
            return 1
        case Numeric():
            return Decimal("0.5")
        case DateTime():
            return NOW
        case Date():
            return NOW.date()
        case LargeBinary():
            return b"x"
    return THEIRS if column.primary_key or column.name.endswith("id") else f"of {OTHER}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(
    service_database: Callable[[str], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx2.AsyncClient]:
    """A house with one row of Kinshasa in every table, each branch's roles in Lubumbashi, and an auditor."""
    app = app_of(
        "accounts", database_url=await service_database("accounts"), jwks_url=ISSUER.jwks, oidc_issuer="mainstay",
        rate_limit_burst=100_000, story_clock_start=NOW, files_path=tmp_path_factory.mktemp("files"),
    )  # fmt: skip
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            await seed_pack(session, service="accounts", documents=pack_of(PACK, "accounts"), now=NOW)
            for role in REPS:
                await employ(session, role, (role, OWN))
            await employ(session, "auditor", ("auditor", None))
            for table in Base.metadata.sorted_tables:
                if table.name not in NOT_OF_A_BRANCH:
                    columns = [column for column in table.columns if column.identity is None]
                    values = {column.name: filled(table, column) for column in columns}
                    await session.execute(insert(table).values(values))
            await commit(session)
        yield client


async def ask(house: httpx2.AsyncClient, operation: Operation, user_id: str) -> httpx2.Response:
    parts = [PATH.get(part[1:-1], THEIRS) if part.startswith("{") else part for part in operation.path.split("/")]
    headers = {"Authorization": f"Bearer {ISSUER.token(user_id)}"}
    return await house.get("/".join(parts), params=REQUIRED.get(operation.path, {}), headers=headers)


def shows_theirs(answer: httpx2.Response) -> bool:
    return answer.status_code == 200 and (THEIRS in answer.text or OTHER in answer.text)


@pytest.mark.parametrize("operation", LISTS, ids=lambda one: one.path)
async def test_a_branch_sees_nothing_of_another_branch_in_any_list(
    house: httpx2.AsyncClient, operation: Operation
) -> None:
    table = permission_table()
    [permission] = operation.permissions
    held = [role for role in REPS if table[permission].roles.get(role) in {Scope.BRANCH, Scope.OWN}]
    answers = {role: await ask(house, operation, role) for role in held}
    assert {role: answer.text[:300] for role, answer in answers.items() if shows_theirs(answer)} == {}
    assert {role: answer.text[:300] for role, answer in answers.items() if answer.status_code >= 500} == {}


@pytest.mark.parametrize("operation", LISTS, ids=lambda one: one.path)
async def test_who_reads_everything_finds_the_other_branchs_rows(
    house: httpx2.AsyncClient, operation: Operation
) -> None:
    answer = await ask(house, operation, "auditor")
    assert shows_theirs(answer), answer.text[:300]
