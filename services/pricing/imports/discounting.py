"""Prices imported orders by the policies of their day, one after the other, each seeing the month before it (P4)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.pricing.accounts.domain import Account
from services.pricing.imports.domain import OpenLine, Piece
from services.pricing.imports.planning import Priced
from services.pricing.lines import AppliedRule
from services.pricing.orders.domain import Order, OrderLine
from services.pricing.quotes.facts import LineAt, Purchase, SaleFacts
from services.pricing.quotes.pricebook import PriceBook
from shared.calendar import local_day
from shared.money import ExchangeRate, Money
from shared.policy.order import OrderLine as ListedLine
from shared.policy.order import PricedLine, ToPrice
from shared.trace import Subject

Months = dict[UUID, dict[tuple[str, date], list[int]]]


class ByPolicies:
    """Applies every price rule in force; what an order and its returns add to a month is known to the next one."""

    def __init__(
        self,
        book_of: Callable[[date], PriceBook],
        *,
        zone: str,
        rates: tuple[ExchangeRate, ...],
        purchases: Mapping[UUID, Iterable[Purchase]],
    ) -> None:
        self._book_of, self._zone, self._rates = book_of, zone, rates
        self._months: Months = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        for account_id, known in purchases.items():
            for purchase in known:
                self._months[account_id][purchase.currency, purchase.day] = [
                    purchase.before_p4_minor,
                    purchase.returned_minor,
                ]

    def price(self, order: Order, account: Account) -> Priced:
        """A month that reached negotiated terms leaves the order as invoiced and says so (S-A6)."""
        to_price = self._to_price(order, account)
        book = self._book_of(local_day(order.priced_at, self._zone))
        if not book.touches(to_price):
            return Priced(order.lines)
        priced = book.price(to_price).outcome
        if priced.state == "requires_approval":
            return Priced(order.lines, requires_approval=True)
        pairs = zip(order.lines, priced.lines, strict=True)
        return Priced(tuple(_discounted(line, after, book.before_p4(after)) for line, after in pairs))

    def note_placed(self, order: Order) -> None:
        day = local_day(order.priced_at, self._zone)
        self._months[order.account_id][order.currency, day][0] += order.before_p4_minor

    def note_returned(self, account_id: UUID, original: OpenLine, piece: Piece) -> None:
        """It reduces the month of the original line (§6.9)."""
        day = local_day(original.priced_at, self._zone)
        self._months[account_id][original.currency, day][1] += piece.returned.before_p4_minor

    def _to_price(self, order: Order, account: Account) -> ToPrice:
        sale = Subject("sale", str(order.id), Subject("account", str(account.id)))
        listed = tuple(
            ListedLine(
                Subject("line", str(line.line), sale), 1, Money(line.list_minor, order.currency), order.priced_at
            )
            for line in order.lines
        )
        return ToPrice(sale, listed, self._facts(order, account), order.priced_at)

    def _facts(self, order: Order, account: Account) -> SaleFacts:
        lines = {
            str(line.line): LineAt(line.quantity, line.new_brand, 0, Money(line.list_minor, order.currency), line.sku)
            for line in order.lines
        }
        known = self._months[account.id].items()
        purchases = tuple(Purchase(currency, day, before, back) for (currency, day), (before, back) in known)
        return SaleFacts(
            account, self._zone, order.currency, lines, purchases, lambda: self._rates, quote_state="imported"
        )


def _discounted(line: OrderLine, priced: PricedLine, before_p4_minor: int) -> OrderLine:
    rules = tuple(AppliedRule(taken.policy, taken.amount.amount_minor) for taken in priced.taken)
    return replace(line, before_p4_minor=before_p4_minor, net_minor=priced.net.amount_minor, rules=rules)
