"""The background process of the pricing service."""

from services.pricing.settings import PricingSettings
from shared.auth.people import PEOPLE_HANDLERS
from shared.consumer import Consumer, one_by_one
from shared.worker import run_worker

CONSUMERS = (Consumer(service="pricing", topics=("people.v1",), handler=one_by_one(PEOPLE_HANDLERS)),)


def main() -> None:
    run_worker(PricingSettings(), consumers=CONSUMERS)


if __name__ == "__main__":
    main()
