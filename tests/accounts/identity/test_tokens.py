"""Logging in, staying in, getting out; for people and for machines."""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from joserfc.util import urlsafe_b64decode
from sqlalchemy import select, text, update

from services.accounts.identity import issuer
from services.accounts.identity.domain import wait_after
from services.accounts.identity.login import Issuing, Proof, Refused, log_in, prove
from services.accounts.identity.models import ApiKey, RefreshToken, SigningKey, User
from services.accounts.identity.passwords import HASHING, hash_password
from services.accounts.identity.repository import set_password_hash
from shared.auth.tokens import TokenVerifier
from shared.clock import system_now
from shared.db.mechanisms import audit_entry, idempotency_key
from shared.db.session import commit
from tests.accounts.conftest import PASSWORD, Accounts
from tests.serving import Caller

FAR = "2099-01-01T00:00:00Z"


async def test_a_login_answers_an_access_token_for_five_minutes_and_a_refresh_token(accounts: Accounts) -> None:
    tokens = (await accounts.log_in("admin")).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 300)
    assert (await Caller(accounts.client, tokens["access_token"]).get("/v1/me")).json()["user_id"] == accounts.admin_id
    assert tokens["refresh_token"]


async def test_a_token_can_be_asked_for_by_form_as_oauth_has_it(accounts: Accounts) -> None:
    asked = {"grant_type": "password", "username": "admin", "password": PASSWORD}
    assert (await accounts.client.post("/v1/token", data=asked)).status_code == 200


async def test_a_half_asked_token_is_refused(accounts: Accounts) -> None:
    answer = await accounts.client.post("/v1/token", json={"grant_type": "password", "username": "admin"})
    assert answer.status_code == 422


async def test_a_wrong_password_and_a_name_nobody_has_are_answered_alike(accounts: Accounts) -> None:
    wrong = await accounts.log_in("admin", "not the password")
    nobody = await accounts.log_in("nobody at all", "not the password")
    assert wrong.status_code == nobody.status_code == 401
    alike = ("type", "title", "code")
    assert [wrong.json()[name] for name in alike] == [nobody.json()[name] for name in alike]
    await accounts.log_in("admin")


async def test_after_five_failures_even_the_right_password_must_wait(accounts: Accounts) -> None:
    user = await accounts.new_user()
    failed = [(await accounts.log_in(user["login"], "wrong wrong")).status_code for _ in range(5)]
    waiting = await accounts.log_in(user["login"])
    assert failed == [401] * 5
    assert (waiting.status_code, waiting.json()["code"]) == (429, "too_many_attempts")
    assert int(waiting.headers["Retry-After"]) >= 1
    async with accounts.sessions() as session:
        await session.execute(text("UPDATE login_attempt SET last_failed_at = last_failed_at - interval '1 hour'"))
        await session.commit()
    assert (await accounts.log_in(user["login"])).status_code == 200


async def test_guesses_sent_at_once_are_counted_one_after_the_other(accounts: Accounts) -> None:
    user, at_once = await accounts.new_user(), Issuing(accounts.settings, system_now())

    async def answer(password: str) -> str:
        """As the route answers, all at one moment: however slow the machine, no wait is over meanwhile."""
        proof = await prove(accounts.sessions, login=user["login"], password=password, issuing=at_once)
        if isinstance(proof, Refused):
            return proof.problem.code
        async with accounts.sessions() as session:
            found = await log_in(session, proof=proof, issuing=at_once)
            await commit(session)
        return found.problem.code if isinstance(found, Refused) else "in"

    answers = Counter(await asyncio.gather(*(answer(f"guess number {n}") for n in range(20))))
    assert answers == {"wrong_credentials": 5, "too_many_attempts": 15}
    assert await answer(PASSWORD) == "too_many_attempts"


async def test_forty_sign_in_at_once_though_there_are_fewer_connections(accounts: Accounts) -> None:
    settings = accounts.settings
    assert settings.database_pool_size + settings.database_pool_overflow < 40
    users = [await accounts.new_user() for _ in range(4)]
    signing_in = [accounts.log_in(user["login"]) for user in users for _ in range(10)]
    assert [answer.status_code for answer in await asyncio.gather(*signing_in)] == [200] * 40


async def test_no_connection_is_held_while_a_password_is_hashed(accounts: Accounts) -> None:
    user, begun = await accounts.new_user(), Issuing(accounts.settings, system_now())
    released = threading.Event()
    for _ in range(os.cpu_count() or 1):
        HASHING.submit(released.wait)
    hashing = [
        asyncio.create_task(prove(accounts.sessions, login=user["login"], password=PASSWORD, issuing=begun))
        for _ in range(30)
    ]
    try:
        async with accounts.sessions() as session:
            assert await session.scalar(select(1)) == 1  # the thirty stand before it in the queue for a connection
        assert not any(task.done() for task in hashing)
    finally:
        released.set()
        proofs = await asyncio.gather(*hashing)
    assert all(isinstance(proof, Proof) and proof.fits for proof in proofs)


async def test_a_password_changed_while_the_old_one_was_hashed_is_not_the_old_one(accounts: Accounts) -> None:
    user, begun = await accounts.new_user(), Issuing(accounts.settings, system_now())
    proof = await prove(accounts.sessions, login=user["login"], password=PASSWORD, issuing=begun)
    assert isinstance(proof, Proof)
    async with accounts.sessions() as session:
        await set_password_hash(session, user_id=user["user_id"], password_hash=await hash_password("another one"))
        outcome = await log_in(session, proof=proof, issuing=begun)
    assert isinstance(outcome, Refused)
    assert outcome.problem.code == "wrong_credentials"


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        pytest.param(4, 0, id="four are free"),
        pytest.param(5, 1, id="the fifth costs a second"),
        pytest.param(8, 8, id="then it doubles"),
        pytest.param(15, 900, id="never more than a quarter of an hour"),
        pytest.param(10_000, 900, id="nor overflows"),
    ],
)
def test_the_wait_grows(failures: int, seconds: int) -> None:
    assert wait_after(failures) == timedelta(seconds=seconds)


async def refresh(accounts: Accounts, token: str):
    return await accounts.client.post("/v1/token/refresh", json={"refresh_token": token})


async def test_a_refresh_token_continues_the_session_once(accounts: Accounts) -> None:
    first = (await accounts.log_in("admin")).json()["refresh_token"]
    second = await refresh(accounts, first)
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first
    assert (await refresh(accounts, second.json()["refresh_token"])).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_whole_session(accounts: Accounts) -> None:
    stolen = (await accounts.log_in("admin")).json()["refresh_token"]
    thiefs = (await refresh(accounts, stolen)).json()["refresh_token"]
    again = await refresh(accounts, stolen)
    assert (again.status_code, again.json()["code"]) == (401, "session_over")
    assert (await refresh(accounts, thiefs)).status_code == 401


async def test_another_session_of_the_same_user_goes_on(accounts: Accounts) -> None:
    other = (await accounts.log_in("admin")).json()["refresh_token"]
    stolen = (await accounts.log_in("admin")).json()["refresh_token"]
    await refresh(accounts, stolen)
    await refresh(accounts, stolen)
    assert (await refresh(accounts, other)).status_code == 200


async def test_a_revoked_session_is_over_and_an_unknown_token_is_answered_the_same(accounts: Accounts) -> None:
    token = (await accounts.log_in("admin")).json()["refresh_token"]
    revoked = await accounts.client.post("/v1/token/revoke", json={"refresh_token": token})
    unknown = await accounts.client.post("/v1/token/revoke", json={"refresh_token": "nobody's"})
    assert (revoked.status_code, unknown.status_code) == (204, 204)
    assert (await refresh(accounts, token)).status_code == 401


async def test_a_session_left_alone_too_long_is_over(accounts: Accounts) -> None:
    token = (await accounts.log_in("admin")).json()["refresh_token"]
    async with accounts.sessions() as session:
        await session.execute(update(RefreshToken).values(expires_at=system_now()))
        await session.commit()
    assert (await refresh(accounts, token)).status_code == 401


async def test_a_new_password_ends_the_old_sessions(accounts: Accounts) -> None:
    user = await accounts.new_user()
    token = (await accounts.log_in(user["login"])).json()["refresh_token"]
    changed = await (await accounts.admin()).patch(
        f"/v1/users/{user['user_id']}", {"password": "quite another one"}, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 200
    assert (await refresh(accounts, token)).status_code == 401
    assert (await accounts.log_in(user["login"])).status_code == 401
    assert (await accounts.log_in(user["login"], "quite another one")).status_code == 200


async def machine_key(accounts: Accounts, *scopes: str, key: str | None = None):
    machine = await accounts.new_user({"role": "auditor"}, kind="machine")
    wanted = {"user_id": machine["user_id"], "name": "ERP", "scopes": list(scopes), "expires_at": FAR}
    return await (await accounts.admin()).post("/v1/api-keys", wanted, key=key)


async def machine_login(accounts: Accounts, key_id: str, secret: str):
    asked = {"grant_type": "client_credentials", "client_id": key_id, "client_secret": secret}
    return await accounts.client.post("/v1/token", json=asked)


async def test_a_machine_proves_itself_by_its_key_and_reaches_only_the_keys_permissions(accounts: Accounts) -> None:
    key = (await machine_key(accounts, "users.read")).json()
    tokens = (await machine_login(accounts, key["key_id"], key["secret"])).json()
    assert tokens["refresh_token"] is None
    machine = Caller(accounts.client, tokens["access_token"])
    assert (await machine.get("/v1/users")).status_code == 200
    assert (await machine.get("/v1/api-keys")).status_code == 403  # the auditor may, this key may not


async def test_a_key_gives_no_permission_its_machine_has_not(accounts: Accounts) -> None:
    key = (await machine_key(accounts, "users.write")).json()
    tokens = (await machine_login(accounts, key["key_id"], key["secret"])).json()
    answer = await Caller(accounts.client, tokens["access_token"]).post("/v1/users", {"name": "x"})
    assert answer.status_code == 403


async def test_a_secret_is_shown_once_and_kept_nowhere(accounts: Accounts) -> None:
    machine = await accounts.new_user({"role": "integrator"}, kind="machine")
    admin = await accounts.admin()
    wanted = {"user_id": machine["user_id"], "name": "ERP", "scopes": ["orders.import"], "expires_at": FAR}
    shown = await admin.post("/v1/api-keys", wanted, key="once")
    replayed = await admin.post("/v1/api-keys", wanted, key="once")
    secret = shown.json()["secret"]
    assert replayed.json() == {**shown.json(), "secret": None}
    listed = await admin.get(f"/v1/api-keys?user_id={machine['user_id']}")
    assert "secret" not in listed.json()["items"][0]
    async with accounts.sessions() as session:
        bodies = b"".join(await session.scalars(select(idempotency_key.c.body)))
        hashes = list(await session.scalars(select(ApiKey.secret_hash)))
    assert secret.encode() not in bodies
    assert secret.encode() not in b"".join(hashes)


async def test_a_wrong_secret_a_revoked_key_and_an_expired_key_are_refused(accounts: Accounts) -> None:
    key = (await machine_key(accounts, "users.read")).json()
    assert (await machine_login(accounts, key["key_id"], "wrong")).status_code == 401
    assert (await machine_login(accounts, "key_unknown", key["secret"])).status_code == 401
    async with accounts.sessions() as session:
        await session.execute(update(ApiKey).where(ApiKey.key_id == key["key_id"]).values(expires_at=system_now()))
        await session.commit()
    assert (await machine_login(accounts, key["key_id"], key["secret"])).status_code == 401
    other = (await machine_key(accounts, "users.read")).json()
    revoked = await (await accounts.admin()).call("DELETE", f"/v1/api-keys/{other['key_id']}")
    assert revoked.status_code == 204
    assert (await machine_login(accounts, other["key_id"], other["secret"])).status_code == 401


async def test_only_machines_get_keys_and_only_for_permissions_there_are(accounts: Accounts) -> None:
    admin = await accounts.admin()
    person = await accounts.new_user()
    wanted = {"user_id": person["user_id"], "name": "x", "scopes": ["orders.import"], "expires_at": FAR}
    refused = await admin.post("/v1/api-keys", wanted)
    unknown = await machine_key(accounts, "world.rule")
    assert (refused.status_code, refused.json()["code"]) == (409, "api_key_for_machines_only")
    assert [error["pointer"] for error in unknown.json()["errors"]] == ["/scopes"]


async def test_after_a_rotation_old_tokens_stay_good_and_new_ones_are_signed_by_the_new_key(accounts: Accounts) -> None:
    before = (await accounts.log_in("admin")).json()["access_token"]
    async with accounts.sessions() as session:
        kid = await issuer.rotate_keys(session, settings=accounts.settings, now=system_now())
        await commit(session)
    after = (await accounts.log_in("admin")).json()["access_token"]
    published = (await accounts.client.get("/.well-known/jwks.json")).json()["keys"]
    assert kid in {key["kid"] for key in published}
    assert len(published) >= 2
    for token in (before, after):
        assert (await Caller(accounts.client, token).get("/v1/me")).status_code == 200


async def published_keys(accounts: Accounts) -> Mapping[str, Any]:
    answer = await accounts.client.get("/.well-known/jwks.json")
    return dict(answer.json())


async def test_a_rotation_by_the_administrator_leaves_no_service_without_keys(accounts: Accounts) -> None:
    settings = accounts.settings
    elsewhere = TokenVerifier(
        issuer=settings.token_issuer, audience=settings.token_audience, load_keys=lambda: published_keys(accounts)
    )
    before = (await accounts.log_in("admin")).json()["access_token"]
    assert (await elsewhere.identify(f"Bearer {before}")).user_id == accounts.admin_id
    rotated = await (await accounts.admin()).post("/v1/signing-keys/rotate")
    assert rotated.status_code == 201
    after = (await accounts.log_in("admin")).json()["access_token"]
    assert urlsafe_b64decode(after.split(".")[0].encode()).count(rotated.json()["kid"].encode()) == 1
    newcomer = TokenVerifier(
        issuer=settings.token_issuer, audience=settings.token_audience, load_keys=lambda: published_keys(accounts)
    )
    for verifier in (elsewhere, newcomer):
        for token in (before, after):
            assert (await verifier.identify(f"Bearer {token}")).user_id == accounts.admin_id


async def test_only_the_administrator_rotates_and_it_is_on_record(accounts: Accounts) -> None:
    hr = await accounts.caller((await accounts.new_user({"role": "hr"}))["login"])
    assert (await hr.post("/v1/signing-keys/rotate")).status_code == 403
    kid = (await (await accounts.admin()).post("/v1/signing-keys/rotate")).json()["kid"]
    async with accounts.sessions() as session:
        query = select(audit_entry.c.actor).where(audit_entry.c.subject == f"signing_key/{kid}")
        assert list(await session.scalars(query)) == [accounts.admin_id]


async def test_the_next_key_is_published_before_it_signs(accounts: Accounts) -> None:
    async with accounts.sessions() as session:
        soon = system_now() + timedelta(minutes=30)
        await session.execute(update(SigningKey).values(signs_until=soon).where(SigningKey.signs_until > soon))
        current = await issuer.current_key(session, settings=accounts.settings, now=system_now())
        await session.flush()
        keys = (await issuer.key_set(session, now=system_now()))["keys"]
        following = await issuer.current_key(session, settings=accounts.settings, now=soon)
    assert current.kid != following.kid
    assert {current.kid, following.kid} <= {key["kid"] for key in keys}


async def test_no_private_key_and_no_password_can_be_read_from_the_database(accounts: Accounts) -> None:
    async with accounts.sessions() as session:
        keys = (await session.scalars(select(SigningKey))).all()
        hashes = [hashed for hashed in await session.scalars(select(User.password_hash)) if hashed]
    assert all(b"PRIVATE" not in key.private_sealed and "d" not in key.public_jwk for key in keys)
    assert all(hashed.startswith("$argon2id$") for hashed in hashes)
