"""The background process of the pricing service."""

from services.pricing.consumers import CONSUMERS
from services.pricing.settings import PricingSettings
from shared.worker import run_worker


def main() -> None:
    run_worker(PricingSettings(), consumers=CONSUMERS)


if __name__ == "__main__":
    main()
