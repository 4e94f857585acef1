"""The HTTP process of the approvals service."""

from fastapi import FastAPI

from services.approvals import previews
from services.approvals.consumers import make_consumers
from services.approvals.contracts import api as contracts_api
from services.approvals.delegations import api as delegations_api
from services.approvals.notices import api as notices_api
from services.approvals.requests import api as requests_api
from services.approvals.settings import ApprovalsSettings
from shared.consumer import topics_read
from shared.dead_letters_api import dead_letters_router
from shared.files_api import router as files_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve


def make_app(settings: ApprovalsSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    consumers = make_consumers(settings)
    return create_app(
        ServiceDescription(
            name="approvals",
            title="Mainstay approvals",
            description="Who must sign: routes, requests, decisions and contracts.",
            settings=settings,
            topics_read=topics_read(consumers),
            routers=(
                previews.router,
                requests_api.router,
                delegations_api.router,
                contracts_api.router,
                notices_api.router,
                files_router,
                dead_letters_router(consumers),
            ),
        )
    )


def main() -> None:
    settings = ApprovalsSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
