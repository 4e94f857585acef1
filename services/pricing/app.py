"""The HTTP process of the pricing service."""

from fastapi import FastAPI

from services.pricing.allocation import api as allocation
from services.pricing.catalogue import api as catalogue
from services.pricing.chain import api as chain
from services.pricing.consumers import consumers
from services.pricing.coupons import api as coupons
from services.pricing.imports import api as imports
from services.pricing.orders import api as orders
from services.pricing.quotes import api as quotes
from services.pricing.rents import api as rents
from services.pricing.settings import PricingSettings
from shared.consumer import topics_read
from shared.dead_letters_api import dead_letters_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve

ROUTERS = (
    quotes.router,
    orders.router,
    chain.router,
    allocation.router,
    imports.router,
    catalogue.router,
    coupons.router,
    rents.router,
)


def make_app(settings: PricingSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    read = consumers(settings.zone)
    return create_app(
        ServiceDescription(
            name="pricing",
            title="Mainstay pricing",
            description="What they pay: products, prices, quotes and orders.",
            settings=settings,
            topics_read=topics_read(read),
            routers=(*ROUTERS, dead_letters_router(read)),
        )
    )


def main() -> None:
    settings = PricingSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
