"""Routes of quotes; the preview is the same price without keeping it."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Path, Query, Request, Response
from sqlalchemy import select

from services.pricing.quotes import repository, service
from services.pricing.quotes.models import QuoteRow
from services.pricing.quotes.schemas import (
    Acceptance,
    AskedPrice,
    DecisionExplained,
    NewQuote,
    PreviewedQuote,
    QuoteAnswer,
    QuoteExplanation,
    QuoteWithdrawal,
    say_quote,
    show_quote,
)
from services.pricing.rules import Book, shelf_of
from shared.auth.principal import Principal
from shared.auth.scope import within
from shared.calendar import day_start, local_day
from shared.http.conditional import show_version
from shared.http.dependencies import Now, Session, allowed
from shared.http.exchange import runtime_of
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.problems import language_of
from shared.http.routes import Router, without_idempotency_key
from shared.policy.api import Policies
from shared.policy.explain import explain, names_of
from shared.policy.pricing import PricedOrder
from shared.trace import Decision

router = Router(tags=["quotes"])
HALF_A_DAY = timedelta(hours=12)
QuoteId = Annotated[UUID, Path(description="the quote")]
Writer = Annotated[Principal, allowed("quotes.write")]
Reader = Annotated[Principal, allowed("quotes.read")]


@router.post("/quotes", status_code=201)
async def give_quote(
    *, body: NewQuote, request: Request, session: Session, now: Now, book: Book, caller: Writer
) -> QuoteAnswer:
    """Price lines for an account as of now. A line below its floor waits for an approval, it is no error (P2)."""
    runtime = runtime_of(request)
    priced = await service.give_quote(
        session, body.request(caller.user_id), caller=caller, book=book, now=now, zone=runtime.settings.zone
    )
    return show_quote(priced.quote, book.titles, day=runtime.today(now))


@router.post("/quotes/preview", response_model=QuoteAnswer)
@without_idempotency_key
async def preview_quote(
    *, body: PreviewedQuote, request: Request, session: Session, now: Now, caller: Writer
) -> Response:
    """The price a quote would have now; nothing is stored, asked or told."""
    runtime = runtime_of(request)
    asked = body.request(caller.user_id)
    priced, book = await service.preview_quote(
        session, asked, caller=caller, shelf=shelf_of(request), now=now, zone=runtime.settings.zone
    )
    said = say_quote(priced.quote, book.titles, day=runtime.today(now))
    return Response(orjson.dumps(said, option=orjson.OPT_UTC_Z), media_type="application/json")


@router.post("/prices")
@without_idempotency_key
async def price_one(*, body: AskedPrice, request: Request, session: Session, now: Now, caller: Writer) -> QuoteAnswer:
    """What one product costs an account on a day, with every rule that applies; nothing is stored."""
    runtime = runtime_of(request)
    zone = runtime.settings.zone
    at = now if body.on in (None, runtime.today(now)) else day_start(body.on, zone) + HALF_A_DAY
    asked = body.request(caller.user_id)
    priced, book = await service.preview_quote(
        session, asked, caller=caller, shelf=shelf_of(request), now=at, zone=zone
    )
    return show_quote(priced.quote, book.titles, day=local_day(at, zone))


@router.post("/quotes/{quote_id}/revisions", status_code=201)
async def revise_quote(
    *,
    quote_id: QuoteId,
    body: NewQuote,
    request: Request,
    session: Session,
    now: Now,
    book: Book,
    caller: Writer,
) -> QuoteAnswer:
    """Price the same deal anew: a new version, linked to the one before, which is withdrawn if it is still alive."""
    runtime, asked = runtime_of(request), body.request(caller.user_id)
    priced = await service.revise_quote(
        session, quote_id, asked, caller=caller, book=book, now=now, zone=runtime.settings.zone
    )
    return show_quote(priced.quote, book.titles, day=runtime.today(now))


@router.get("/quotes/{quote_id}/versions")
async def list_versions(
    *, quote_id: QuoteId, request: Request, session: Session, now: Now, book: Book, caller: Reader
) -> list[QuoteAnswer]:
    """Every version of a quote, the first one first, each as it was priced."""
    reach = caller.reach("quotes.read")
    quote = await service.find_quote(session, quote_id, reach=reach)
    day = runtime_of(request).today(now)
    return [show_quote(one, book.titles, day=day, reach=reach) for one in await repository.versions_of(session, quote)]


@router.get("/quotes")
async def list_quotes(
    *,
    request: Request,
    session: Session,
    now: Now,
    book: Book,
    asked: PageQuery,
    caller: Reader,
    account_id: Annotated[UUID | None, Query(description="only this account's")] = None,
    state: Annotated[str | None, Query(description="only those stored in this state")] = None,
) -> Page[QuoteAnswer]:
    """Quotes within reach, newest first."""
    reach = caller.reach("quotes.read")
    query = select(QuoteRow).where(within(reach, branch=QuoteRow.branch, account=QuoteRow.account_id))
    query = query if account_id is None else query.where(QuoteRow.account_id == account_id)
    query = query if state is None else query.where(QuoteRow.state == state)
    rows: Page[QuoteRow] = await read_page(session, query, asked=asked, by=newest_first(QuoteRow.id), show=_as_it_is)
    lines = await repository.lines_of(session, [row.id for row in rows.items])
    titles, day = book.titles, runtime_of(request).today(now)
    shown = [show_quote(repository.quote_of(row, lines[row.id]), titles, day=day, reach=reach) for row in rows.items]
    return Page(items=shown, next=rows.next)


def _as_it_is(row: QuoteRow) -> QuoteRow:
    return row


@router.get("/quotes/{quote_id}")
async def get_quote(
    *, quote_id: QuoteId, request: Request, response: Response, session: Session, now: Now, book: Book, caller: Reader
) -> QuoteAnswer:
    """One quote as it stands today."""
    reach = caller.reach("quotes.read")
    quote = await service.find_quote(session, quote_id, reach=reach)
    show_version(response, quote.version)
    return show_quote(quote, book.titles, day=runtime_of(request).today(now), reach=reach)


@router.get("/quotes/{quote_id}/explanation")
async def explain_quote(
    *, quote_id: QuoteId, request: Request, session: Session, policies: Policies, caller: Reader
) -> QuoteExplanation:
    """Every rule considered when it was priced: applied, or why not, with its inputs and the gap to the next row.

    A customer's contact reads what made his price, not what the house asks itself besides: floors and margins.
    """
    reach = caller.reach("quotes.read")
    quote = await service.find_quote(session, quote_id, reach=reach)
    language = language_of(request.headers)
    names = names_of(policies.in_force(local_day(quote.priced_at, runtime_of(request).settings.zone)))
    trace = await repository.trace_of(session, quote_id)
    explained = [
        DecisionExplained(
            policy=said["policy"], lines=list(explain(Decision.read_plain(said), language, names)), decision=said
        )
        for said in trace.get("decisions", [])
        if reach.of_the_house or said["outcome"]["form"] == PricedOrder.form
    ]
    return QuoteExplanation(quote_id=quote_id, language=language, decisions=explained)


@router.post("/quotes/{quote_id}/accept")
async def accept_quote(
    *,
    quote_id: QuoteId,
    body: Acceptance,
    request: Request,
    session: Session,
    now: Now,
    book: Book,
    caller: Annotated[Principal, allowed("quotes.accept")],
) -> QuoteAnswer:
    """The account accepts: expiry, floor approvals, freeze and election are looked at again."""
    runtime = runtime_of(request)
    quote = await service.accept_quote(
        session, quote_id, caller=caller, accepted_by=body.accepted_by, now=now, zone=runtime.settings.zone
    )
    return show_quote(quote, book.titles, day=runtime.today(now))


@router.post("/quotes/{quote_id}/withdraw")
async def withdraw_quote(
    *,
    quote_id: QuoteId,
    body: QuoteWithdrawal,
    request: Request,
    session: Session,
    now: Now,
    book: Book,
    caller: Writer,
) -> QuoteAnswer:
    """Take a quote back that nobody accepted; what it asked for is taken back with it."""
    quote = await service.withdraw_quote(session, quote_id, caller=caller, reason=body.reason, now=now)
    return show_quote(quote, book.titles, day=runtime_of(request).today(now))
