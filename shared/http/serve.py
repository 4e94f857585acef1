"""One API process: serves until it is told to stop, then finishes what it began."""

import uvicorn
from fastapi import FastAPI

from shared.cycles import collect_seldom
from shared.settings import ServiceSettings
from shared.telemetry import start_logging

FINISH_WITHIN_S = 20


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Blocks until SIGTERM or SIGINT."""
    start_logging(service=settings.service, level=settings.log_level)
    collect_seldom()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=FINISH_WITHIN_S,
    )
