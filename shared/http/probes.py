"""Whether a process lives, whether it is ready, and what it measures; outside /v1 and without a token."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from shared.db.mechanisms import dead_letter, outbox
from shared.db.migrate import heads_reached
from shared.http.exchange import Runtime, runtime_of

router = APIRouter(tags=["probes"], include_in_schema=False)

OLDEST_UNPUBLISHED = Gauge("mainstay_outbox_oldest_unpublished_seconds", "Age of the oldest event not yet in Kafka")
OPEN_DEAD_LETTERS = Gauge("mainstay_dead_letters_open", "Events parked until a person decides")
POOL_IN_USE = Gauge("mainstay_database_connections_in_use", "Connections of this process at work")


@router.get("/livez")
async def livez() -> Response:
    """The event loop answers; nothing else is asked."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Database, migrations at head, keys loaded. Kafka is not asked: the outbox absorbs its absence."""
    runtime = runtime_of(request)
    checks: dict[str, Callable[[], Awaitable[bool]]] = {
        "database": lambda: _migrated(runtime),
        "keys": runtime.verifier.keys_are_loaded,
    }
    passed = {name: await check() for name, check in checks.items()}
    ready = all(passed.values())
    return JSONResponse({"status": "ready" if ready else "not ready", "checks": passed}, 200 if ready else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus text."""
    await _measure_database(runtime_of(request))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _migrated(runtime: Runtime) -> bool:
    try:
        return await heads_reached(runtime.engine, runtime.service.name)
    except (SQLAlchemyError, OSError):
        return False


async def _measure_database(runtime: Runtime) -> None:
    oldest = select(func.extract("epoch", func.clock_timestamp() - func.min(outbox.c.created_at)))
    parked = select(func.count()).select_from(dead_letter).where(dead_letter.c.resolved_at.is_(None))
    POOL_IN_USE.set(runtime.engine.pool.checkedout())  # type: ignore[attr-defined]  # every queue pool counts
    try:
        async with runtime.engine.connect() as connection:
            OLDEST_UNPUBLISHED.set(await connection.scalar(oldest.where(outbox.c.published_at.is_(None))) or 0)
            OPEN_DEAD_LETTERS.set(await connection.scalar(parked) or 0)
    except (SQLAlchemyError, OSError):
        OLDEST_UNPUBLISHED.set(float("nan"))
        OPEN_DEAD_LETTERS.set(float("nan"))
