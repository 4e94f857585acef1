"""The HTTP process of the rewards service."""

from fastapi import FastAPI

from services.rewards.accrual import api as accruals
from services.rewards.consumers import CONSUMERS
from services.rewards.incentives import api as bonuses
from services.rewards.ledger import api as ledger
from services.rewards.settings import RewardsSettings
from services.rewards.settlement import api as settlement
from shared.consumer import topics_read
from shared.dead_letters_api import dead_letters_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve


def make_app(settings: RewardsSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    return create_app(
        ServiceDescription(
            name="rewards",
            title="Mainstay rewards",
            description="What is earned: accruals, ledger, periods and statements.",
            settings=settings,
            topics_read=topics_read(CONSUMERS),
            routers=(
                accruals.router,
                ledger.router,
                settlement.router,
                bonuses.router,
                dead_letters_router(CONSUMERS),
            ),
        )
    )


def main() -> None:
    settings = RewardsSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
