"""The approvers' answers about prices: a grant covers its price, quantities and days, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.quotes import service
from services.pricing.quotes.domain import PriceGrant, Quote
from services.pricing.quotes.events import EXCEPTION
from services.pricing.quotes.material import Negotiated
from services.pricing.quotes.repository import quote_by_id
from services.pricing.quotes.service import BENEFIT
from shared.events.approvals import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn, RequestEvent
from shared.money import Money
from shared.received import Received

DISCOUNT = "discount"


@dataclass(frozen=True)
class AnswersAboutPrices:
    """Days are counted in `zone`."""

    zone: str

    async def learn_of_grant(self, session: AsyncSession, event: ApprovalGranted, received: Received) -> None:
        """Of a price below the floor (C5), or of negotiated terms that concern the discount (C6)."""
        if event.subject_type == BENEFIT and event.terms.get("applies_to") == DISCOUNT:
            await service.agree_terms(session, account_id=_account(event), terms=_negotiated(event))
        elif event.subject_type == EXCEPTION:
            await self._answer(session, event, event.terms, received)

    async def learn_of_refusal(
        self, session: AsyncSession, event: ApprovalRejected | ApprovalWithdrawn, received: Received
    ) -> None:
        """A rejected or withdrawn request leaves the quote rejected."""
        if event.subject_type == EXCEPTION:
            await self._answer(session, event, None, received)

    async def _answer(
        self, session: AsyncSession, event: RequestEvent, terms: Mapping[str, Any] | None, received: Received
    ) -> None:
        quote_id, _, line = event.subject_id.rpartition(":")
        quote = await quote_by_id(session, UUID(quote_id))
        if quote is None:
            return
        grant = None if terms is None else _price_grant(event, terms, quote, int(line))
        await service.answer_exception(
            session, quote_id=quote.id, line=int(line), grant=grant, now=received.received_at, zone=self.zone
        )


def _price_grant(event: RequestEvent, terms: Mapping[str, Any], quote: Quote, number: int) -> PriceGrant:
    """What the last approver named; where he left a figure open, the quote's own counts, and its quantity at most."""
    line = next(line for line in quote.lines if line.line == number)
    price = terms.get("price")
    return PriceGrant(
        request_id=event.request_id,
        route=line.exception.route if line.exception else "",
        subject_id=event.subject_id,
        account_id=quote.account_id,
        sku=line.sku,
        currency=quote.currency,
        price_minor=line.net_minor // line.quantity if price is None else _minor(price, quote.currency),
        quantity_from=int(terms.get("quantity_from", 1)),
        quantity_to=int(terms.get("quantity_to", line.quantity)),
        valid_until=date.fromisoformat(str(terms["valid_until"])) if "valid_until" in terms else quote.expires_on,
        granted_at=getattr(event, "granted_at", event.occurred_at),
    )


def _minor(price: Any, currency: str) -> int:
    """A price as text, or as an amount with its currency."""
    written = price["amount"] if isinstance(price, Mapping) else price
    return Money.parse(str(written), currency).amount_minor


def _account(event: ApprovalGranted) -> UUID:
    return UUID(event.account_id or str(event.terms["account"]))


def _negotiated(event: ApprovalGranted) -> Negotiated:
    terms = event.terms
    return Negotiated(
        request_id=event.request_id,
        subject_id=event.subject_id,
        applies_to=DISCOUNT,
        rate=Decimal(str(terms["rate"])),
        valid_from=date.fromisoformat(str(terms["from"])),
        valid_until=date.fromisoformat(str(terms["until"])),
        granted_at=event.granted_at,
    )
