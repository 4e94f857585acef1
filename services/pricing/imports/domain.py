"""An order file of another system, line by line: what each line is, why it is refused, and what it gives back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.pricing.imports import refusing
from services.pricing.imports.refusing import ALL_READ, HIGHEST_PRICE, Reason, Refusal, Unread
from services.pricing.orders.domain import OrderLine, Returned, piece_of
from shared.calendar import is_of_our_times
from shared.errors import Words
from shared.money import minor_digits, rounded

Pricing = Literal["as_invoiced", "apply_policies"]
Awaited = Literal["account", "sku"]


@dataclass(frozen=True, slots=True)
class Columns:
    """The file's column for each thing that an order line needs."""

    reference: str
    sku: str
    quantity: str
    ordered_at: str
    unit_price: str
    account: str


@dataclass(frozen=True)
class SourceMapping:
    """How one system writes its orders: wall time of `zone`, prices in `currency`, returns by a prefix.

    An order that names what is not known yet waits until it is, as far as `waits_for` says so; else it is refused.
    """

    id: str
    system: str
    zone: str
    currency: str
    columns: Columns
    return_prefix: str = ""
    not_products: tuple[str, ...] = ()
    waits_for: tuple[Awaited, ...] = ()

    def is_return(self, reference: str) -> bool:
        return bool(self.return_prefix) and reference.startswith(self.return_prefix)

    def is_product(self, sku: str) -> bool:
        """False for the system's own codes of postage, fees and corrections; `m` is the `M` of a hurried clerk."""
        return not any(fnmatchcase(sku.upper(), code.upper()) for code in self.not_products)

    def instant(self, written: str) -> datetime | None:
        """UTC instant of a wall time, or of an RFC 3339 time with its offset; None for anything else."""
        try:
            read = datetime.fromisoformat(written)
        except ValueError:
            return None
        if not is_of_our_times(read):
            return None
        return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)


class SourceLine(NamedTuple):
    """One line as the file has it; `row` counts in the file, `number` within its invoice, both from one."""

    row: int
    number: int
    sku: str
    quantity: int
    at: datetime | None
    price: str
    account: str
    unread: Unread = ALL_READ

    @property
    def digest(self) -> int:
        """63 bits that change with the line's content, so that a line once taken is known again."""
        content = f"{self.sku}\x1f{self.quantity}\x1f{self.at}\x1f{self.price}\x1f{self.account}"
        return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "big") >> 1 | 1


class Invoice(NamedTuple):
    """All lines of one reference; its time is its earliest line's."""

    reference: str
    at: datetime | None
    lines: Sequence[SourceLine]


class Parked(NamedTuple):
    """An invoice that waits for accounts and SKUs by their numbers, or a return behind an order that waits."""

    invoice: Invoice
    accounts: tuple[str, ...]
    skus: tuple[str, ...]


class Reject(NamedTuple):
    """A line, or the rest of one, that was not taken."""

    row: int
    reference: str
    number: int
    reason: Reason
    quantity: int
    detail: Words
    column: str | None = None


@lru_cache(maxsize=65536)
def price_of(written: str) -> Decimal | None:
    """The price as written; None when it is no decimal number that a price can be."""
    price = _number_of(written)
    return None if price is None or abs(price) > HIGHEST_PRICE else price


def _number_of(written: str) -> Decimal | None:
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@lru_cache(maxsize=65536)
def line_total(quantity: int, price: Decimal, currency: str) -> int:
    """Minor units of quantity x unit price, rounded half up once; the price may be finer than the currency."""
    return rounded((price * quantity).scaleb(minor_digits(currency)), "half_up")


class Judge:
    """Says of each line of one file why it is refused, if it is; what is later than `now` has not happened."""

    def __init__(self, mapping: SourceMapping, known_accounts: Mapping[str, UUID], now: datetime) -> None:
        self._mapping = mapping
        self._known_accounts = known_accounts
        self._now = now
        self._products: dict[str, Refusal | None] = {}

    def refusal(self, reference: str, line: SourceLine) -> Refusal | None:
        """The first reason that holds; whether a return finds its original is asked later."""
        return self._of_its_kind(reference, line) or self._of_its_figures(reference, line)

    def _of_its_kind(self, reference: str, line: SourceLine) -> Refusal | None:
        if line.at is None:
            return refusing.unreadable(line.unread) or refusing.bad_date(line.unread)
        if line.at > self._now:
            return refusing.later_than_now(line.at)
        if line.account not in self._known_accounts:
            return refusing.unknown_customer(line.account)
        return self._of_its_product(line.sku) or refusing.unfit(
            reference, longest=refusing.LONGEST_REFERENCE, what=refusing.REFERENCE
        )

    def _of_its_figures(self, reference: str, line: SourceLine) -> Refusal | None:
        if line.quantity == 0:
            return refusing.no_quantity(line.unread)
        price = price_of(line.price)
        if price is None or price <= 0:
            return refusing.no_price(line.price, _number_of(line.price))
        if (line.quantity < 0) != self._mapping.is_return(reference):
            return refusing.wrong_sign(line.quantity)
        return None

    def _of_its_product(self, sku: str) -> Refusal | None:
        if sku not in self._products:
            found = refusing.unfit(sku, longest=refusing.LONGEST_SKU, what=refusing.SKU)
            if found is None and not self._mapping.is_product(sku):
                found = refusing.not_a_product(sku)
            self._products[sku] = found
        return self._products[sku]


def by_account(lines: Iterable[SourceLine]) -> Mapping[str, list[SourceLine]]:
    """One order holds one account's lines: an invoice that names several accounts makes several orders."""
    grouped: dict[str, list[SourceLine]] = defaultdict(list)
    for line in lines:
        grouped[line.account].append(line)
    return grouped


@dataclass(slots=True)
class OpenLine:
    """A delivered line of which something is still held, waiting for returns that name no original."""

    order_id: UUID
    placed_at: datetime
    priced_at: datetime
    currency: str
    line: OrderLine


class Piece(NamedTuple):
    """What one return takes from one original line; `line` is what is left of that."""

    original: OpenLine
    returned: Returned
    line: OrderLine


@dataclass(slots=True)
class Shelf:
    """Open lines by account and SKU, oldest first."""

    lines: dict[tuple[UUID, str], list[OpenLine]] = field(default_factory=lambda: defaultdict(list))

    def put(self, account_id: UUID, line: OpenLine) -> None:
        self.lines[account_id, line.line.sku].append(line)

    def holds(self, account_id: UUID, sku: str, at: datetime) -> int:
        """Pieces that a return at that time could come from."""
        lines = (one for one in self.lines.get((account_id, sku), ()) if one.placed_at <= at)
        return sum(one.line.delivered - one.line.returned for one in lines)

    def take_back(self, account_id: UUID, sku: str, quantity: int, at: datetime) -> tuple[list[Piece], int]:
        """First in first out over lines placed up to `at`; what finds no original is the second value (S-F2)."""
        pieces: list[Piece] = []
        for open_line in self.lines.get((account_id, sku), ()):
            if quantity == 0 or open_line.placed_at > at:
                break
            taken = min(quantity, open_line.line.delivered - open_line.line.returned)
            if taken:
                pieces.append(_taken_from(open_line, taken))
                quantity -= taken
        return pieces, quantity


def _taken_from(open_line: OpenLine, quantity: int) -> Piece:
    returned = piece_of(open_line.line, quantity)
    open_line.line = open_line.line.less(returned)
    return Piece(open_line, returned, open_line.line)
