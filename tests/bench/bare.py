"""The limits that routes are measured against: plain FastAPI, the same proof of the caller, one bare statement.

`BARE_SERVICE` says whose settings and database: pricing reads one row by its key, accounts one filtered page.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Request, Response

from services.accounts.settings import AccountsSettings
from services.pricing.settings import PricingSettings
from shared.auth.principal import Principal
from shared.http.app import running
from shared.http.dependencies import Session, allowed
from shared.http.exchange import ServiceDescription, exchange_of, runtime_of
from shared.http.serve import serve
from shared.settings import ServiceSettings

ANSWER = b'{"is":"' + b"x" * (int(os.environ.get("BARE_ANSWER_BYTES", "100")) - 9) + b'"}'
PAGE = """
    SELECT * FROM account WHERE branch = 'goma' AND channel = 'dealer' AND sales_class = 'retail' ORDER BY id LIMIT 51
"""


async def prove(request: Request) -> None:
    """What the edge of a service does before the permission is asked."""
    exchange_of(request).identity = await runtime_of(request).verifier.identify(request.headers.get("authorization"))


async def driver_of(session: Session) -> Any:
    """The driver alone, on the connection that the session has from the same pool."""
    connection = await (await session.connection()).get_raw_connection()
    return connection.driver_connection


async def read_one_row(
    *, body: dict[str, Any], session: Session, caller: Annotated[Principal, allowed("quotes.write")]
) -> Response:
    driver = await driver_of(session)
    await driver.fetchrow("SELECT * FROM known_account WHERE id = $1", UUID(body["account_id"]))
    return Response(ANSWER, media_type="application/json")


async def read_one_page(*, session: Session, caller: Annotated[Principal, allowed("accounts.read")]) -> Response:
    await (await driver_of(session)).fetch(PAGE)
    return Response(ANSWER, media_type="application/json")


async def ready() -> Response:
    return Response(b"ready")


def make_app(settings: ServiceSettings) -> FastAPI:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with running(ServiceDescription(settings.service, "Bare", "The limit.", settings)) as runtime:
            app.state.mainstay = runtime
            yield

    app = FastAPI(
        lifespan=run,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    proven = {"dependencies": [Depends(prove)], "response_model": None}
    app.add_api_route("/bare", read_one_row, methods=["POST"], **proven)
    app.add_api_route("/bare", read_one_page, methods=["GET"], **proven)
    app.add_api_route("/readyz", ready, response_model=None)
    return app


if __name__ == "__main__":
    settings = AccountsSettings() if os.environ.get("BARE_SERVICE") == "accounts" else PricingSettings()
    serve(make_app(settings), settings)
