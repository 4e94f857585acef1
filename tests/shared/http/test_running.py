"""Probes, metrics, limits and logs of a running service, and settings that fit its environment."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest
import structlog
from fastapi import APIRouter
from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, insert, text

from services.accounts.settings import AccountsSettings
from shared.db.mechanisms import outbox
from shared.http.app import create_app
from shared.http.dependencies import Session, allowed
from shared.http.exchange import ServiceDescription
from shared.http.rates import RateLimiter, TooManyRequests
from shared.http.routes import Router, UnguardedRoute
from shared.settings import ServiceSettings
from shared.telemetry import current_trace_id, safe_text, start_logging, traced
from tests.serving import serving
from tests.shared.http import probe
from tests.shared.http.conftest import Probe

NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nowhere"


async def test_a_migrated_service_with_keys_is_ready_although_there_is_no_broker(service: Probe) -> None:
    answer = await service.client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (200, {"database": True, "keys": True})


async def test_a_service_without_its_keys_is_alive_but_not_ready(service: Probe, tmp_path: Path) -> None:
    lost = service.settings.model_copy(update={"jwks_url": (tmp_path / "missing.json").as_uri()})
    async with serving(create_app(probe.describe(lost))) as client:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["keys"]) == (503, False)
        token = {"Authorization": f"Bearer {service.issuer.token('writer')}"}
        assert (await client.get("/v1/things", headers=token)).json()["code"] == "keys_not_loaded"


async def test_a_database_that_is_not_at_the_head_is_not_ready(service: Probe) -> None:
    async with service.engine.begin() as connection:
        before = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
        await connection.execute(text("UPDATE alembic_version SET version_num = version_num || '_old'"))
    try:
        assert (await service.client.get("/readyz")).json()["checks"]["database"] is False
    finally:
        async with service.engine.begin() as connection:
            await connection.execute(text("DELETE FROM alembic_version"))
            for version in before:
                await connection.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": version})


async def test_without_its_database_a_live_service_starts_says_so_and_answers_503(service: Probe) -> None:
    gone = ServiceSettings(database_url=NOWHERE, jwks_url=service.issuer.jwks)
    async with serving(create_app(probe.describe(gone))) as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).json()["checks"] == {"database": False, "keys": True}
        token = {"Authorization": f"Bearer {service.issuer.token('writer')}"}
        answer = await client.get("/v1/things", headers=token)
        assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
        assert (await client.get("/metrics")).status_code == 200


async def test_metrics_count_requests_by_route_and_tell_the_age_of_the_outbox(service: Probe) -> None:
    await service.writer.post("/v1/things", {"name": "x"})
    async with service.engine.begin() as connection:
        await connection.execute(text("UPDATE outbox SET created_at = created_at - interval '90 s'"))
    body = (await service.client.get("/metrics")).text
    assert 'mainstay_http_requests_total{method="POST",route="/v1/things",status="201"}' in body
    [age] = [line for line in body.splitlines() if line.startswith("mainstay_outbox_oldest_unpublished_seconds ")]
    assert 89 < float(age.split()[1]) < 120
    async with service.engine.begin() as connection:
        await connection.execute(delete(outbox))


async def test_one_principal_cannot_take_more_than_its_share_and_others_still_get_theirs(service: Probe) -> None:
    tight = service.settings.model_copy(update={"rate_limit_burst": 3, "rate_limit_per_s": 0.01})
    async with serving(create_app(probe.describe(tight))) as client:
        writer, reader = ({"Authorization": f"Bearer {service.issuer.token(who)}"} for who in ("writer", "reader"))
        statuses = [(await client.get("/v1/things", headers=writer)).status_code for _ in range(4)]
        refused = await client.get("/v1/things", headers=writer)
        others = await client.get("/v1/things", headers=reader)
    assert statuses == [200, 200, 200, 429]
    assert refused.json()["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) >= 1
    assert others.status_code == 200


async def test_an_address_that_proves_nothing_is_limited_too(service: Probe) -> None:
    tight = service.settings.model_copy(update={"anonymous_rate_limit_burst": 2, "anonymous_rate_limit_per_s": 0.01})
    async with serving(create_app(probe.describe(tight))) as client:
        statuses = [(await client.get("/v1/things")).status_code for _ in range(3)]
        probes = [(await client.get("/livez")).status_code for _ in range(5)]
    assert statuses == [401, 401, 429]
    assert probes == [200] * 5


def test_a_bucket_fills_again() -> None:
    limiter = RateLimiter(per_s=1e9, burst=1)
    for _ in range(100):
        limiter.take("x")
    dry = RateLimiter(per_s=1e-9, burst=1)
    dry.take("x")
    with pytest.raises(TooManyRequests):
        dry.take("x")


unguarded = Router(tags=["t"])


@unguarded.get("/secrets")
async def read_secrets(session: Session) -> None:
    """Nobody asks who you are."""


@pytest.mark.parametrize(
    "wrong", [pytest.param("none", id="no permission"), pytest.param("unknown", id="an unknown one")]
)
def test_a_service_with_an_unguarded_route_does_not_start(wrong: str) -> None:

    router = unguarded
    if wrong == "unknown":
        router = Router(tags=["t"], dependencies=[allowed("world.rule")])
        router.add_api_route("/world", read_secrets, methods=["GET"])
    description = ServiceDescription("pricing", "t", "t", ServiceSettings(), routers=(router,))
    with pytest.raises(UnguardedRoute):
        create_app(description)
    plain = APIRouter()
    plain.add_api_route("/plain", read_secrets, methods=["GET"])
    with pytest.raises(UnguardedRoute):
        create_app(ServiceDescription("pricing", "t", "t", ServiceSettings(), routers=(plain,)))


SAFE = {
    "environment": "production",
    "database_url": "postgresql://a:Zx81@db/a",
    "signing_key_secret": "s" * 32,
    "bank_key": "b" * 32,
}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        pytest.param({"clock_profile": "story"}, "live clock", id="the story's clock"),
        pytest.param({"database_url": AccountsSettings.model_fields["database_url"].default}, "DATABASE_URL",
                     id="the default database password"),
        pytest.param({"signing_key_secret": AccountsSettings.model_fields["signing_key_secret"].default},
                     "SIGNING_KEY_SECRET", id="the default secret of the signing keys"),
        pytest.param({"bank_key": AccountsSettings.model_fields["bank_key"].default},
                     "BANK_KEY", id="the default key of the bank details"),
    ],
)  # fmt: skip
def test_production_refuses(changed: dict[str, str], sentence: str) -> None:
    assert AccountsSettings(**SAFE).environment == "production"
    with pytest.raises(ValidationError, match=sentence):
        AccountsSettings(**{**SAFE, **changed})


def test_a_secret_is_read_from_the_file_its_variable_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("postgresql://from:file@db/a\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://from:environment@db/a")
    assert ServiceSettings().database_url == "postgresql://from:file@db/a"


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example")
    assert ServiceSettings().cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize("wrong", [{"zone": "Nowhere/City"}, {"story_clock_start": "2020-12-01T00:00:00"}])
def test_a_setting_that_means_nothing_is_refused_at_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises((ValidationError, LookupError)):
        ServiceSettings(**wrong)


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in AccountsSettings.model_fields.items() if not field.description] == []


def test_no_secret_is_shown_when_settings_are_printed() -> None:
    assert "Zx81" not in repr(AccountsSettings(**SAFE))


def test_a_log_line_has_listed_fields_only_and_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level, before = logging.root.handlers[:], logging.root.level, structlog.get_config()
    try:
        start_logging(service="pricing", level="info")
        with traced("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
            structlog.get_logger().info("order_placed", topic="orders.v1", password="swordfish", bank_account="CD01")
            logging.getLogger("a.library").warning("as it %s", "comes")
    finally:
        logging.root.handlers[:], logging.root.level = handlers, level
        structlog.configure(**before)
    ours, theirs = (orjson.loads(line) for line in capsys.readouterr().out.splitlines())
    assert set(ours) == {"event", "topic", "level", "timestamp", "service", "trace_id"}
    assert ours["trace_id"] == theirs["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert (theirs["event"], theirs["level"], theirs["service"]) == ("as it comes", "warning", "pricing")


IBAN = "CD01-9876-bank-account"


class Account(BaseModel):
    bank_account: int


async def log_of(fail: Callable[[], Awaitable[object]], capsys: pytest.CaptureFixture[str]) -> str:
    handlers, level, before = logging.root.handlers[:], logging.root.level, structlog.get_config()
    try:
        start_logging(service="pricing", level="info")
        try:
            await fail()
        except Exception as error:
            structlog.get_logger().error("request_failed", error=safe_text(error), exc_info=error)
    finally:
        logging.root.handlers[:], logging.root.level = handlers, level
        structlog.configure(**before)
    return capsys.readouterr().out


async def test_an_error_is_logged_with_its_place_but_not_with_the_row_it_was_about(
    service: Probe, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = service.app.state.mainstay.engine

    async def repeat_a_row() -> None:
        async with engine.begin() as connection:
            for _ in range(2):
                await connection.execute(insert(probe.thing).values(id=1, name=IBAN))

    async def read_wrong_input() -> None:
        Account.model_validate({"bank_account": IBAN})

    row = await log_of(repeat_a_row, capsys)
    given = await log_of(read_wrong_input, capsys)
    assert "repeat_a_row" in row
    assert "23505 thing_pkey" in row
    assert "ValidationError: bank_account" in given
    assert IBAN not in row + given


def test_a_trace_is_taken_over_or_begun() -> None:
    with traced("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        assert current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
    with traced("nonsense"):
        begun = current_trace_id()
    assert begun is not None
    assert len(begun) == 32
    assert current_trace_id() is None


async def test_the_trace_of_a_request_goes_on_in_its_events(service: Probe) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    await service.writer.post("/v1/things", {"name": "x"}, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    async with service.engine.connect() as connection:
        headers = (await connection.execute(text("SELECT headers FROM outbox"))).scalars().all()
    assert all(row["traceparent"].split("-")[1] == trace for row in headers)
    assert len(headers) == 2
