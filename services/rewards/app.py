"""The HTTP process of the rewards service."""

from fastapi import FastAPI

from services.rewards.settings import RewardsSettings
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve

TOPICS_READ = frozenset(
    {"orders.v1", "contracts.v1", "accounts.v1", "people.v1", "catalogue.v1", "approvals.v1", "policies.v1"}
)


def make_app(settings: RewardsSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    return create_app(
        ServiceDescription(
            name="rewards",
            title="Mainstay rewards",
            description="What is earned: accruals, ledger, periods and statements.",
            settings=settings,
            topics_read=TOPICS_READ,
        )
    )


def main() -> None:
    settings = RewardsSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
