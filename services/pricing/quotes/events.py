"""Quotes as the other services hear of them."""

from datetime import datetime
from typing import Any

from services.pricing.quotes.domain import ExceptionState, Quote, QuoteLine
from shared.asking import sought
from shared.events import quotes as told
from shared.events.asks import ApprovalSought
from shared.events.sales import AppliedRule, Salesperson
from shared.money import Money

EXCEPTION = "quote_line"


def contents(quote: Quote, *, at: datetime) -> dict[str, Any]:
    """What `QuotePriced` and `QuoteAccepted` both say, with full lines."""
    return {
        "occurred_at": at,
        "quote_id": str(quote.id),
        "account_id": str(quote.account_id),
        "number": quote.number,
        "branch": quote.branch,
        "state": str(quote.state),
        "currency": quote.currency,
        "price_list": quote.price_list,
        "lines": tuple(_line(quote, line) for line in quote.lines),
        "total_minor": quote.total_minor or 0,
        "expires_on": quote.expires_on,
        "requested_by": quote.requested_by,
        "gifts": tuple(told.QuoteGift(**gift._asdict()) for gift in quote.gifts),
        "coupon": quote.coupon,
        "revision": quote.revision,
        "revises": None if quote.revises is None else str(quote.revises),
    }


def _line(quote: Quote, line: QuoteLine) -> told.QuoteLine:
    return told.QuoteLine(
        line=line.line,
        sku=line.sku,
        quantity=line.quantity,
        list_unit_minor=line.list_unit_minor,
        floor_unit_minor=line.floor_unit_minor,
        net_unit=unit_price(line, quote.currency),
        list_minor=line.list_minor,
        net_minor=line.net_minor,
        cost_minor=line.cost_minor,
        new_brand=line.new_brand,
        salespeople=tuple(Salesperson(user_id=share.user_id, share=share.share) for share in line.salespeople),
        election=line.election,
        rules=tuple(AppliedRule(policy=rule.policy, amount_minor=rule.amount_minor) for rule in line.rules),
        exception=_granted(line),
        plan=line.plan,
        seats=line.seats,
    )


def unit_price(line: QuoteLine, currency: str) -> str:
    """One piece's net price in major units, as fine as it is: "880.00", "3.333333"."""
    whole = line.net_minor // line.quantity
    if whole * line.quantity == line.net_minor:
        return str(Money(whole, currency))
    digits = Money(1, currency).decimal
    return f"{line.net_unit * digits:f}".rstrip("0")


def _granted(line: QuoteLine) -> told.GrantedException | None:
    grant = line.exception.grant if line.exception else None
    if grant is None or line.exception is None or line.exception.state is ExceptionState.REJECTED:
        return None
    return told.GrantedException(
        subject_id=grant.subject_id,
        price_minor=grant.price_minor,
        quantity_from=grant.quantity_from,
        quantity_to=grant.quantity_to,
        valid_until=grant.valid_until,
    )


def priced(quote: Quote, *, at: datetime) -> told.QuotePriced:
    return told.QuotePriced(**contents(quote, at=at))


def accepted(quote: Quote, *, at: datetime) -> told.QuoteAccepted:
    return told.QuoteAccepted(**contents(quote, at=at), accepted_by=quote.accepted_by or "")


def exception_requested(quote: Quote, line: QuoteLine, *, at: datetime) -> told.QuoteExceptionRequested:
    return told.QuoteExceptionRequested(
        occurred_at=at,
        quote_id=str(quote.id),
        account_id=str(quote.account_id),
        line=line.line,
        sku=line.sku,
        unit_price_minor=line.net_minor // line.quantity,
        floor_minor=line.floor_unit_minor,
        quantity=line.quantity,
        currency=quote.currency,
        reason=line.reason or "",
    )


def exception_sought(quote: Quote, line: QuoteLine, *, route: str, at: datetime) -> ApprovalSought:
    """The approval is of exactly this account, SKU, price, quantity and currency (C5)."""
    price = unit_price(line, quote.currency)
    return sought(
        occurred_at=at,
        subject=(EXCEPTION, f"{quote.id}:{line.line}"),
        content={
            "account": str(quote.account_id),
            "sku": line.sku,
            "price": price,
            "quantity": line.quantity,
            "currency": quote.currency,
        },
        route=route,
        requester=quote.requested_by,
        title=(
            f"{quote.number}: {line.quantity} × {line.sku} at {price} {quote.currency}",
            f"{quote.number}：{line.sku} {line.quantity}件，单价{price} {quote.currency}",
        ),
        account_id=str(quote.account_id),
        branch=quote.branch,
    )


def exception_ask_withdrawn(quote: Quote, line: QuoteLine, *, reason: str, at: datetime) -> Any:
    from shared.events.asks import ApprovalAskWithdrawn

    return ApprovalAskWithdrawn(
        occurred_at=at,
        subject_type=EXCEPTION,
        subject_id=f"{quote.id}:{line.line}",
        revision=1,
        account_id=str(quote.account_id),
        reason=reason,
    )
