"""A quote's states and what acceptance asks again, without any I/O."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from services.pricing.quotes.domain import (
    MOVES,
    AccountIsFrozen,
    BelowFloorPrice,
    ElectionChanged,
    ExceptionState,
    FloorException,
    OnTheDay,
    PriceGrant,
    Quote,
    QuoteExpired,
    QuoteLine,
    QuoteMove,
    QuoteMoveNotAllowed,
    QuoteState,
    accept,
    answered,
    moved,
)
from services.pricing.quotes.events import unit_price

ACCOUNT = UUID(int=2)
NOON = datetime(2021, 3, 2, 12, tzinfo=UTC)
GRANT = PriceGrant(
    request_id="r",
    route="price-exception",
    subject_id="q:1",
    account_id=ACCOUNT,
    sku="HANDSET",
    currency="CNY",
    price_minor=88_000,
    quantity_from=1,
    quantity_to=600,
    valid_until=date(2021, 4, 1),
    granted_at=NOON,
)
TODAY = OnTheDay(date(2021, 3, 8), frozen=False, election="subsidy")


def a_line(line: int = 1, unit_minor: int = 88_000, quantity: int = 600, state: str | None = "asked") -> QuoteLine:
    exception = None if state is None else FloorException("price-exception", ExceptionState(state))
    total = unit_minor * quantity
    return QuoteLine(
        line,
        "HANDSET",
        quantity,
        100_000,
        90_000,
        100_000 * quantity,
        total,
        total,
        election="subsidy",
        exception=exception,
    )


def a_quote(*lines: QuoteLine, state: QuoteState = QuoteState.PENDING_EXCEPTION) -> Quote:
    return Quote(
        id=UUID(int=1),
        number="Q-1",
        account_id=ACCOUNT,
        branch="kinshasa",
        price_list="standard",
        currency="CNY",
        state=state,
        priced_at=NOON,
        expires_on=date(2021, 4, 1),
        lines=lines or (a_line(),),
        requested_by="rep",
    )


def granted_quote() -> Quote:
    return answered(a_quote(), 1, GRANT, date(2021, 3, 3))


@pytest.mark.parametrize(
    ("net_minor", "quantity", "below"),
    [
        pytest.param(90_000, 1, 0, id="exactly at the floor"),
        pytest.param(89_999, 1, 1, id="a fen below"),
        pytest.param(90_001, 1, 0, id="a fen above"),
        pytest.param(90_000 * 3 - 1, 3, 1, id="a third of a fen below counts as a fen"),
    ],
)
def test_p2_how_far_a_line_is_below_its_floor(net_minor: int, quantity: int, below: int) -> None:
    line = a_line(quantity=quantity)._replace(net_minor=net_minor)
    assert line.below_floor_by_minor == below


@pytest.mark.parametrize(
    ("sku", "currency", "price", "quantity", "day", "covered"),
    [
        pytest.param("HANDSET", "CNY", "88000", 600, date(2021, 3, 31), True, id="all at its edge"),
        pytest.param("HANDSET", "CNY", "88000.000001", 1, date(2021, 3, 31), True, id="a little more, one piece"),
        pytest.param("HANDSET", "CNY", "87999.999999", 1, date(2021, 3, 31), False, id="the least bit cheaper"),
        pytest.param("HANDSET", "CNY", "88000", 601, date(2021, 3, 31), False, id="one piece more"),
        pytest.param("HANDSET", "CNY", "88000", 600, date(2021, 4, 1), False, id="on the day it no longer covers"),
        pytest.param("SIM", "CNY", "88000", 1, date(2021, 3, 31), False, id="another SKU"),
        pytest.param("HANDSET", "USD", "88000", 1, date(2021, 3, 31), False, id="another currency"),
    ],
)
def test_s_b6_what_a_grant_covers(sku: str, currency: str, price: str, quantity: int, day: date, covered: bool) -> None:
    assert GRANT.covers(sku, currency, Decimal(price), quantity, day) is covered


@pytest.mark.parametrize(("state", "move"), [(state, move) for state in QuoteState for move in QuoteMove])
def test_every_wrong_move_raises(state: QuoteState, move: QuoteMove) -> None:
    quote = a_quote(state=state)
    if move in MOVES[state]:
        assert moved(quote, move).state is MOVES[state][move]
    else:
        with pytest.raises(QuoteMoveNotAllowed):
            moved(quote, move)


def test_a_quote_is_priced_once_every_exception_is_granted() -> None:
    quote = a_quote(a_line(1), a_line(2), a_line(3, unit_minor=95_000, state=None))
    half = answered(quote, 1, GRANT, date(2021, 3, 3))
    assert half.state is QuoteState.PENDING_EXCEPTION
    assert answered(half, 2, GRANT, date(2021, 3, 3)).state is QuoteState.PRICED


def test_one_rejected_exception_rejects_the_quote() -> None:
    assert answered(a_quote(a_line(1), a_line(2)), 2, None, date(2021, 3, 3)).state is QuoteState.REJECTED


def test_acceptance_keeps_who_and_when() -> None:
    accepted = accept(granted_quote(), accepted_by="Ms Chen", at=NOON, now_known=TODAY)
    assert (accepted.state, accepted.accepted_by, accepted.accepted_at) == (QuoteState.ACCEPTED, "Ms Chen", NOON)


@pytest.mark.parametrize(
    ("today", "refusal"),
    [
        pytest.param(replace(TODAY, day=date(2021, 4, 1)), QuoteExpired, id="on the first day it is no longer alive"),
        pytest.param(replace(TODAY, frozen=True), AccountIsFrozen, id="of a frozen account"),
        pytest.param(replace(TODAY, election="discount"), ElectionChanged, id="after another election"),
    ],
)
def test_acceptance_is_refused(today: OnTheDay, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        accept(granted_quote(), accepted_by="Ms Chen", at=NOON, now_known=today)


def test_acceptance_asks_whether_the_grant_still_covers() -> None:
    short = replace(GRANT, valid_until=date(2021, 3, 5))
    quote = answered(a_quote(), 1, short, date(2021, 3, 3))
    with pytest.raises(BelowFloorPrice):
        accept(quote, accepted_by="Ms Chen", at=NOON, now_known=TODAY)


def test_an_accepted_quote_is_alive_until_it_expires() -> None:
    accepted = accept(granted_quote(), accepted_by="Ms Chen", at=NOON, now_known=TODAY)
    assert accepted.state_on(date(2021, 3, 31)) is QuoteState.ACCEPTED
    assert accepted.state_on(date(2021, 4, 1)) is QuoteState.EXPIRED


def test_while_terms_are_negotiated_there_is_no_total() -> None:
    assert a_quote(state=QuoteState.REQUIRES_APPROVAL).total_minor is None


@pytest.mark.parametrize(
    ("net_minor", "quantity", "written"),
    [(52_800_000, 600, "880.00"), (1_000, 3, "3.33333333"), (1, 1, "0.01"), (9_499, 2, "47.495")],
)
def test_a_unit_price_is_written_as_fine_as_it_is(net_minor: int, quantity: int, written: str) -> None:
    assert unit_price(a_line(quantity=quantity)._replace(net_minor=net_minor), "CNY") == written
