"""The HTTP process of the pricing service."""

from fastapi import FastAPI

from services.pricing.consumers import CONSUMERS
from services.pricing.settings import PricingSettings
from shared.consumer import topics_read
from shared.dead_letters_api import dead_letters_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve


def make_app(settings: PricingSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    return create_app(
        ServiceDescription(
            name="pricing",
            title="Mainstay pricing",
            description="What they pay: products, prices, quotes and orders.",
            settings=settings,
            topics_read=topics_read(CONSUMERS),
            routers=(dead_letters_router(CONSUMERS),),
        )
    )


def main() -> None:
    settings = PricingSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
