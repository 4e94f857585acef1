"""A contract's lines come from an accepted quote, or are written freely; either way they know their floor."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from services.approvals.contracts.content import Line, PriceException, Share
from services.approvals.facts.domain import Product, Seller
from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.events.quotes import GrantedException, QuoteContents, QuoteLine
from shared.money import minor_digits, rounded


class QuoteNotAccepted(Problem):
    status = 409
    code = "quote_not_accepted"
    title: ClassVar[Words] = {"en": "A contract is made from an accepted quote", "zh": "合同须基于已接受的报价"}


class QuoteOfAnotherAccount(Problem):
    status = 409
    code = "quote_of_another_account"
    title: ClassVar[Words] = {"en": "The quote is another account's", "zh": "该报价属于其他客户"}


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line as somebody asks for it: of a quote's line, or of a SKU at a price."""

    quantity: int
    quote_line: int | None = None
    sku: str | None = None
    unit_price: Decimal | None = None


def lines_of_quote(quote: QuoteContents, wanted: Sequence[WantedLine] | None) -> tuple[Line, ...]:
    """The quote's lines with all they froze, whole or in the quantities wanted; raises ValidationProblem."""
    known = {line.line: line for line in quote.lines}
    if wanted is None:
        wanted = [WantedLine(line.quantity, quote_line=line.line) for line in quote.lines]
    errors = [
        FieldError(f"/lines/{i}/quote_line", "not_in_quote", {"en": "the quote has no such line", "zh": "报价无此行"})
        for i, line in enumerate(wanted)
        if line.quote_line not in known
    ]
    if errors:
        raise ValidationProblem(errors=errors)
    return tuple(_quoted(i, known[int(line.quote_line or 0)], line.quantity) for i, line in enumerate(wanted, start=1))


def _quoted(place: int, of: QuoteLine, quantity: int) -> Line:
    return Line(
        line=place,
        sku=of.sku,
        quantity=quantity,
        unit_price=Decimal(of.net_unit),
        net_minor=_part(of.net_minor, quantity, of.quantity),
        floor_unit_minor=of.floor_unit_minor,
        cost_minor=None if of.cost_minor is None else _part(of.cost_minor, quantity, of.quantity),
        new_brand=of.new_brand,
        salespeople=tuple(Share(one.user_id, Decimal(one.share)) for one in of.salespeople),
        exception=_exception(of.exception),
    )


def _part(amount_minor: int, quantity: int, of_quantity: int) -> int:
    return rounded(Decimal(amount_minor * quantity) / of_quantity, "half_up")


def _exception(granted: GrantedException | None) -> PriceException | None:
    if granted is None:
        return None
    return PriceException(
        granted.subject_id, granted.price_minor, granted.quantity_from, granted.quantity_to, granted.valid_until
    )


def free_lines(
    wanted: Sequence[WantedLine], *, currency: str, products: Mapping[str, Product], sellers: Sequence[Seller]
) -> tuple[Line, ...]:
    """Lines at written prices, rounded once at the line, with what the quote would have frozen (R2).

    `products` are those that exist, by SKU. Raises ValidationProblem.
    """
    errors = [error for i, line in enumerate(wanted) for error in _wrong_in(line, f"/lines/{i}", currency, products)]
    if errors:
        raise ValidationProblem(errors=errors)
    salespeople = tuple(Share(seller.user_id, seller.share) for seller in sellers)
    return tuple(
        _free(i, line, _net_minor(line, currency), products[line.sku or ""], salespeople)
        for i, line in enumerate(wanted, start=1)
    )


NEEDED: Words = {"en": "needed without a quote", "zh": "无报价时必填"}
NOT_SOLD: Words = {"en": "the catalogue has no such product", "zh": "产品目录中没有此产品"}
WORTH_NOTHING: Words = {"en": "the line would be worth nothing", "zh": "该行金额为零"}


def _wrong_in(line: WantedLine, place: str, currency: str, products: Mapping[str, Product]) -> Iterator[FieldError]:
    if not line.sku:
        yield FieldError(f"{place}/sku", "missing", NEEDED)
    elif line.sku not in products:
        yield FieldError(f"{place}/sku", "unknown_product", NOT_SOLD)
    if line.unit_price is None:
        yield FieldError(f"{place}/unit_price", "missing", NEEDED)
    elif not _net_minor(line, currency):
        yield FieldError(f"{place}/unit_price", "worth_nothing", WORTH_NOTHING)


def _net_minor(line: WantedLine, currency: str) -> int:
    return rounded(((line.unit_price or Decimal(0)) * line.quantity).scaleb(minor_digits(currency)), "half_up")


def _free(place: int, line: WantedLine, net_minor: int, of: Product, salespeople: tuple[Share, ...]) -> Line:
    return Line(
        line=place,
        sku=of.sku,
        quantity=line.quantity,
        unit_price=line.unit_price or Decimal(0),
        net_minor=net_minor,
        floor_unit_minor=of.floor_minor,
        cost_minor=None if of.cost_minor is None else of.cost_minor * line.quantity,
        new_brand=of.new_brand,
        salespeople=salespeople,
    )
