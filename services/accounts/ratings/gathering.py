"""Everything a rating asks about some accounts, with a handful of statements however many they are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.contacts.repository import contact_days_of
from services.accounts.ratings import repository
from services.accounts.ratings.adding_up import company_margin, purchases_of
from services.accounts.ratings.facts import Bought, RatedAccount, Span
from services.accounts.ratings.questions import Asked
from shared.money import ExchangeRate


@dataclass(frozen=True, slots=True)
class Ground:
    """What a rating of many accounts stands on: the day it looks from, what it asks, and what is common to all."""

    as_of: date
    zone: str
    asked: Asked
    rates: tuple[ExchangeRate, ...]
    company_margins: Mapping[Span, int]


async def common_ground(session: AsyncSession, *, asked: Asked, as_of: date, zone: str) -> Ground:
    """Rates, and everybody's margin in each span an account's own is compared with."""
    rates = await repository.exchange_rates(session)
    margins = {}
    for window in asked.windows_of("account.margin_contribution"):
        span = Span(window.first, window.until, asked.currency)
        margins[span] = await company_margin(session, span=span, as_of=as_of, rates=rates)
    return Ground(as_of, zone, asked, rates, margins)


async def what_is_known(
    session: AsyncSession, *, account_ids: Sequence[str], ground: Ground
) -> dict[str, RatedAccount]:
    """Each account with all that its ratings may ask, as of the day the ground was laid for."""
    bought = await _bought(session, account_ids=account_ids, ground=ground)
    placed = await _placed(session, account_ids=account_ids, ground=ground)
    frozen = ground.asked.baselines()
    baselines = await repository.baselines_of(session, account_ids=account_ids, spans=frozen) if frozen else {}
    assessments = await repository.assessments_of(session, account_ids=account_ids)
    contacts = await contact_days_of(session, account_ids=account_ids)
    return {
        account_id: RatedAccount(
            account_id,
            ground.zone,
            ground.asked.currency,
            bought.get(account_id, {}),
            baselines.get(account_id, {}),
            ground.company_margins,
            placed.get(account_id, {}),
            tuple(assessments.get(account_id, ())),
            tuple(contacts.get(account_id, ())),
        )
        for account_id in account_ids
    }


async def _bought(
    session: AsyncSession, *, account_ids: Collection[str], ground: Ground
) -> dict[str, dict[Span, Bought]]:
    found: dict[str, dict[Span, Bought]] = {}
    spans = ground.asked.spans()
    for account_id, span, bought in await purchases_of(
        session, account_ids=account_ids, spans=spans, as_of=ground.as_of, rates=ground.rates
    ):
        found.setdefault(account_id, {})[span] = bought
    return found


async def _placed(
    session: AsyncSession, *, account_ids: Collection[str], ground: Ground
) -> dict[str, dict[tuple[date, date], int]]:
    found: dict[str, dict[tuple[date, date], int]] = {}
    for window in ground.asked.windows_of("orders.count"):
        counted = await repository.orders_placed(session, account_ids=account_ids, window=window, as_of=ground.as_of)
        for account_id, orders in counted.items():
            found.setdefault(account_id, {})[window.first, window.until] = orders
    return found
