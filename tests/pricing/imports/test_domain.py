"""What each line of a foreign order file is, and which earlier lines a return takes from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from services.pricing.imports.domain import (
    Judge,
    OpenLine,
    Shelf,
    SourceLine,
    line_total,
    price_of,
)
from services.pricing.imports.mapping import read_mapping
from services.pricing.imports.refusing import TITLES, Reason, Unread
from services.pricing.orders.domain import OrderLine, OrderState

MAPPING = read_mapping(Path("deploy/demo/online-retail.yaml"))
ACCOUNT = UUID(int=7)
NOON = datetime(2010, 3, 10, 12, tzinfo=UTC)
JUDGE = Judge(MAPPING, {"13085": ACCOUNT}, now=NOON)


def a_line(**changed: object) -> SourceLine:
    return SourceLine(1, 1, "85048", 12, NOON, "6.95", "13085")._replace(**changed)


@pytest.mark.parametrize(
    ("reference", "line", "reason"),
    [
        pytest.param("489434", a_line(), None, id="a sale is taken"),
        pytest.param("C489449", a_line(quantity=-12), None, id="a return is taken"),
        pytest.param("489434", a_line(at=None, account=""), Reason.BAD_DATE, id="a bad date wins over all"),
        pytest.param("489434", a_line(at=NOON + timedelta(seconds=1)), Reason.BAD_DATE, id="a time yet to come"),
        pytest.param("489434", a_line(account="", sku="POST"), Reason.NO_CUSTOMER, id="no customer before no product"),
        pytest.param("489434", a_line(account="99999"), Reason.NO_CUSTOMER, id="a customer nobody knows"),
        pytest.param("489434", a_line(sku="POST", quantity=0), Reason.NON_PRODUCT, id="postage before quantity"),
        pytest.param("489434", a_line(quantity=0, price="0.0"), Reason.QUANTITY_ZERO, id="quantity before price"),
        pytest.param("489434", a_line(quantity=-1, price="0"), Reason.PRICE_NOT_POSITIVE, id="price before sign"),
        pytest.param("489434", a_line(price="-0.01"), Reason.PRICE_NOT_POSITIVE, id="a negative price"),
        pytest.param("489434", a_line(price="free"), Reason.PRICE_NOT_POSITIVE, id="a price that is no number"),
        pytest.param("489434", a_line(quantity=-12), Reason.SIGN_MISMATCH, id="a sale of a negative quantity"),
        pytest.param("C489449", a_line(), Reason.SIGN_MISMATCH, id="a return of a positive quantity"),
    ],
)
def test_the_first_reason_that_holds_is_named(reference: str, line: SourceLine, reason: Reason | None) -> None:
    found = JUDGE.refusal(reference, line)
    assert (found.reason if found else None) is reason


@pytest.mark.parametrize(
    ("reference", "line", "detail"),
    [
        pytest.param("4", a_line(at=None, unread=Unread(at="soon")), "'soon' is no time of our days", id="a word"),
        pytest.param("4", a_line(at=None, unread=Unread(at="")), "there is no time", id="no time"),
        pytest.param(
            "4", a_line(account="7\x00"), "no account here has the number '7\\\\u0000'", id="an account's zero"
        ),
        pytest.param("4", a_line(sku="A\x00"), "the product code has control characters: A\\u0000", id="a zero byte"),
        pytest.param("4", a_line(sku="A" * 65), "the product code has more than 64 characters:", id="65 characters"),
        pytest.param("4", a_line(sku=""), "there is no product code", id="no product"),
        pytest.param("4\x07", a_line(), "the number of the document has control characters: 4\\u0007", id="a bell"),
        pytest.param("4" * 201, a_line(), "the number of the document has more than 200 characters:", id="too long"),
        pytest.param("4", a_line(quantity=0), "the quantity is zero", id="zero"),
        pytest.param("4", a_line(quantity=0, unread=Unread(quantity="1.5")), "'1.5' is no whole number", id="a half"),
        pytest.param(
            "4", a_line(quantity=0, unread=Unread(quantity=str(10**12))), "more than 10000000 pieces:", id="a billion"
        ),
        pytest.param("4", a_line(price="1e30"), "more than 1000000000: 1e30", id="a price beyond all prices"),
        pytest.param("4", a_line(price="free"), "'free' is no number", id="a price in words"),
        pytest.param("4", a_line(price="-1e30"), "the price is not more than zero", id="a price far below zero"),
    ],
)
def test_a_refusal_says_what_exactly_is_wrong_in_both_languages(reference: str, line: SourceLine, detail: str) -> None:
    found = JUDGE.refusal(reference, line)
    assert found is not None
    assert found.detail["en"].startswith(detail)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in found.detail["zh"])


def test_every_reason_has_its_words() -> None:
    assert set(TITLES) == set(Reason)


@pytest.mark.parametrize("sku", ["ADJUST", "ADJUST2", "TEST001", "gift_0001_80", "GIFT", "m", "BANK CHARGES", "C2"])
def test_codes_of_fees_and_corrections_are_no_products(sku: str) -> None:
    assert not MAPPING.is_product(sku)


@pytest.mark.parametrize("sku", ["85048", "79323P", "DCGS0058", "SP1002", "C2X"])
def test_other_codes_are_products(sku: str) -> None:
    assert MAPPING.is_product(sku)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        pytest.param("2009-12-01 07:45:00", datetime(2009, 12, 1, 7, 45, tzinfo=UTC), id="winter in London is UTC"),
        pytest.param("2010-07-01 00:30:00", datetime(2010, 6, 30, 23, 30, tzinfo=UTC), id="summer is an hour ahead"),
        pytest.param("2010-07-01T00:30:00+02:00", datetime(2010, 6, 30, 22, 30, tzinfo=UTC), id="an offset is obeyed"),
        pytest.param("yesterday", None, id="words are no time"),
        pytest.param("", None, id="nothing is no time"),
        pytest.param("0001-01-01T00:00:00+14:00", None, id="a time before all times"),
    ],
)
def test_a_time_is_wall_time_of_the_mapping_unless_it_says_otherwise(written: str, instant: datetime | None) -> None:
    assert MAPPING.instant(written) == instant


@pytest.mark.parametrize(
    ("quantity", "price", "minor"),
    [
        pytest.param(12, "6.95", 8340, id="twelve at 6.95"),
        pytest.param(400, "0.001", 40, id="a price finer than a penny is rounded at the line"),
        pytest.param(5, "0.001", 1, id="half a penny is rounded up"),
        pytest.param(4, "0.001", 0, id="less than half a penny is nothing"),
    ],
)
def test_a_line_total_is_rounded_once(quantity: int, price: str, minor: int) -> None:
    assert line_total(quantity, Decimal(price), "GBP") == minor


@pytest.mark.parametrize("written", ["NaN", "inf", "1,5", "", "1e30"])
def test_a_price_is_a_finite_decimal(written: str) -> None:
    assert price_of(written) is None


def open_line(order: int, quantity: int, net_minor: int, days: int = 0) -> OpenLine:
    whole = OrderLine(1, "85048", quantity, net_minor, net_minor, net_minor)
    line = replace(whole, delivered=quantity, state=OrderState.DELIVERED)
    at = NOON + timedelta(days=days)
    return OpenLine(UUID(int=order), at, at, "GBP", line)


def a_shelf(*lines: OpenLine) -> Shelf:
    shelf = Shelf()
    for line in lines:
        shelf.put(ACCOUNT, line)
    return shelf


def test_s_f2_a_return_takes_the_oldest_lines_first_at_their_own_amounts() -> None:
    shelf = a_shelf(open_line(1, 4, 400), open_line(2, 10, 900, days=1))
    pieces, rest = shelf.take_back(ACCOUNT, "85048", 6, NOON + timedelta(days=2))
    assert [(piece.original.order_id.int, piece.returned.quantity, piece.returned.net_minor) for piece in pieces] == [
        (1, 4, 400),
        (2, 2, 180),
    ]
    assert rest == 0


def test_a_return_never_takes_a_line_placed_after_it() -> None:
    shelf = a_shelf(open_line(1, 4, 400, days=1))
    assert shelf.take_back(ACCOUNT, "85048", 1, NOON) == ([], 1)


def test_the_rest_of_a_return_larger_than_what_is_left_finds_no_original() -> None:
    shelf = a_shelf(open_line(1, 4, 400))
    pieces, rest = shelf.take_back(ACCOUNT, "85048", 6, NOON)
    assert (len(pieces), rest) == (1, 2)
    assert shelf.take_back(ACCOUNT, "85048", 1, NOON) == ([], 1)


def test_another_account_or_sku_has_nothing_to_give() -> None:
    shelf = a_shelf(open_line(1, 4, 400))
    assert shelf.take_back(UUID(int=8), "85048", 1, NOON) == ([], 1)
    assert shelf.take_back(ACCOUNT, "85049", 1, NOON) == ([], 1)


@pytest.mark.parametrize(
    "changed",
    [{"sku": "85049"}, {"quantity": 11}, {"price": "6.96"}, {"account": "13086"}, {"at": NOON + timedelta(minutes=1)}],
    ids=lambda changed: next(iter(changed)),
)
def test_a_line_with_other_contents_has_another_digest(changed: dict[str, object]) -> None:
    assert a_line().digest != a_line(**changed).digest


def test_the_same_line_keeps_its_digest_wherever_it_stands_in_a_file() -> None:
    assert a_line().digest == a_line(row=99).digest
    assert 0 < a_line().digest < 2**63
