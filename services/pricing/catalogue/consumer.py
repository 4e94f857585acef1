"""A published table of exchange rates becomes exchange rates, so that finance has one place to write them."""

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.catalogue.service import publish_exchange_rates
from shared.events.policies import PolicyPublished
from shared.money import ExchangeRate
from shared.policy.forms import TableDocument, TableRow, read_document
from shared.received import Received

RATE_COLUMNS = {"base": "currency", "quote": "currency", "rate": "rate", "date": "date", "source": "text"}


async def take_over_rates(session: AsyncSession, event: PolicyPublished, received: Received) -> None:
    """Any table of these columns counts, whatever its name: new rows are published, known ones stay."""
    if event.form != "table" or event.document.get("columns") != RATE_COLUMNS:
        return
    document = read_document(event.document)
    if isinstance(document, TableDocument):
        rates = [_rate(row) for row in document.rows]
        await publish_exchange_rates(session, rates=rates, now=received.received_at)


def _rate(row: TableRow) -> ExchangeRate:
    base, quote, rate, day, source = (str(row[column]) for column in RATE_COLUMNS)
    return ExchangeRate(base, quote, Decimal(rate), date.fromisoformat(day), source)
