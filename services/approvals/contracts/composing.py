"""A contract's content out of what a client wrote, the quote it names and what it said before."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.contracts.content import Content, Line, Paper, PaymentTerms
from services.approvals.contracts.drafting import (
    QuoteNotAccepted,
    QuoteOfAnotherAccount,
    WantedLine,
    free_lines,
    lines_of_quote,
)
from services.approvals.contracts.schemas import ContractDrafted, ContractFields, LineGiven, decimal_or_none
from services.approvals.facts import repository as known_facts
from shared.calendar import Duration
from shared.errors import FieldError, NotFound, ValidationProblem, Words
from shared.events.quotes import QuoteContents
from shared.money import InvalidAmount, Money, UnknownCurrency, is_currency

NOTHING_YET = date.min


async def new_content(session: AsyncSession, drafted: ContractDrafted, *, at: Circumstances) -> Content:
    """What a new draft says; raises QuoteNotAccepted, QuoteOfAnotherAccount or ValidationProblem."""
    quote = await _accepted_quote(session, drafted.quote_id, account_id=drafted.account_id)
    currency = quote.currency if quote else drafted.currency
    if currency is None or not is_currency(currency):
        wrong: Words = {"en": "an ISO 4217 code, or a quote", "zh": "须为 ISO 4217 代码，或指明报价"}
        raise ValidationProblem(errors=[FieldError("/currency", "missing", wrong)])
    empty = Content(
        currency=currency,
        lines=lines_of_quote(quote, None) if quote else (),
        first_responsible="",
        valid_from=drafted.valid_from,
        valid_until=None,
        quote_id=drafted.quote_id,
    )
    return await changed_content(session, empty, drafted, account_id=drafted.account_id, at=at)


async def changed_content(
    session: AsyncSession, content: Content, given: ContractFields, *, account_id: str, at: Circumstances
) -> Content:
    """The content with the fields that were given; what was left out stays."""
    said = given.model_fields_set
    changes: dict[str, Any] = {name: getattr(given, name) for name in AS_WRITTEN & said}
    if "lines" in said and given.lines is not None:
        quote = await _accepted_quote(session, content.quote_id, account_id=account_id)
        changes["lines"] = await _lines(session, given.lines, quote, content.currency, at=at)
    if "monthly_rent" in said:
        changes["monthly_rent_minor"] = _rent_minor(given, content.currency)
    if "term" in said:
        changes["term"] = Duration.parse(given.term) if given.term else None
    if "documents" in said:
        changes["documents"] = tuple(Paper(paper.type, paper.number) for paper in given.documents or ())
    if "payment_terms" in said:
        changes["payment_terms"] = _payment_terms(given)
    emptied: dict[str, Any] = {
        "first_responsible": "",
        "backdating_reason": "",
        "plan": "none",
        "valid_from": content.valid_from,
    }
    for name, value in changes.items():
        changes[name] = emptied.get(name) if value is None else value
    return replace(content, **changes)


AS_WRITTEN = frozenset(("plan", "payee", "first_responsible", "valid_from", "valid_until", "backdating_reason"))


def _payment_terms(given: ContractFields) -> PaymentTerms:
    terms = given.payment_terms
    if terms is None:
        return PaymentTerms()
    share = decimal_or_none(terms.prepaid_share)
    return PaymentTerms(share or PaymentTerms().prepaid_share, terms.credit_days, terms.instalments, terms.consignment)


async def _accepted_quote(session: AsyncSession, quote_id: str | None, *, account_id: str) -> QuoteContents | None:
    if quote_id is None:
        return None
    found = await known_facts.quote(session, quote_id)
    if found is None:
        raise NotFound({"en": f"Quote {quote_id} is not known here.", "zh": f"此处没有报价 {quote_id}。"})
    state, quote = found
    if quote.account_id != account_id:
        raise QuoteOfAnotherAccount()
    if state != "accepted":
        raise QuoteNotAccepted({"en": f"It is {state}.", "zh": f"报价状态为 {state}。"})
    return quote


async def _lines(
    session: AsyncSession, given: list[LineGiven], quote: QuoteContents | None, currency: str, *, at: Circumstances
) -> tuple[Line, ...]:
    wanted = [WantedLine(one.quantity, one.quote_line, one.sku, decimal_or_none(one.unit_price)) for one in given]
    if quote is not None:
        return lines_of_quote(quote, wanted)
    skus = {line.sku for line in wanted if line.sku}
    floors = await known_facts.floors(session, skus, currency=currency, on=at.today)
    return free_lines(wanted, currency=currency, floors=floors)


def _rent_minor(given: ContractFields, currency: str) -> int:
    rent = given.monthly_rent
    if rent is None:
        return 0
    if rent.currency != currency:
        wrong: Words = {"en": f"the contract is in {currency}", "zh": f"合同币种为 {currency}"}
        raise ValidationProblem(errors=[FieldError("/monthly_rent/currency", "other_currency", wrong)])
    try:
        return Money.parse(rent.amount, rent.currency).amount_minor
    except (InvalidAmount, UnknownCurrency) as wrong_amount:
        raise ValidationProblem(
            errors=[FieldError("/monthly_rent", "not_money", wrong_amount.detail or wrong_amount.title)]
        ) from wrong_amount
