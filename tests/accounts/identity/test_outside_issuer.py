"""Where an outside issuer names the users, its tokens are believed and ours are not made."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from services.accounts.app import make_app
from services.accounts.settings import AccountsSettings
from shared.http.problems import MEDIA_TYPE
from tests.serving import Caller, Issuer, employ, serving

ADDRESS = "https://login.example.com/realms/house"


@dataclass
class House:
    """The accounts service of an installation whose people sign in elsewhere, and where that issuer puts its keys."""

    client: httpx2.AsyncClient
    issuer: Issuer
    keys: Path

    def caller(self, token: str) -> Caller:
        return Caller(self.client, token)

    def publish(self, issuer: Issuer) -> None:
        self.keys.write_text(issuer.jwks, encoding="utf-8")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(
    service_database: Callable[[str], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    keys = tmp_path_factory.mktemp("outside") / "jwks.json"
    settings = AccountsSettings(
        database_url=await service_database("accounts"), oidc_issuer=ADDRESS, jwks_url=keys.as_uri()
    )
    app = make_app(settings)
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            await employ(session, "oidc|grace", "admin")
            await session.commit()
        made = House(client, Issuer(issuer=ADDRESS), keys)
        made.publish(made.issuer)
        yield made


async def test_a_token_of_the_outside_issuer_is_believed(house: House) -> None:
    me = await house.caller(house.issuer.token("oidc|grace")).get("/v1/me")
    assert (me.status_code, me.json()["user_id"]) == (200, "oidc|grace")


async def test_users_are_made_under_the_names_the_outside_issuer_gives_them(house: House) -> None:
    admin = house.caller(house.issuer.token("oidc|grace"))
    made = await admin.post("/v1/users", {"name": "Jean Mbuyi", "user_id": "oidc|jean"})
    assert (made.status_code, made.json()["user_id"]) == (201, "oidc|jean")
    me = await house.caller(house.issuer.token("oidc|jean")).get("/v1/me")
    assert me.json()["name"] == "Jean Mbuyi"


async def test_a_subject_that_is_nobody_here_is_refused(house: House) -> None:
    answer = await house.caller(house.issuer.token("oidc|stranger")).get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (403, "user_not_known_here")


async def test_a_token_that_names_our_own_issuer_is_refused_even_with_the_published_key(house: House) -> None:
    ours = replace(house.issuer, issuer="mainstay")
    assert (await house.caller(ours.token("oidc|grace")).get("/v1/me")).status_code == 401


async def test_a_token_of_a_third_issuer_is_refused(house: House) -> None:
    assert (await house.caller(Issuer(issuer=ADDRESS).token("oidc|grace")).get("/v1/me")).status_code == 401


async def test_nobody_signs_in_here_and_no_key_of_ours_is_published_or_rotated(house: House) -> None:
    admin = house.caller(house.issuer.token("oidc|grace"))
    asked = {"grant_type": "password", "username": "admin", "password": "a long enough password"}
    assert (await admin.client.post("/v1/token", json=asked)).status_code == 404
    keys = await admin.client.get("/.well-known/jwks.json")
    assert (keys.status_code, keys.headers["content-type"]) == (404, MEDIA_TYPE)
    rotated = await admin.post("/v1/signing-keys/rotate")
    assert (rotated.status_code, rotated.json()["code"]) == (409, "outside_issuer")


async def test_when_the_outside_issuer_changes_its_key_the_next_token_is_believed_at_once(house: House) -> None:
    following = Issuer(issuer=ADDRESS)
    house.publish(following)
    assert (await house.caller(following.token("oidc|grace")).get("/v1/me")).status_code == 200
