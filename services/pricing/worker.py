"""The background process of the pricing service."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.consumers import consumers
from services.pricing.imports.flowing import ParkedOrders
from services.pricing.quotes.service import expire_quotes
from services.pricing.rents.invoicing import invoice_rents
from services.pricing.settings import PricingSettings
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies
from shared.policy.rulebook import Rulebook
from shared.worker import run_worker


def jobs(settings: PricingSettings) -> tuple[Job, ...]:
    """What comes by the clock alone."""

    async def expire(session: AsyncSession, now: datetime) -> None:
        await expire_quotes(session, now=now, zone=settings.zone)

    policies = CompiledPolicies()

    async def invoice(session: AsyncSession, now: datetime) -> None:
        known = await policies.current(session)
        await invoice_rents(session, rules_on=lambda day: Rulebook(known.in_force(day)), now=now, zone=settings.zone)

    return (
        Job("expire quotes", 30, expire),
        Job("invoice rents", 60, invoice),
        Job("let parked orders flow", 5, ParkedOrders(settings.zone, policies).flow),
    )


def main() -> None:
    settings = PricingSettings()
    run_worker(settings, consumers=consumers(settings.zone), jobs=jobs(settings))


if __name__ == "__main__":
    main()
