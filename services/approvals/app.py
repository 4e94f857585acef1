"""The HTTP process of the approvals service."""

from fastapi import FastAPI

from services.approvals.consumers import CONSUMERS
from services.approvals.settings import ApprovalsSettings
from shared.consumer import topics_read
from shared.dead_letters_api import dead_letters_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve


def make_app(settings: ApprovalsSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    return create_app(
        ServiceDescription(
            name="approvals",
            title="Mainstay approvals",
            description="Who must sign: routes, requests, decisions and contracts.",
            settings=settings,
            topics_read=topics_read(CONSUMERS),
            routers=(dead_letters_router(CONSUMERS),),
        )
    )


def main() -> None:
    settings = ApprovalsSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
