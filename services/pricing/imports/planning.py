"""What a batch of foreign invoices becomes: orders, returns and rejects, decided before anything is written."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

from services.pricing.accounts.domain import Account
from services.pricing.catalogue.domain import Cost, ListPrice, Product, cost_on, price_on
from services.pricing.imports import refusing
from services.pricing.imports.domain import (
    Invoice,
    Judge,
    OpenLine,
    Parked,
    Piece,
    Reject,
    Shelf,
    SourceLine,
    SourceMapping,
    by_account,
    line_total,
    price_of,
)
from services.pricing.imports.refusing import Reason, Refusal
from services.pricing.lines import Share
from services.pricing.orders.domain import Order, OrderLine, Source
from shared.calendar import local_day
from shared.ids import new_id

T = TypeVar("T")


class Priced(NamedTuple):
    """The lines of one order after the policies, and whether they left a price open."""

    lines: tuple[OrderLine, ...]
    requires_approval: bool = False


class Pricer(Protocol):
    """Prices orders one after the other and is told what became of them."""

    def price(self, order: Order, account: Account) -> Priced: ...

    def note_placed(self, order: Order) -> None: ...

    def note_returned(self, account_id: UUID, original: OpenLine, piece: Piece) -> None: ...


class AsInvoiced:
    """The file's price is the list price and no rule is applied."""

    def price(self, order: Order, account: Account) -> Priced:
        return Priced(order.lines)

    def note_placed(self, order: Order) -> None:
        """No rule looks at the month."""

    def note_returned(self, account_id: UUID, original: OpenLine, piece: Piece) -> None:
        """No rule looks at the month."""


@dataclass(frozen=True)
class Surroundings:
    """What the batch's invoices are read against: the clock, accounts by number, the catalogue, lines taken before."""

    mapping: SourceMapping
    zone: str
    now: datetime
    accounts: Mapping[str, Account]
    taken: Mapping[str, Sequence[int]]
    waiting: Set[str] = frozenset()
    """Numbers of accounts of which an order waits already: their returns wait behind it."""
    products: Mapping[str, Product] = field(default_factory=dict)
    prices: Mapping[str, Sequence[ListPrice]] = field(default_factory=dict)
    costs: Mapping[str, Sequence[Cost]] = field(default_factory=dict)

    def succession(self, number: str, at: datetime) -> list[Account]:
        """The account of that number, and behind it those that went on for it by then (S-I2)."""
        line = [self.accounts[number]]
        while (merged := line[-1].merged) is not None and merged.at <= at and merged.into in self._by_id:
            line.append(self._by_id[merged.into])
        return line

    @cached_property
    def _by_id(self) -> dict[UUID, Account]:
        return {account.id: account for account in self.accounts.values()}


class ReturnedTo(NamedTuple):
    """One foreign return as far as it concerns one original order."""

    id: UUID
    order_id: UUID
    account_id: UUID
    reference: str
    at: datetime
    pieces: tuple[tuple[Piece, str], ...]


@dataclass
class Batch:
    """What is to be written; `digests` are the invoices' lines taken so far, `counts` what a person is told."""

    orders: list[Order] = field(default_factory=list)
    returns: list[ReturnedTo] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    digests: dict[str, list[int]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


class Planner:
    """Takes invoices in the order of their time, so that each return sees the orders before it."""

    def __init__(self, around: Surroundings, shelf: Shelf, pricer: Pricer, *, whole: bool = False) -> None:
        """`whole`: an invoice of which a line is refused is not taken at all."""
        self.batch = Batch()
        self._whole = whole
        self._waiting = set(around.waiting)
        self._around, self._shelf, self._pricer = around, shelf, pricer
        known = {number: account.id for number, account in around.accounts.items()}
        self._judge = Judge(around.mapping, known, around.now)

    def take(self, invoices: Iterable[Invoice]) -> Batch:
        for invoice in invoices:
            if self._park(invoice):
                continue
            refused = len(self.batch.rejects)
            fresh = self._fresh_lines(invoice)
            if self._whole and (len(self.batch.rejects) > refused or not self._can_come_back(invoice, fresh)):
                continue
            if fresh and self._around.mapping.is_return(invoice.reference):
                self._take_return(invoice, fresh)
            elif fresh:
                self._take_sale(invoice, fresh)
        return self.batch

    def _park(self, invoice: Invoice) -> bool:
        """Whether it waits: nothing of it is taken, and nothing of it is lost."""
        wanted, around = self._around.mapping.waits_for, self._around
        if not wanted or not _can_be_kept(invoice):
            return False
        numbers = {line.account for line in invoice.lines if line.account}
        skus = {line.sku for line in invoice.lines if self._may_be_a_product(line.sku)}
        accounts = numbers - around.accounts.keys() if "account" in wanted else set()
        unknown = skus - around.products.keys() if "sku" in wanted else set()
        behind = around.mapping.is_return(invoice.reference) and numbers & self._waiting
        if not (accounts or unknown or behind):
            return False
        self.batch.parked.append(Parked(invoice, tuple(sorted(accounts)), tuple(sorted(unknown))))
        self.batch.counts["parked"] += len(invoice.lines)
        self._waiting |= numbers
        return True

    def _may_be_a_product(self, sku: str) -> bool:
        fits = refusing.unfit(sku, longest=refusing.LONGEST_SKU, what=refusing.SKU) is None
        return fits and self._around.mapping.is_product(sku)

    def _can_come_back(self, invoice: Invoice, fresh: Sequence[SourceLine]) -> bool:
        """Whether every piece of a return finds its original; those that don't are rejected."""
        if not self._around.mapping.is_return(invoice.reference):
            return True
        left: dict[tuple[UUID, str], int] = {}
        found = True
        for line in fresh:
            rest = -line.quantity
            for account in self._around.succession(line.account, _known(invoice.at)):
                key = account.id, line.sku
                held = left.setdefault(key, self._shelf.holds(*key, _known(invoice.at)))
                left[key] -= min(rest, held)
                rest -= min(rest, held)
            if rest:
                self._reject(invoice, line, refusing.unmatched(rest))
                found = False
        return found

    def _fresh_lines(self, invoice: Invoice) -> list[SourceLine]:
        """Those that are good and not taken yet."""
        taken = self._around.taken.get(invoice.reference, ())
        fresh = []
        for line in invoice.lines:
            known = taken[line.number - 1] if line.number <= len(taken) else 0
            if known:
                self._meet_again(invoice, line, known)
                continue
            refusal = self._judge.refusal(invoice.reference, line)
            if refusal is None:
                fresh.append(line)
            else:
                self._reject(invoice, line, refusal)
        return fresh

    def _meet_again(self, invoice: Invoice, line: SourceLine, known: int) -> None:
        if known == line.digest:
            self.batch.counts["unchanged"] += 1
        else:
            self._reject(invoice, line, refusing.plainly(Reason.SOURCE_CHANGED))

    def _reject(self, invoice: Invoice, line: SourceLine, refusal: Refusal) -> None:
        self.batch.counts[refusal.reason] += 1
        self._list(invoice, line, refusal, line.quantity)

    def _list(self, invoice: Invoice, line: SourceLine, refusal: Refusal, quantity: int) -> None:
        reference = invoice.reference
        told = reference if refusing.is_clean(reference) else refusing.shown(reference)
        self.batch.rejects.append(Reject(line.row, told, line.number, refusal.reason, quantity, *refusal[1:]))

    def _mark_taken(self, invoice: Invoice, line: SourceLine) -> None:
        digests = self.batch.digests.get(invoice.reference)
        if digests is None:
            before = self._around.taken.get(invoice.reference, ())
            digests = [*before, *[0] * (len(invoice.lines) - len(before))]
            self.batch.digests[invoice.reference] = digests
        digests[line.number - 1] = line.digest
        self.batch.counts["accepted"] += 1

    def _take_sale(self, invoice: Invoice, fresh: list[SourceLine]) -> None:
        at = _known(invoice.at)
        taken = {line.account for line in invoice.lines if self._is_taken(invoice.reference, line.number)}
        ordered_before = {self._around.succession(number, at)[-1].id for number in taken & self._around.accounts.keys()}
        for account, lines in self._by_buyer(fresh, at):
            if account.id in ordered_before:  # an order that stands takes no further lines
                for line in lines:
                    self._reject(invoice, line, refusing.order_stands())
                continue
            self._place(invoice, account, lines)

    def _by_buyer(self, fresh: Iterable[SourceLine], at: datetime) -> Iterable[tuple[Account, list[SourceLine]]]:
        """What names a merged account is bought by the one that goes on for it."""
        grouped: dict[UUID, tuple[Account, list[SourceLine]]] = {}
        for number, lines in by_account(fresh).items():
            buyer = self._around.succession(number, at)[-1]
            grouped.setdefault(buyer.id, (buyer, []))[1].extend(lines)
        return grouped.values()

    def _is_taken(self, reference: str, number: int) -> bool:
        taken = self._around.taken.get(reference, ())
        return number <= len(taken) and taken[number - 1] != 0

    def _place(self, invoice: Invoice, account: Account, lines: Sequence[SourceLine]) -> None:
        at = _known(invoice.at)
        day = local_day(at, self._around.zone)
        sales = account.salespeople(day)
        election = account.election(day)
        listed = [self._line(place, line, day, sales, election) for place, line in enumerate(lines, start=1)]
        order = Order(
            id=new_id(),
            account_id=account.id,
            number=invoice.reference,
            branch=account.branch,
            currency=self._around.mapping.currency,
            placed_at=at,
            priced_at=at,
            lines=tuple(listed),
            source=Source(self._around.mapping.system, invoice.reference),
        )
        self._keep(invoice, order, account, lines)

    def _keep(self, invoice: Invoice, order: Order, account: Account, lines: Sequence[SourceLine]) -> None:
        priced = self._pricer.price(order, account)
        order = order.delivered_and_paid(priced.lines)
        self._pricer.note_placed(order)
        self.batch.orders.append(order)
        self.batch.counts["orders"] += 1
        self.batch.counts["order_lines"] += len(order.lines)
        self.batch.counts["requires_approval"] += priced.requires_approval
        self.batch.counts["discounted_orders"] += any(line.p4_discount for line in order.lines)
        for line in lines:
            self._mark_taken(invoice, line)
        for placed in order.lines:
            self._shelf.put(account.id, OpenLine(order.id, order.placed_at, order.priced_at, order.currency, placed))

    def _line(self, place: int, line: SourceLine, day: date, sales: tuple[Share, ...], election: str) -> OrderLine:
        mapping = self._around.mapping
        total = line_total(line.quantity, _known(price_of(line.price)), mapping.currency)
        product = self._around.products.get(line.sku)
        cost = cost_on(self._around.costs.get(line.sku, ()), mapping.currency, day)
        self._count_breach(line, total, day)
        return OrderLine(
            line=place,
            sku=line.sku,
            quantity=line.quantity,
            list_minor=total,
            before_p4_minor=total,
            net_minor=total,
            cost_minor=None if cost is None else cost.cost_minor * line.quantity,
            new_brand=product is not None and product.new_brand(day),
            salespeople=sales,
            election=election,
        )

    def _count_breach(self, line: SourceLine, total: int, day: date) -> None:
        """What other systems sold is sold: a price below a known floor is told, not tested."""
        prices = self._around.prices.get(line.sku)
        listed = price_on(prices, day) if prices else None
        if listed is not None and total < listed.floor_minor * line.quantity:
            self.batch.counts["floor_breaches"] += 1

    def _take_return(self, invoice: Invoice, fresh: list[SourceLine]) -> None:
        at = _known(invoice.at)
        per_order: dict[tuple[UUID, UUID], list[tuple[Piece, str]]] = defaultdict(list)
        for line in fresh:
            rest = -line.quantity
            for account in self._around.succession(line.account, at):
                pieces, rest = self._shelf.take_back(account.id, line.sku, rest, at)
                for piece in pieces:
                    self._pricer.note_returned(account.id, piece.original, piece)
                    per_order[account.id, piece.original.order_id].append((piece, line.price))
            self._note_unmatched(invoice, line, rest < -line.quantity, rest)
        for (account_id, order_id), pieces_of_order in per_order.items():
            returned = ReturnedTo(new_id(), order_id, account_id, invoice.reference, at, tuple(pieces_of_order))
            self.batch.returns.append(returned)
            self.batch.counts["returns"] += 1

    def _note_unmatched(self, invoice: Invoice, line: SourceLine, partly: bool, rest: int) -> None:
        if partly:
            self._mark_taken(invoice, line)
        else:
            self.batch.counts[Reason.UNMATCHED_RETURN] += 1
        if rest:
            self.batch.counts["partly_unmatched"] += partly
            self.batch.counts["unmatched_quantity"] += rest
            self._list(invoice, line, refusing.unmatched(rest), -rest)


def _can_be_kept(invoice: Invoice) -> bool:
    """As it was read; what a database cannot keep is refused at once."""
    texts = chain([invoice.reference], *((line.sku, line.price, line.account) for line in invoice.lines))
    return len(invoice.reference) <= refusing.LONGEST_REFERENCE and all(map(refusing.is_clean, texts))


def _known(value: T | None) -> T:
    if value is None:
        raise TypeError("the judge lets no line through without a time and a price")
    return value
