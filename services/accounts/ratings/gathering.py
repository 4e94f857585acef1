"""Everything a rating asks about some accounts, with a handful of statements however many they are.

An account is asked about with those it goes on for, so that a merge loses nothing of a customer (S-I2).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.contacts.repository import contact_days_of
from services.accounts.merges.repository import families_of
from services.accounts.ratings import order_book, repository
from services.accounts.ratings.adding_up import company_margin, purchases_of
from services.accounts.ratings.facts import Bought, Purchased, RatedAccount, Span, together
from services.accounts.ratings.questions import Asked
from services.accounts.support.belonging import in_support_programme
from services.accounts.support.domain import IN_PROGRAMME
from shared.money import ExchangeRate

Windows = Mapping[tuple[date, date], int]


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
    families = await families_of(session, account_ids=account_ids)
    members = sorted(set(chain.from_iterable(families.values())))
    purchased = await _purchased(session, members=members, ground=ground)
    placed = await _placed(session, account_ids=members, ground=ground)
    assessments = await repository.assessments_of(session, account_ids=members)
    contacts = await contact_days_of(session, account_ids=members)
    programme = await _programme(session, account_ids=members, ground=ground)
    return {
        account_id: RatedAccount(
            account_id,
            ground.zone,
            ground.asked.currency,
            bought=_bought(parts),
            baselines=_baselines(parts),
            company_margins=ground.company_margins,
            placed=_orders([placed[member] for member in family if member in placed]),
            assessments=tuple(chain.from_iterable(assessments.get(member, ()) for member in family)),
            contact_days=tuple(chain.from_iterable(contacts.get(member, ()) for member in family)),
            parts=parts,
            in_programme=_belongs([programme[member] for member in family if member in programme]),
        )
        for account_id, family in families.items()
        for parts in [tuple(purchased[member] for member in family)]
    }


async def _programme(
    session: AsyncSession, *, account_ids: Collection[str], ground: Ground
) -> Mapping[str, bool | None]:
    """Looked up only where some document asks."""
    if not ground.asked.asks(IN_PROGRAMME):
        return {}
    return await in_support_programme(session, account_ids=account_ids, on=ground.as_of)


def _belongs(answers: Collection[bool | None]) -> bool | None:
    """One of the merged accounts that does is enough; one that nobody evaluated leaves it open."""
    return any(answers) or (None if None in answers or not answers else False)


def _bought(parts: Collection[Purchased]) -> dict[Span, Bought]:
    spans = {span for part in parts for span in part.bought}
    return {span: together(part.bought[span] for part in parts if span in part.bought) for span in spans}


def _baselines(parts: Collection[Purchased]) -> dict[Span, int]:
    """Of an account that was not frozen with the others, what is known now."""
    spans = {span for part in parts for span in part.baselines}
    return {span: sum(part.frozen(span) for part in parts) for span in spans}


def _orders(counted: Collection[Windows]) -> dict[tuple[date, date], int]:
    windows = {window for one in counted for window in one}
    return {window: sum(one.get(window, 0) for one in counted) for window in windows}


async def _purchased(session: AsyncSession, *, members: Collection[str], ground: Ground) -> dict[str, Purchased]:
    bought: dict[str, dict[Span, Bought]] = {}
    for account_id, span, sum_ in await purchases_of(
        session, account_ids=members, spans=ground.asked.spans(), as_of=ground.as_of, rates=ground.rates
    ):
        bought.setdefault(account_id, {})[span] = sum_
    frozen = ground.asked.baselines()
    baselines = await repository.baselines_of(session, account_ids=members, spans=frozen) if frozen else {}
    return {one: Purchased(one, bought.get(one, {}), baselines.get(one, {})) for one in members}


async def _placed(session: AsyncSession, *, account_ids: Collection[str], ground: Ground) -> dict[str, Windows]:
    found: dict[str, dict[tuple[date, date], int]] = {}
    for window in ground.asked.windows_of("orders.count"):
        counted = await order_book.orders_placed(session, account_ids=account_ids, window=window, as_of=ground.as_of)
        for account_id, orders in counted.items():
            found.setdefault(account_id, {})[window.first, window.until] = orders
    return dict(found)
