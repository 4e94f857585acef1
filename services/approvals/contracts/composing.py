"""A contract's content out of what a client wrote, the quote it names and what it said before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from shared.auth.people import find_principal
from shared.calendar import Duration
from shared.errors import FieldError, NotFound, ValidationProblem, Words
from shared.events.quotes import QuoteContents
from shared.money import InvalidAmount, Money, UnknownCurrency, is_currency


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
        plan=next((line.plan for line in quote.lines if line.plan), "none") if quote else "none",
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
        sold = Sold(account_id, content.currency, at.today)
        changes["lines"] = (
            lines_of_quote(quote, _wanted(given.lines)) if quote else await _free(session, given.lines, sold)
        )
    if given.first_responsible:
        await _check_works_here(session, given.first_responsible, on=at.today)
    if "plan" in said and content.quote_id and given.plan != content.plan:
        wrong: Words = {"en": f"the quote sells {content.plan}", "zh": f"报价所售为{content.plan}"}
        raise ValidationProblem(errors=[FieldError("/plan", "other_plan", wrong)])
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


QUOTE_STATES: Mapping[str, Words] = {
    "priced": {"en": "not accepted yet", "zh": "尚未接受"},
    "pending_exception": {"en": "waiting for a price exception", "zh": "待特价审批"},
    "requires_approval": {"en": "waiting for negotiated terms", "zh": "须协商审批"},
    "rejected": {"en": "rejected", "zh": "已驳回"},
    "expired": {"en": "expired", "zh": "已过期"},
    "withdrawn": {"en": "withdrawn", "zh": "已撤回"},
}


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
        raise QuoteNotAccepted(QUOTE_STATES.get(state))
    return quote


@dataclass(frozen=True, slots=True)
class Sold:
    """To whom, in which currency and on which day a line is written."""

    account_id: str
    currency: str
    on: date


def _wanted(given: list[LineGiven]) -> list[WantedLine]:
    return [WantedLine(one.quantity, one.quote_line, one.sku, decimal_or_none(one.unit_price)) for one in given]


async def _free(session: AsyncSession, given: list[LineGiven], sold: Sold) -> tuple[Line, ...]:
    account = await known_facts.account(session, sold.account_id)
    skus = {line.sku for line in given if line.sku}
    products = await known_facts.products(session, skus, currency=sold.currency, on=sold.on)
    sellers = account.sold_by(sold.on) if account else ()
    return free_lines(_wanted(given), currency=sold.currency, products=products, sellers=sellers)


async def _check_works_here(session: AsyncSession, user_id: str, *, on: date) -> None:
    """C4: whoever answers for a contract first is a person who works here on the day."""
    found = await find_principal(session, user_id=user_id, on=on)
    if found is None or found.kind != "person":
        nobody: Words = {"en": "nobody who works here", "zh": "不是在职人员"}
        raise ValidationProblem(errors=[FieldError("/first_responsible", "unknown_person", nobody)])


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
