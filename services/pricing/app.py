"""The HTTP process of the pricing service."""

from fastapi import FastAPI

from services.pricing.settings import PricingSettings
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve

TOPICS_READ = frozenset({"accounts.v1", "people.v1", "approvals.v1", "contracts.v1", "rewards.v1", "policies.v1"})


def make_app(settings: PricingSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    return create_app(
        ServiceDescription(
            name="pricing",
            title="Mainstay pricing",
            description="What they pay: products, prices, quotes and orders.",
            settings=settings,
            topics_read=TOPICS_READ,
        )
    )


def main() -> None:
    settings = PricingSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
