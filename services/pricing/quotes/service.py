"""A quote's life: priced, asked for below the floor, accepted, withdrawn or expired; each step with its events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import Account
from services.pricing.accounts.repository import account_by_id
from services.pricing.coupons import service as coupons
from services.pricing.coupons.repository import Holding
from services.pricing.quotes import events, repository
from services.pricing.quotes.alternatives import alternatives
from services.pricing.quotes.crediting import check_credit
from services.pricing.quotes.domain import (
    AccountMerged,
    ExceptionState,
    OnTheDay,
    PriceGrant,
    Quote,
    QuoteMove,
    QuoteState,
    RevisedAlready,
    RevisionOfAnother,
    UnknownAccount,
    UnknownQuote,
    accept,
    answered,
    moved,
    next_version,
)
from services.pricing.quotes.material import NOTHING_MORE, Asking, Material, Needs, Negotiated, read_material
from services.pricing.quotes.pricebook import Bookshelf, PriceBook
from services.pricing.quotes.pricing import PricedQuote, QuoteRequest, Setting, price_quote
from shared.asking import sought
from shared.auth.principal import Principal, Reach
from shared.calendar import local_day, period_of
from shared.events import quotes as told
from shared.ids import new_id
from shared.outbox import record

BENEFIT = "benefit"
WRITING = "quotes.write"
EXPIRE_AT_MOST = 200
ENDED_UNSOLD = (QuoteState.REJECTED, QuoteState.EXPIRED, QuoteState.WITHDRAWN)


async def material_for(
    session: AsyncSession,
    request: QuoteRequest,
    *,
    caller: Principal,
    now: datetime,
    zone: str,
    price_lists: Sequence[str] = (),
    needs: Needs = NOTHING_MORE,
) -> Material:
    """What the price needs, for an account within reach; raises UnknownAccount, AccountMerged, WrongSalespeople.

    `price_lists` are read where the request names none.
    """
    day, reach = local_day(now, zone), caller.reach(WRITING)
    skus = [line.sku for line in request.lines]
    lists = (request.price_list,) if request.price_list else price_lists
    material = await read_material(session, Asking(request.account_id, lists, skus, day, zone, needs))
    if material is None or not reach.covers(branch=material.account.branch, account_id=str(request.account_id)):
        raise UnknownAccount
    account = not_merged(material.account)
    await check_credit(session, request.salespeople, account, caller=caller, day=day)
    return material


def not_merged(account: Account) -> Account:
    """The account, where nobody else goes on for it; raises AccountMerged."""
    if account.merged is not None:
        raise AccountMerged(account.number, account.merged.number, account.merged.into)
    return account


async def preview_quote(
    session: AsyncSession, request: QuoteRequest, *, caller: Principal, shelf: Bookshelf, now: datetime, zone: str
) -> tuple[PricedQuote, PriceBook]:
    """The same price without storing anything, and without asking the database a second time while no rule changes."""
    day = local_day(now, zone)
    guess = shelf.last_used
    needs, lists = (guess.needs(day), guess.price_lists.names) if guess else (NOTHING_MORE, ())
    material = await material_for(session, request, caller=caller, now=now, zone=zone, price_lists=lists, needs=needs)
    book = await shelf.book(session, material.policy_epoch, day)
    right = book.price_lists.names
    if not needs.cover(book.needs(day)) or not (request.price_list or lists == right):
        needs = book.needs(day)
        material = await material_for(
            session, request, caller=caller, now=now, zone=zone, price_lists=right, needs=needs
        )
    request, material = by_its_list(request, material, book)
    material = await with_coupon(session, request, material, day=day)
    setting = Setting(new_id(), "preview", now, zone, book)
    priced = await price_within_budgets(session, request, material, setting=setting)
    if request.alternatives:
        quote = replace(priced.quote, alternatives=alternatives(request, material, setting, priced))
        priced = priced._replace(quote=quote)
    return priced, book


async def with_coupon(
    session: AsyncSession, request: QuoteRequest, material: Material, *, day: date, holding: bool = False
) -> Material:
    """With what is known of the coupon that is named; raises CouponNotUsable."""
    if request.coupon is None:
        return material
    account_id = material.account.id
    coupon = await coupons.take_coupon(session, request.coupon, account_id=account_id, day=day, holding=holding)
    return replace(material, coupon=coupon)


async def price_within_budgets(
    session: AsyncSession, request: QuoteRequest, material: Material, *, setting: Setting, holding: bool = False
) -> PricedQuote:
    """What is left of a budget is read only where a rule gives from it; `holding` keeps others from spending it."""
    known: set[str] = set()
    while True:
        priced = price_quote(request, material, setting)
        if priced.spending.keys() <= known:
            return priced
        known |= priced.spending.keys()
        budgets = [one for name in sorted(known) if (one := setting.book.offers.budget(name, setting.day))]
        spent = await coupons.read_spent(session, budgets, day=setting.day, holding=holding)
        material = replace(material, spent=spent)


async def _hold(session: AsyncSession, priced: PricedQuote, material: Material, *, day: date) -> None:
    quote = priced.quote
    holding = Holding(quote.id, quote.account_id, day, quote.expires_on)
    coupon = material.coupon if quote.coupon else None
    await coupons.hold(session, holding, coupon=coupon, spending=priced.spending)


def by_its_list(request: QuoteRequest, material: Material, book: PriceBook) -> tuple[QuoteRequest, Material]:
    """With the list that is named, or else the account's own (P1). PriceListNotForAccount, NoPriceListForAccount."""
    lists, account = book.price_lists, material.account
    name = request.price_list or lists.list_for(account)
    lists.check(name, account)
    return replace(request, price_list=name), material.by_list(name)


async def give_quote(
    session: AsyncSession,
    request: QuoteRequest,
    *,
    caller: Principal,
    book: PriceBook,
    now: datetime,
    zone: str,
    revising: Quote | None = None,
) -> PricedQuote:
    """Price it, keep it with its trace, and ask for what is below a floor or has no figure."""
    needs, lists = book.needs(local_day(now, zone)), book.price_lists.names
    material = await material_for(session, request, caller=caller, now=now, zone=zone, price_lists=lists, needs=needs)
    request, material = by_its_list(request, material, book)
    material = await with_coupon(session, request, material, day=local_day(now, zone), holding=True)
    number = "" if revising else await repository.next_number(session, local_day(now, zone))
    setting = Setting(new_id(), number, now, zone, book)
    priced = await price_within_budgets(session, request, material, setting=setting, holding=True)
    quote = replace(priced.quote, alternatives=alternatives(request, material, setting, priced))
    priced = priced._replace(quote=next_version(revising, quote) if revising else quote)
    await repository.add_quote(session, priced.quote, priced.trace())
    await _hold(session, priced, material, day=setting.day)
    record(session, events.priced(priced.quote, at=now))
    _ask_for_exceptions(session, priced.quote, now)
    await _ask_for_terms(session, priced, now=now, zone=zone)
    return priced


async def revise_quote(
    session: AsyncSession,
    quote_id: UUID,
    request: QuoteRequest,
    *,
    caller: Principal,
    book: PriceBook,
    now: datetime,
    zone: str,
) -> PricedQuote:
    """Another version, priced anew as of now; the one before is withdrawn if it is still alive, and stays as it was.

    Raises UnknownQuote, RevisedAlready, RevisionOfAnother, QuoteMoveNotAllowed for one that was accepted, and what
    `give_quote` does.
    """
    before = await find_quote(session, quote_id, reach=caller.reach(WRITING), lock=True)
    if await repository.is_revised(session, before.id):
        raise RevisedAlready
    if before.account_id != request.account_id:
        raise RevisionOfAnother
    if before.state not in ENDED_UNSOLD:
        await _withdraw(session, before, reason="revised", now=now)
    return await give_quote(session, request, caller=caller, book=book, now=now, zone=zone, revising=before)


def _ask_for_exceptions(session: AsyncSession, quote: Quote, now: datetime) -> None:
    for line in quote.lines:
        if line.exception is not None and line.exception.state is ExceptionState.ASKED:
            record(session, events.exception_requested(quote, line, at=now))
            record(session, events.exception_sought(quote, line, route=line.exception.route, at=now))


async def _ask_for_terms(session: AsyncSession, priced: PricedQuote, *, now: datetime, zone: str) -> None:
    """Negotiated terms (C6) are asked once per account, policy and month."""
    quote, month = priced.quote, period_of("month", local_day(now, zone)).key
    for ask in priced.asks:
        subject_id = f"{quote.account_id}:{ask.policy}:{month}"
        if await repository.first_to_ask(
            session, subject_id=subject_id, account_id=quote.account_id, route=ask.route, at=now
        ):
            content = {"account": str(quote.account_id), "policy": ask.policy, "window": month, "measure": quote.number}
            told_ask = sought(
                occurred_at=now,
                subject=(BENEFIT, subject_id),
                content=content,
                route=ask.route,
                requester=quote.requested_by,
                title=(f"{quote.number}: terms under {ask.policy}", f"{quote.number}：{ask.policy} 的商议条件"),
                account_id=str(quote.account_id),
                branch=quote.branch,
            )
            record(session, told_ask)


async def find_quote(session: AsyncSession, quote_id: UUID, *, reach: Reach, lock: bool = False) -> Quote:
    """Raises UnknownQuote."""
    quote = await repository.quote_by_id(session, quote_id, reach=reach, lock=lock)
    if quote is None:
        raise UnknownQuote
    return quote


async def accept_quote(
    session: AsyncSession, quote_id: UUID, *, caller: Principal, accepted_by: str, now: datetime, zone: str
) -> Quote:
    """Expiry, merge, freeze, election and every grant are looked at again; see domain.accept for what it raises."""
    quote = await find_quote(session, quote_id, reach=caller.reach("quotes.accept"), lock=True)
    account = await account_by_id(session, quote.account_id)
    if account is None:
        raise UnknownAccount
    day = local_day(now, zone)
    known = OnTheDay(day, not_merged(account).frozen, account.election(day))
    quote = accept(quote, accepted_by=accepted_by, at=now, now_known=known)
    await repository.save_quote(session, quote)
    record(session, events.accepted(quote, at=now))
    return quote


async def withdraw_quote(
    session: AsyncSession, quote_id: UUID, *, caller: Principal, reason: str | None, now: datetime
) -> Quote:
    """What it still asks for is withdrawn with it."""
    return await _withdraw(
        session,
        await find_quote(session, quote_id, reach=caller.reach(WRITING), lock=True),
        reason=reason,
        now=now,
    )


async def _withdraw(session: AsyncSession, before: Quote, *, reason: str | None, now: datetime) -> Quote:
    quote = moved(before, QuoteMove.WITHDRAW)
    await repository.save_quote(session, quote)
    ids = {"quote_id": str(quote.id), "account_id": str(quote.account_id)}
    record(session, told.QuoteWithdrawn(occurred_at=now, **ids, reason=reason))
    await coupons.give_back(session, [quote.id])
    if before.state is QuoteState.PENDING_EXCEPTION:
        for line in quote.lines:
            if line.exception is not None and line.exception.state is ExceptionState.ASKED:
                record(session, events.exception_ask_withdrawn(quote, line, reason=reason or "withdrawn", at=now))
    return quote


async def answer_exception(
    session: AsyncSession, *, quote_id: UUID, line: int, grant: PriceGrant | None, now: datetime, zone: str
) -> None:
    """The approvers' word on one line; a quote that no longer waits keeps its state, the grant serves later ones."""
    if grant is not None:
        await repository.add_grant(session, grant)
    quote = await repository.quote_by_id(session, quote_id, lock=True)
    if quote is None or quote.state is not QuoteState.PENDING_EXCEPTION:
        return
    quote = answered(quote, line, grant, local_day(now, zone))
    await repository.save_quote(session, quote)
    if quote.state is QuoteState.REJECTED:
        await coupons.give_back(session, [quote.id])
    if quote.state is not QuoteState.PENDING_EXCEPTION:
        record(session, events.priced(quote, at=now))


async def agree_terms(session: AsyncSession, *, account_id: UUID, terms: Negotiated) -> None:
    """From now on quotes of the account are priced by them, while their days last."""
    await repository.add_negotiated(session, account_id, terms)


async def expire_quotes(session: AsyncSession, *, now: datetime, zone: str) -> None:
    """A worker's job: what nobody accepted in time."""
    due = await repository.due_to_expire(session, day=local_day(now, zone), at_most=EXPIRE_AT_MOST)
    await coupons.give_back(session, [quote.id for quote in due])
    for quote in due:
        await repository.save_quote(session, moved(quote, QuoteMove.EXPIRE))
        ids = {"quote_id": str(quote.id), "account_id": str(quote.account_id)}
        record(session, told.QuoteExpired(occurred_at=now, **ids))
