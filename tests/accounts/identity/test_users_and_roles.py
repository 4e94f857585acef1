"""Users and their dated roles, over HTTP."""

import asyncio
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from services.accounts.identity.bootstrap import AlreadyBootstrapped, create_first_administrator
from services.accounts.identity.models import User
from services.accounts.identity.passwords import HASHING
from shared.clock import system_now
from shared.db.mechanisms import audit_entry, outbox
from tests.accounts.conftest import PASSWORD, Accounts

TODAY = system_now().date()


async def events_of(accounts: Accounts, user_id: str) -> list[str]:
    async with accounts.sessions() as session:
        query = select(outbox.c.type).where(outbox.c.aggregateid == user_id).order_by(outbox.c.aggregate_seq)
        return list(await session.scalars(query))


async def test_a_new_user_can_log_in_and_sees_what_he_may_do(accounts: Accounts) -> None:
    user = await accounts.new_user({"role": "account_rep", "branch": "kinshasa"})
    rep = await accounts.caller(user["login"])
    me = (await rep.get("/v1/me")).json()
    assert (me["user_id"], me["roles"]) == (user["user_id"], ["account_rep"])
    by_name = {one["permission"]: one for one in me["permissions"]}
    assert by_name["quotes.write"] == {
        "permission": "quotes.write",
        "title": "Price, accept and withdraw quotes",
        "everywhere": False,
        "branches": ["kinshasa"],
    }
    assert "users.write" not in by_name


async def test_titles_of_permissions_are_said_in_chinese(accounts: Accounts) -> None:
    admin = await accounts.admin()
    me = (await admin.get("/v1/me", headers={"Accept-Language": "zh"})).json()
    assert {"维护用户"} <= {one["title"] for one in me["permissions"]}


async def test_each_change_of_a_user_is_an_event_and_an_audit_entry(accounts: Accounts) -> None:
    admin = await accounts.admin()
    user = await accounts.new_user({"role": "finance"})
    user_id = user["user_id"]
    [role] = (await admin.get(f"/v1/users/{user_id}/roles")).json()["items"]
    await admin.post(f"/v1/users/{user_id}/roles/{role['holding_id']}/end", {})
    version = (await admin.get(f"/v1/users/{user_id}")).headers["ETag"]
    await admin.put(f"/v1/users/{user_id}/employment", {"joined_on": "2020-01-01"}, headers={"If-Match": version})
    assert await events_of(accounts, user_id) == ["UserChanged", "RoleAssigned", "RoleEnded", "EmploymentChanged"]
    async with accounts.sessions() as session:
        entries = await session.execute(
            select(audit_entry.c.action, audit_entry.c.actor)
            .where(audit_entry.c.subject == f"user/{user_id}")
            .order_by(audit_entry.c.pos)
        )
    assert entries.all() == [
        (action, accounts.admin_id) for action in ("user.created", "role.assigned", "role.ended", "employment.changed")
    ]


async def test_a_role_ends_at_once_for_the_token_already_given(accounts: Accounts) -> None:
    admin = await accounts.admin()
    user = await accounts.new_user({"role": "hr"})
    hr = await accounts.caller(user["login"])
    assert (await hr.get("/v1/users")).status_code == 200
    [role] = (await admin.get(f"/v1/users/{user['user_id']}/roles")).json()["items"]
    ended = await admin.post(f"/v1/users/{user['user_id']}/roles/{role['holding_id']}/end", {})
    assert ended.json()["valid_until"] == str(TODAY)
    assert (await hr.get("/v1/users")).status_code == 403


async def test_a_role_that_begins_tomorrow_gives_nothing_today(accounts: Accounts) -> None:
    user = await accounts.new_user({"role": "hr", "valid_from": str(TODAY + timedelta(days=2))})
    assert (await (await accounts.caller(user["login"])).get("/v1/users")).status_code == 403


async def test_a_holding_that_never_began_can_be_taken_back(accounts: Accounts) -> None:
    admin = await accounts.admin()
    begins = str(TODAY + timedelta(days=30))
    user = await accounts.new_user({"role": "hr", "valid_from": begins})
    [role] = (await admin.get(f"/v1/users/{user['user_id']}/roles")).json()["items"]
    ended = await admin.post(f"/v1/users/{user['user_id']}/roles/{role['holding_id']}/end", {})
    assert ended.json()["valid_until"] == begins
    again = await admin.post(f"/v1/users/{user['user_id']}/roles", {"role": "hr", "valid_from": begins})
    assert again.status_code == 201


async def test_nobody_gives_himself_a_role_or_takes_his_own_away(accounts: Accounts) -> None:
    admin = await accounts.admin()
    own = f"/v1/users/{accounts.admin_id}/roles"
    given = await admin.post(own, {"role": "finance_director"})
    [role] = (await admin.get(own)).json()["items"]
    ended = await admin.post(f"{own}/{role['holding_id']}/end", {})
    assert [(answer.status_code, answer.json()["code"]) for answer in (given, ended)] == [(403, "own_role")] * 2


@pytest.mark.parametrize(
    ("user", "role", "pointer"),
    [
        pytest.param({}, {"role": "emperor"}, "/role", id="a role that does not exist"),
        pytest.param({}, {"role": "account_rep"}, "/branch", id="a branch role without its branch"),
        pytest.param({}, {"role": "finance", "branch": "goma"}, "/branch", id="a role held everywhere in one branch"),
        pytest.param({}, {"role": "account_rep", "branch": "nowhere"}, "/branch", id="a branch nobody named"),
        pytest.param({}, {"role": "department_head"}, "/department", id="a department head without a department"),
        pytest.param({}, {"role": "account_contact"}, "/role", id="a customer's contact without an account"),
        pytest.param({}, {"role": "system"}, "/role", id="the system's role for a person"),
        pytest.param({}, {"role": "integrator"}, "/role", id="a machine's role for a person"),
        pytest.param({"kind": "machine"}, {"role": "general_manager"}, "/role", id="a person's role for a machine"),
        pytest.param({}, {"role": "hr", "valid_from": "2021-01-01", "valid_until": "2021-01-01"}, "/valid_until",
                     id="a time without a day"),
    ],
)  # fmt: skip
async def test_a_role_that_cannot_be_held_so_is_refused(accounts: Accounts, user, role, pointer: str) -> None:
    made = await accounts.new_user(**user)
    answer = await (await accounts.admin()).post(f"/v1/users/{made['user_id']}/roles", role)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_the_same_role_is_not_held_twice_at_once_but_may_follow_itself(accounts: Accounts) -> None:
    admin = await accounts.admin()
    year = {"role": "hr", "valid_from": "2021-01-01", "valid_until": "2022-01-01"}
    user = await accounts.new_user(year)
    path = f"/v1/users/{user['user_id']}/roles"
    overlapping = await admin.post(path, {"role": "hr", "valid_from": "2021-12-31"})
    following = await admin.post(path, {"role": "hr", "valid_from": "2022-01-01"})
    assert (overlapping.status_code, overlapping.json()["code"]) == (409, "role_already_held")
    assert following.status_code == 201


async def test_a_holding_is_half_open(accounts: Accounts) -> None:
    admin = await accounts.admin()
    user = await accounts.new_user({"role": "hr", "valid_from": "2021-01-01", "valid_until": "2022-01-01"})
    held = [
        len((await admin.get(f"/v1/users/{user['user_id']}/roles?on={day}")).json()["items"])
        for day in ("2020-12-31", "2021-01-01", "2021-12-31", "2022-01-01")
    ]
    assert held == [0, 1, 1, 0]


async def test_a_login_is_taken_in_upper_and_lower_case(accounts: Accounts) -> None:
    user = await accounts.new_user()
    again = {"name": "x", "login": user["login"].upper(), "password": PASSWORD}
    answer = await (await accounts.admin()).post("/v1/users", again)
    assert (answer.status_code, answer.json()["code"]) == (409, "login_taken")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"name": "x", "login": "abc", "password": "short"}, "/password", id="a short password"),
        pytest.param({"name": "x", "login": "abc"}, "", id="a login without a password"),
        pytest.param({"name": "x", "user_id": "system"}, "", id="the system's own id"),
        pytest.param({"name": "x", "active": True}, "/active", id="a field only the server sets"),
    ],
)
async def test_a_wrong_new_user_is_refused(accounts: Accounts, body, pointer: str) -> None:
    answer = await (await accounts.admin()).post("/v1/users", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "short" not in answer.text or pointer == "/password"


async def test_a_change_names_the_version_it_was_made_on(accounts: Accounts) -> None:
    admin = await accounts.admin()
    path = f"/v1/users/{(await accounts.new_user())['user_id']}"
    unnamed = await admin.patch(path, {"name": "y"})
    first = await admin.patch(path, {"name": "y"}, headers={"If-Match": '"1"'})
    stale = await admin.patch(path, {"name": "z"}, headers={"If-Match": '"1"'})
    assert (unnamed.status_code, first.status_code, stale.status_code) == (428, 200, 412)
    assert first.headers["ETag"] == stale.headers["ETag"] == '"2"'
    assert (await admin.get(path)).json()["name"] == "y"


async def test_a_deactivated_user_is_out_at_once(accounts: Accounts) -> None:
    admin = await accounts.admin()
    user = await accounts.new_user({"role": "hr"})
    hr = await accounts.caller(user["login"])
    path = f"/v1/users/{user['user_id']}"
    version = (await admin.get(path)).headers["ETag"]
    await admin.patch(path, {"active": False}, headers={"If-Match": version})
    assert (await hr.get("/v1/users")).json()["code"] == "user_not_known_here"
    assert (await accounts.log_in(user["login"])).status_code == 401


async def test_who_has_left_is_out_from_that_day(accounts: Accounts) -> None:
    admin = await accounts.admin()
    user = await accounts.new_user({"role": "hr"})
    hr = await accounts.caller(user["login"])
    path = f"/v1/users/{user['user_id']}"
    version = (await admin.get(path)).headers["ETag"]
    left = await admin.put(f"{path}/employment", {"left_on": str(TODAY)}, headers={"If-Match": version})
    assert left.status_code == 200
    assert (await hr.get("/v1/users")).status_code == 403


@pytest.mark.parametrize(
    ("employment", "pointer"),
    [
        pytest.param({"joined_on": "2020-02-01", "left_on": "2020-01-01"}, "/left_on", id="left before joining"),
        pytest.param({"leaves": [{"since": "2020-02-01", "until": "2020-02-01"}]}, "/leaves/0/until", id="empty leave"),
        pytest.param({"leaves": [{"since": "2020-02-01", "until": "2020-03-01"},
                                 {"since": "2020-02-29", "until": "2020-03-02"}]}, "/leaves/1", id="twice at once"),
        pytest.param({"manager_id": str(uuid4())}, "/manager_id", id="a manager nobody knows"),
    ],
)  # fmt: skip
async def test_a_contradictory_employment_is_refused(accounts: Accounts, employment, pointer: str) -> None:
    user = await accounts.new_user()
    path = f"/v1/users/{user['user_id']}/employment"
    answer = await (await accounts.admin()).put(path, employment, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_users_are_listed_in_pages_that_stay_whole(accounts: Accounts) -> None:
    for _ in range(3):
        await accounts.new_user()
    admin, path, seen = await accounts.admin(), "/v1/users?limit=2", []
    while path:
        answer = await admin.get(path)
        seen += [user["user_id"] for user in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url", "")
    async with accounts.sessions() as session:
        users = await session.scalar(select(func.count()).select_from(User))
    assert seen == sorted(set(seen))
    assert len(seen) == users


async def test_a_system_that_has_users_is_not_bootstrapped_again(accounts: Accounts) -> None:
    async with accounts.sessions() as session:
        with pytest.raises(AlreadyBootstrapped):
            await create_first_administrator(session, login="root", password=PASSWORD, now=system_now())


async def test_an_administrator_decides_no_business(accounts: Accounts) -> None:
    admin = await accounts.admin()
    may = {one["permission"] for one in (await admin.get("/v1/me")).json()["permissions"]}
    business = {
        "requests.submit", "quotes.write", "orders.write", "contracts.write", "payments.record", "prices.publish",
        "periods.close", "ratings.run", "elections.make", "bank_details.read",
    }  # fmt: skip
    assert may.isdisjoint(business)
    assert {"users.write", "roles.write"} <= may


async def until(reached: Callable[[], bool]) -> None:
    """Look again and again, for ten seconds at most."""
    for _ in range(1000):
        if reached():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


async def test_no_connection_is_held_while_the_password_of_a_new_or_changed_user_is_hashed(accounts: Accounts) -> None:
    admin, changed = await accounts.admin(), await accounts.new_user()
    released = threading.Event()
    for _ in range(os.cpu_count() or 1):
        HASHING.submit(released.wait)
    wanted = [{"name": "x", "login": f"hashed{n}", "password": PASSWORD} for n in range(30)]
    at_work = [asyncio.create_task(admin.post("/v1/users", body)) for body in wanted]
    change = {"password": "quite another one"}, {"If-Match": '"1"'}
    at_work.append(asyncio.create_task(admin.patch(f"/v1/users/{changed['user_id']}", change[0], headers=change[1])))
    try:
        await until(lambda: HASHING._work_queue.qsize() == len(at_work))
        assert accounts.app.state.mainstay.engine.pool.checkedout() == 0
    finally:
        released.set()
        answers = await asyncio.gather(*at_work)
    assert [answer.status_code for answer in answers] == [201] * 30 + [200]


async def test_who_may_not_set_a_password_costs_no_hash(accounts: Accounts) -> None:
    hr = await accounts.caller((await accounts.new_user({"role": "hr"}))["login"])
    released = threading.Event()
    for _ in range(os.cpu_count() or 1):
        HASHING.submit(released.wait)
    try:
        refused = await hr.post("/v1/users", {"name": "x", "login": "not.his", "password": PASSWORD})
    finally:
        released.set()
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


async def test_employment_says_when_somebody_joined_was_away_and_whom_he_answers_to(accounts: Accounts) -> None:
    manager, user = await accounts.new_user(), await accounts.new_user()
    hr = await accounts.caller((await accounts.new_user({"role": "hr"}))["login"])
    path = f"/v1/users/{user['user_id']}/employment"
    employment = {
        "joined_on": "2020-01-01",
        "left_on": None,
        "manager_id": manager["user_id"],
        "leaves": [{"since": "2021-07-01", "until": "2021-07-15"}, {"since": "2021-07-15", "until": "2021-08-01"}],
    }
    recorded = await hr.put(path, employment, headers={"If-Match": '"1"'})
    assert recorded.status_code == 200, recorded.text
    assert (await hr.get(path)).json() == employment


async def test_a_customers_contact_reads_nothing_of_what_the_house_thinks_of_him(
    accounts: Accounts,
) -> None:
    rep = await accounts.caller((await accounts.new_user({"role": "account_rep", "branch": "kinshasa"}))["login"])
    dossier = {"legal_name": "His own", "branch": "kinshasa", "channel": "dealer", "sales_class": "wholesale"}
    his = (await rep.post("/v1/accounts", {**dossier, "industrial": False})).json()["id"]
    contact = await accounts.caller((await accounts.new_user({"role": "account_contact"}, account_id=his))["login"])
    names = {one["permission"] for one in (await contact.get("/v1/me")).json()["permissions"]}
    assert "elections.make" in names
    kept_from_him = [
        "/v1/accounts", f"/v1/accounts/{his}/dossier", f"/v1/accounts/{his}/assessments", f"/v1/accounts/{his}/classes",
        "/v1/rating-proposals", "/v1/rating-overrides", "/v1/programmes/support/evaluations",
        "/v1/programmes/support/evidence", "/v1/key-account-lists/2026-H2", "/v1/users",
    ]  # fmt: skip
    assert {path: (await contact.get(path)).status_code for path in kept_from_him} == dict.fromkeys(kept_from_him, 403)


async def test_a_customers_contact_belongs_to_an_account_there_is(accounts: Accounts) -> None:
    wanted = {"name": "x", "login": "of.nobody", "password": PASSWORD, "account_id": str(uuid4())}
    answer = await (await accounts.admin()).post("/v1/users", wanted)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/account_id"]
