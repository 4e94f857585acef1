"""Quotes with their lines, and the terms that were granted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.lines import AppliedRule, Share
from services.pricing.quotes.domain import (
    ExceptionState,
    FloorException,
    PriceGrant,
    Quote,
    QuoteGift,
    QuoteLine,
    QuoteState,
)
from services.pricing.quotes.material import Negotiated
from services.pricing.quotes.models import AskedTermsRow, NegotiatedTermsRow, PriceGrantRow, QuoteLineRow, QuoteRow
from services.pricing.quotes.terms import terms_json, terms_of
from shared.auth.principal import Reach
from shared.auth.scope import within


async def next_number(session: AsyncSession, day: date) -> str:
    """Q-2021-000017: the year it is priced in, and a number that never comes twice."""
    count = await session.scalar(select(func.nextval(text("'quote_number'"))))
    return f"Q-{day.year}-{count:06}"


async def add_quote(session: AsyncSession, quote: Quote, trace: Mapping[str, Any]) -> None:
    await session.execute(insert(QuoteRow).values({**_cells(quote), "trace": trace}))
    await session.execute(insert(QuoteLineRow), [_line_cells(quote, line) for line in quote.lines])


async def save_quote(session: AsyncSession, quote: Quote) -> None:
    """A quote's prices never change: only its state, and what became of its exceptions."""
    changed = {name: _cells(quote)[name] for name in ("state", "accepted_by", "accepted_at", "version")}
    await session.execute(update(QuoteRow).where(QuoteRow.id == quote.id).values(changed))
    for line in quote.lines:
        if line.exception is not None:
            await session.execute(
                update(QuoteLineRow)
                .where(QuoteLineRow.quote_id == quote.id, QuoteLineRow.line == line.line)
                .values(exception=exception_json(line.exception))
            )


def _cells(quote: Quote) -> dict[str, Any]:
    return {
        "id": quote.id,
        "number": quote.number,
        "account_id": quote.account_id,
        "branch": quote.branch,
        "price_list": quote.price_list,
        "currency": quote.currency,
        "state": str(quote.state),
        "priced_at": quote.priced_at,
        "expires_on": quote.expires_on,
        "total_minor": quote.total_minor,
        "terms": terms_json(quote.terms),
        "requested_by": quote.requested_by,
        "accepted_by": quote.accepted_by,
        "accepted_at": quote.accepted_at,
        "version": quote.version,
        "gifts": [list(gift) for gift in quote.gifts] or None,
        "coupon": quote.coupon,
        "alternatives": list(quote.alternatives) or None,
        "revision": quote.revision,
        "revises": quote.revises,
        "first_id": quote.first_id,
    }


def _line_cells(quote: Quote, line: QuoteLine) -> dict[str, Any]:
    return {
        "quote_id": quote.id,
        "line": line.line,
        "sku": line.sku,
        "quantity": line.quantity,
        "list_unit_minor": line.list_unit_minor,
        "floor_unit_minor": line.floor_unit_minor,
        "requested_unit_minor": line.requested_unit_minor,
        "list_minor": line.list_minor,
        "before_p4_minor": line.before_p4_minor,
        "net_minor": line.net_minor,
        "cost_minor": line.cost_minor,
        "new_brand": line.new_brand,
        "salespeople": [list(share) for share in line.salespeople],
        "election": line.election,
        "rules": [list(rule) for rule in line.rules],
        "reason": line.reason,
        "exception": None if line.exception is None else exception_json(line.exception),
        "plan": line.plan,
        "seats": line.seats,
    }


def exception_json(exception: FloorException) -> dict[str, Any]:
    grant = exception.grant
    told = None if grant is None else {name: _text(getattr(grant, name)) for name in PriceGrant.__dataclass_fields__}
    return {"route": exception.route, "state": str(exception.state), "grant": told}


def _text(value: Any) -> Any:
    return value if isinstance(value, int | str) else value.isoformat() if isinstance(value, date) else str(value)


def _exception(cells: Mapping[str, Any] | None) -> FloorException | None:
    if cells is None:
        return None
    grant = cells["grant"]
    return FloorException(cells["route"], ExceptionState(cells["state"]), grant and _grant(grant))


def _grant(cells: Mapping[str, Any]) -> PriceGrant:
    return PriceGrant(
        **{
            **cells,
            "account_id": UUID(cells["account_id"]),
            "valid_until": date.fromisoformat(cells["valid_until"]),
            "granted_at": datetime.fromisoformat(cells["granted_at"]),
        }
    )


async def quote_by_id(
    session: AsyncSession, quote_id: UUID, *, reach: Reach | None = None, lock: bool = False
) -> Quote | None:
    """Within the caller's reach; `lock` keeps others from moving it, or drawing from it, until the commit."""
    query = select(QuoteRow).where(QuoteRow.id == quote_id)
    if reach is not None:
        query = query.where(within(reach, branch=QuoteRow.branch, account=QuoteRow.account_id))
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        return None
    lines = await session.scalars(
        select(QuoteLineRow).where(QuoteLineRow.quote_id == quote_id).order_by(QuoteLineRow.line)
    )
    return quote_of(row, [line_of(line) for line in lines])


def quote_of(row: QuoteRow, lines: Sequence[QuoteLine]) -> Quote:
    return Quote(
        id=row.id,
        number=row.number,
        account_id=row.account_id,
        branch=row.branch,
        price_list=row.price_list,
        currency=row.currency,
        state=QuoteState(row.state),
        priced_at=row.priced_at,
        expires_on=row.expires_on,
        lines=tuple(lines),
        requested_by=row.requested_by,
        terms=terms_of(row.terms),
        accepted_by=row.accepted_by,
        accepted_at=row.accepted_at,
        version=row.version,
        gifts=tuple(QuoteGift(*gift) for gift in row.gifts or ()),
        coupon=row.coupon,
        alternatives=tuple(row.alternatives or ()),
        revision=row.revision,
        revises=row.revises,
        first_id=row.first_id,
    )


def line_of(row: QuoteLineRow) -> QuoteLine:
    return QuoteLine(
        line=row.line,
        sku=row.sku,
        quantity=row.quantity,
        list_unit_minor=row.list_unit_minor,
        floor_unit_minor=row.floor_unit_minor,
        list_minor=row.list_minor,
        before_p4_minor=row.before_p4_minor,
        net_minor=row.net_minor,
        requested_unit_minor=row.requested_unit_minor,
        reason=row.reason,
        cost_minor=row.cost_minor,
        new_brand=row.new_brand,
        salespeople=tuple(Share(*share) for share in row.salespeople),
        election=row.election,
        rules=tuple(AppliedRule(*rule) for rule in row.rules),
        exception=_exception(row.exception),
        plan=row.plan,
        seats=row.seats,
    )


async def lines_of(session: AsyncSession, quote_ids: Sequence[UUID]) -> dict[UUID, list[QuoteLine]]:
    """Of a page of quotes, in one query."""
    query = select(QuoteLineRow).where(QuoteLineRow.quote_id.in_(quote_ids))
    found: dict[UUID, list[QuoteLine]] = {quote_id: [] for quote_id in quote_ids}
    for row in await session.scalars(query.order_by(QuoteLineRow.quote_id, QuoteLineRow.line)):
        found[row.quote_id].append(line_of(row))
    return found


async def is_revised(session: AsyncSession, quote_id: UUID) -> bool:
    return await session.scalar(select(QuoteRow.id).where(QuoteRow.revises == quote_id)) is not None


async def versions_of(session: AsyncSession, quote: Quote) -> list[Quote]:
    """Every version of a quote, the first one first."""
    first = quote.first_id or quote.id
    query = select(QuoteRow).where(or_(QuoteRow.id == first, QuoteRow.first_id == first)).order_by(QuoteRow.revision)
    rows = (await session.scalars(query)).all()
    lines = await lines_of(session, [row.id for row in rows])
    return [quote_of(row, lines[row.id]) for row in rows]


async def trace_of(session: AsyncSession, quote_id: UUID) -> dict[str, Any]:
    trace: dict[str, Any] = await session.scalar(select(QuoteRow.trace).where(QuoteRow.id == quote_id)) or {}
    return trace


async def add_grant(session: AsyncSession, grant: PriceGrant) -> None:
    cells = {name: getattr(grant, name) for name in PriceGrant.__dataclass_fields__}
    await session.execute(insert_or_leave(PriceGrantRow).values(cells).on_conflict_do_nothing())


async def add_negotiated(session: AsyncSession, account_id: UUID, terms: Negotiated) -> None:
    cells = {name: getattr(terms, name) for name in Negotiated.__dataclass_fields__}
    row = insert_or_leave(NegotiatedTermsRow).values({**cells, "account_id": account_id})
    await session.execute(row.on_conflict_do_nothing())


async def first_to_ask(session: AsyncSession, *, subject_id: str, account_id: UUID, route: str, at: datetime) -> bool:
    """True for the one that asks; whoever comes later finds it asked."""
    cells = {"subject_id": subject_id, "account_id": account_id, "route": route, "asked_at": at}
    row = insert_or_leave(AskedTermsRow).values(cells).on_conflict_do_nothing()
    return await session.scalar(row.returning(AskedTermsRow.subject_id)) is not None


async def due_to_expire(session: AsyncSession, *, day: date, at_most: int) -> list[Quote]:
    """Alive quotes whose last day is over, locked; a worker beside this one takes others."""
    alive = (QuoteState.PRICED, QuoteState.PENDING_EXCEPTION)
    query = (
        select(QuoteRow)
        .where(QuoteRow.state.in_([str(state) for state in alive]), QuoteRow.expires_on <= day)
        .order_by(QuoteRow.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    return [quote_of(row, ()) for row in await session.scalars(query)]
