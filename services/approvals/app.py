"""The HTTP process of the approvals service."""

from fastapi import FastAPI

from services.approvals.settings import ApprovalsSettings
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve

TOPICS_READ = frozenset(
    {"approval-asks.v1", "accounts.v1", "people.v1", "catalogue.v1", "quotes.v1", "orders.v1", "policies.v1"}
)


def make_app(settings: ApprovalsSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    return create_app(
        ServiceDescription(
            name="approvals",
            title="Mainstay approvals",
            description="Who must sign: routes, requests, decisions and contracts.",
            settings=settings,
            topics_read=TOPICS_READ,
        )
    )


def main() -> None:
    settings = ApprovalsSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
