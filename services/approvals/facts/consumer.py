"""Each fact of another service takes its place in approvals' tables; a fact handed over twice changes nothing."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.facts.models import (
    KnownAccount,
    KnownClass,
    KnownCost,
    KnownFloor,
    KnownListing,
    KnownOrder,
    KnownProduct,
    KnownQuote,
    KnownRate,
)
from shared.consumer import EventHandler
from shared.events.accounts import (
    AccountFrozen,
    AccountsMerged,
    AccountsParted,
    AccountUnfrozen,
    ClassChanged,
    Dossier,
    KeyAccountListAgreed,
    TeamChanged,
)
from shared.events.catalogue import CostChanged, ExchangeRatePublished, PricePublished, ProductChanged
from shared.events.envelope import Event
from shared.events.orders import OrderCancelled, OrderPlaced
from shared.events.quotes import QuoteAccepted, QuoteContents, QuoteExpired, QuotePriced, QuoteWithdrawn


async def learn_in_bulk(session: AsyncSession, events: Sequence[Event]) -> None:
    """What imports bring by the thousand, each kind in one go.

    It may go before the rest of a batch: a dossier says nothing of freezes and teams, and a cancellation or a team
    always comes after the order or dossier it is about.
    """
    await learn_accounts(session, [event for event in events if isinstance(event, Dossier)])
    await learn_classes(session, [event for event in events if isinstance(event, ClassChanged)])
    await learn_listings(session, [event for event in events if isinstance(event, KeyAccountListAgreed)])
    await learn_orders(session, [event for event in events if isinstance(event, OrderPlaced)])


async def learn_accounts(session: AsyncSession, dossiers: Sequence[Dossier]) -> None:
    rows = [_account(dossier) for dossier in dossiers]
    await _put(session, KnownAccount, [row | {"frozen": False, "team": []} for row in rows], kept=("frozen", "team"))


def _account(dossier: Dossier) -> dict[str, Any]:
    licence = dossier.licence
    return {
        "account_id": dossier.account_id,
        "number": dossier.number,
        "legal_name": dossier.legal_name,
        "branch": dossier.branch,
        "industrial": dossier.industrial,
        "licence_number": licence.number if licence else None,
        "licence_expires_on": licence.expires_on if licence else None,
        "licence_file_hash": licence.file_hash if licence else None,
    }


async def learn_listings(session: AsyncSession, agreed: Sequence[KeyAccountListAgreed]) -> None:
    fields = {"account_id", "list_id", "listed", "valid_from", "valid_until"}
    await _put(session, KnownListing, [one.model_dump(include=fields) for one in agreed])


async def learn_freeze(session: AsyncSession, frozen: AccountFrozen) -> None:
    await _set_frozen(session, frozen.account_id, frozen=True)


async def learn_unfreeze(session: AsyncSession, unfrozen: AccountUnfrozen) -> None:
    await _set_frozen(session, unfrozen.account_id, frozen=False)


async def learn_merge(session: AsyncSession, merged: AccountsMerged) -> None:
    await _set_successor(session, merged.account_id, merged.into_number)


async def learn_parting(session: AsyncSession, parted: AccountsParted) -> None:
    await _set_successor(session, parted.account_id, None)


async def learn_team(session: AsyncSession, changed: TeamChanged) -> None:
    team = [member.model_dump(mode="json") for member in changed.members]
    await session.execute(update(KnownAccount).where(KnownAccount.account_id == changed.account_id).values(team=team))


async def learn_classes(session: AsyncSession, changed: Sequence[ClassChanged]) -> None:
    fields = {"account_id", "valid_from", "valid_until", "grade", "proposal_id"}
    await _put(session, KnownClass, [one.model_dump(include=fields) for one in changed])


async def learn_rate(session: AsyncSession, published: ExchangeRatePublished) -> None:
    row = {
        "base": published.base,
        "quote": published.quote,
        "day": published.date,
        "rate": Decimal(published.rate),
        "source": published.source,
    }
    await _put(session, KnownRate, [row])


async def learn_floor(session: AsyncSession, published: PricePublished) -> None:
    row = published.model_dump(include={"price_list", "sku", "valid_from", "valid_until", "currency", "floor_minor"})
    await _put(session, KnownFloor, [row])


async def learn_product(session: AsyncSession, changed: ProductChanged) -> None:
    await _put(session, KnownProduct, [changed.model_dump(include={"sku", "new_brand_from", "new_brand_until"})])


async def learn_cost(session: AsyncSession, changed: CostChanged) -> None:
    await _put(session, KnownCost, [changed.model_dump(include={"sku", "currency", "valid_from", "cost_minor"})])


async def learn_quote(session: AsyncSession, quote: QuoteContents) -> None:
    row = {
        "quote_id": quote.quote_id,
        "account_id": quote.account_id,
        "state": "accepted" if isinstance(quote, QuoteAccepted) else quote.state,
        "contents": quote.model_dump(mode="json"),
    }
    await _put(session, KnownQuote, [row])


async def learn_quote_expired(session: AsyncSession, expired: QuoteExpired) -> None:
    await _set_quote_state(session, expired.quote_id, "expired")


async def learn_quote_withdrawn(session: AsyncSession, withdrawn: QuoteWithdrawn) -> None:
    await _set_quote_state(session, withdrawn.quote_id, "withdrawn")


async def learn_orders(session: AsyncSession, placed: Sequence[OrderPlaced]) -> None:
    rows = [{"order_id": one.order_id, "account_id": one.account_id, "placed_at": one.placed_at} for one in placed]
    if rows:
        await session.execute(insert(KnownOrder).on_conflict_do_nothing(), rows)


async def learn_order_cancelled(session: AsyncSession, cancelled: OrderCancelled) -> None:
    await session.execute(
        update(KnownOrder).where(KnownOrder.order_id == cancelled.order_id).values(cancelled_at=cancelled.cancelled_at)
    )


LEARNED: Mapping[type[Event], EventHandler] = {
    AccountFrozen: learn_freeze,
    AccountUnfrozen: learn_unfreeze,
    AccountsMerged: learn_merge,
    AccountsParted: learn_parting,
    TeamChanged: learn_team,
    ExchangeRatePublished: learn_rate,
    PricePublished: learn_floor,
    ProductChanged: learn_product,
    CostChanged: learn_cost,
    QuotePriced: learn_quote,
    QuoteAccepted: learn_quote,
    QuoteExpired: learn_quote_expired,
    QuoteWithdrawn: learn_quote_withdrawn,
    OrderCancelled: learn_order_cancelled,
}


async def _put(
    session: AsyncSession, table: Any, rows: Sequence[dict[str, Any]], *, kept: Collection[str] = ()
) -> None:
    """The rows as they now are, known or not, the last word on each counts; `kept` are for a new row only."""
    if rows:
        learned = insert(table.__table__)
        keys = [column.name for column in table.__table__.primary_key]
        changed = {name: learned.excluded[name] for name in rows[0] if name not in (*keys, *kept)}
        await session.execute(learned.on_conflict_do_update(index_elements=keys, set_=changed), rows)


async def _set_frozen(session: AsyncSession, account_id: str, *, frozen: bool) -> None:
    await session.execute(update(KnownAccount).where(KnownAccount.account_id == account_id).values(frozen=frozen))


async def _set_successor(session: AsyncSession, account_id: str, number: str | None) -> None:
    await session.execute(update(KnownAccount).where(KnownAccount.account_id == account_id).values(goes_on_as=number))


async def _set_quote_state(session: AsyncSession, quote_id: str, state: str) -> None:
    await session.execute(update(KnownQuote).where(KnownQuote.quote_id == quote_id).values(state=state))
