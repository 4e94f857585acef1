"""An empty system begins once: an administrator, the first policies, a record of both, and no second time."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.bootstrap import PACK, add_missing, begin, is_empty
from deploy.local.databases import SERVICES, plain
from deploy.local.refusals import CannotStart
from services.accounts.app import make_app
from services.accounts.identity.bootstrap import AlreadyBootstrapped
from services.accounts.settings import AccountsSettings
from tests.servers import TestPostgres
from tests.serving import serving

PASSWORD = "the first password of all"
NOW = datetime(2009, 11, 30, tzinfo=UTC)


async def test_a_system_begins_once_however_many_try_at_the_same_time(postgres: TestPostgres) -> None:
    urls = {service: await postgres.create_database(service) for service in SERVICES}
    assert await is_empty(urls["accounts"])
    outcomes = await asyncio.gather(
        *(begin(urls, pack=PACK, login=login, password=PASSWORD, now=NOW) for login in ("one", "two")),
        return_exceptions=True,
    )
    [done] = [one for one in outcomes if isinstance(one, dict)]
    [refused] = [one for one in outcomes if not isinstance(one, dict)]
    assert isinstance(refused, AlreadyBootstrapped)
    with pytest.raises(AlreadyBootstrapped):
        await begin(urls, pack=PACK, login="three", password=PASSWORD, now=NOW)
    assert not await is_empty(urls["accounts"])

    assert sum(done.values()) == len(list(PACK.glob("*/*.yaml")))
    for service, url in urls.items():
        assert await ask(url, "SELECT count(*) FROM policy_version") == done[service] > 0
        assert await ask(url, "SELECT count(*) FROM audit_entry WHERE action = 'policy.seeded'") == done[service]
        assert await ask(url, "SELECT count(*) FROM outbox WHERE type = 'PolicyPublished'") == done[service]
    audited = "SELECT array_agg(action ORDER BY pos) FROM audit_entry WHERE actor = 'system:bootstrap'"
    assert await ask(urls["accounts"], audited) == ["user.created", "role.assigned"]

    login = "one" if outcomes[0] is done else "two"
    app = make_app(AccountsSettings(database_url=urls["accounts"]))
    async with serving(app) as client:
        asked = {"grant_type": "password", "username": login, "password": PASSWORD}
        token = (await client.post("/v1/token", json=asked)).json()["access_token"]
        me = (await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})).json()
    assert me["roles"] == ["admin"]
    for url in urls.values():
        await postgres.drop_database(url)


async def test_a_newer_release_adds_the_policies_a_system_was_without_and_touches_none(
    postgres: TestPostgres, tmp_path: Path
) -> None:
    """Branches became a document after some houses had begun; what a house has, even reworded since, stays."""
    older = tmp_path / "pack"
    shutil.copytree(PACK, older)
    for gone in (
        "accounts/branches",
        "accounts/duties",
        "rewards/" + min(one.stem for one in (PACK / "rewards").iterdir()),
    ):
        (older / f"{gone}.yaml").unlink()
    worded = older / "accounts" / "need-tags.yaml"
    worded.write_text(worded.read_text().replace("title: {en: ", "title: {en: Our ", 1))
    urls = {service: await postgres.create_database(service) for service in SERVICES}
    assert await add_missing(urls, pack=PACK, now=NOW) == {}, "a system that has not begun is bootstrap's"
    await begin(urls, pack=older, password=PASSWORD, now=NOW)
    kept = "SELECT array_agg(policy_id || version || content_hash ORDER BY policy_id) FROM policy_version"
    before = await ask(urls["accounts"], kept + " WHERE service = 'accounts'")

    assert await add_missing(urls, pack=PACK, now=NOW + timedelta(days=400)) == {"accounts": 2, "rewards": 1}
    assert await add_missing(urls, pack=PACK, now=NOW + timedelta(days=401)) == {}
    added = "policy_id IN ('branches', 'duties')"
    assert await ask(urls["accounts"], kept + f" WHERE service = 'accounts' AND NOT {added}") == before
    told = "SELECT array_agg(aggregateid ORDER BY aggregateid) FROM outbox WHERE type = 'PolicyPublished' AND "
    assert await ask(urls["accounts"], told + "aggregateid IN ('branches', 'duties')") == ["branches", "duties"]
    for url in urls.values():
        await postgres.drop_database(url)


async def ask(url: str, question: str) -> Any:
    connection = await asyncpg.connect(plain(url))
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        pytest.param(None, "Set BOOTSTRAP_ADMIN_PASSWORD_FILE", id="no password file is named"),
        pytest.param("missing", "cannot be read", id="the file is not there"),
        pytest.param("short", "fewer than 10 characters", id="the password is short"),
    ],
)
def test_the_command_says_in_a_sentence_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str | None, sentence: str
) -> None:
    from mainstay.bootstrap import _password

    (tmp_path / "short").write_text("short\n")
    monkeypatch.delenv("BOOTSTRAP_ADMIN_PASSWORD_FILE", raising=False)
    if file:
        monkeypatch.setenv("BOOTSTRAP_ADMIN_PASSWORD_FILE", str(tmp_path / file))
    with pytest.raises(CannotStart, match=sentence):
        _password({})
