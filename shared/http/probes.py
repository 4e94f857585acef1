"""Whether a process lives, whether it is ready, and what it measures; outside /v1 and without a token."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from shared.db.revisions import heads_reached
from shared.http.exchange import Runtime, runtime_of
from shared.pipe_metrics import measure_pipe, pipe_not_measured

router = APIRouter(tags=["probes"], include_in_schema=False)

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
    POOL_IN_USE.set(runtime.engine.pool.checkedout())  # type: ignore[attr-defined]  # every queue pool counts
    try:
        async with runtime.engine.connect() as connection:
            await measure_pipe(connection)
    except (SQLAlchemyError, OSError):
        pipe_not_measured()
