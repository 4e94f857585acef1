"""One order's life told by commands: what pricing makes of each, with the events that the others would hear."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.pricing.catalogue.domain import Cost
from services.pricing.lines import AppliedRule, Share
from services.pricing.orders import domain, events
from services.pricing.orders.amending import Amendment, amended, extended, growth, lessened
from services.pricing.orders.domain import Order, OrderLine
from services.pricing.orders.placing import Drawn, OnTheOrderDay, draw
from services.pricing.quotes.domain import Quote, QuoteLine
from shared.events import orders as told
from tests.pricing.quotes.test_domain import a_quote

START = datetime(2021, 3, 1, 12, tzinfo=UTC)
UNIT_COST = 700


def quoted(*lines: tuple[int, int]) -> Quote:
    """A line for each quantity and net amount, a tenth of the list price taken off by one rule."""
    return a_quote(
        *(
            QuoteLine(
                number, f"SKU-{number}", quantity, net, 0, net + net // 9, net, net,
                rules=(AppliedRule("volume-discount@1", net // 9),) if net // 9 else (),
            )
            for number, (quantity, net) in enumerate(lines, 1)
        )
    )  # fmt: skip


@dataclass
class Life:
    """The order as it stands and all that was told of it; each command is a minute or some days after the last."""

    quote: Quote
    order: Order
    at: datetime = START
    heard: list[told.OrderEvent] = field(default_factory=list)

    @classmethod
    def begun(cls, quote: Quote, wanted: Mapping[int, int]) -> "Life":
        order = Order(
            UUID(int=1), quote.account_id, "O-1", "kinshasa", "CNY", START, START,
            draw(quote, wanted, {}, on_the_day(quote)), quote_id=quote.id,
        )  # fmt: skip
        return cls(quote, order, heard=[events.placed(order)])

    def wait(self, days: int) -> None:
        self.at += timedelta(days=days, minutes=1)

    def confirm(self) -> None:
        self.order = domain.confirm(self.order)

    def cancel(self) -> None:
        self.order = domain.cancel(self.order)
        self._tell(told.OrderCancelled, cancelled_at=self.at, reason="changed")

    def deliver(self, line: int, quantity: int) -> None:
        self.order = domain.deliver(self.order, {line: quantity})
        lines = (told.LineQuantity(line=line, quantity=quantity),)
        self._tell(told.OrderDelivered, delivery_id=f"{len(self.heard)}", delivered_at=self.at, lines=lines)

    def accept(self, *lines: int) -> None:
        self.order = domain.accept(self.order, lines)

    def pay(self, amount_minor: int) -> None:
        self.order = domain.pay(self.order, amount_minor)
        self._tell(
            told.OrderPaid,
            payment_id=f"{len(self.heard)}",
            paid_at=self.at,
            amount_minor=amount_minor,
            currency=self.order.currency,
        )

    def send_back(self, line: int, quantity: int) -> None:
        self.order, [piece] = domain.take_back(self.order, {line: quantity})
        lines = (told.ReturnedLine(line=line, quantity=quantity, net_minor=piece.net_minor),)
        self._tell(told.OrderReturned, return_id=f"{len(self.heard)}", returned_at=self.at, lines=lines)

    def amend(self, wanted: Mapping[int, int]) -> Amendment:
        """As the service does: fewer first, then more from what the quote still has."""
        less = lessened(self.order, wanted)
        drawn = draw(self.quote, growth(self.order, wanted), drawn_by(less.lines), on_the_day(self.quote))
        change = amended(self.order, extended(less, drawn))
        self.order = change.order
        self.heard.append(events.amended(change, UUID(int=len(self.heard)), at=self.at, reason="changed"))
        return change

    def _tell(self, event: type[told.OrderEvent], **said: object) -> None:
        ids = {"order_id": str(self.order.id), "account_id": str(self.order.account_id)}
        self.heard.append(event(occurred_at=self.at, **ids, **said))


def on_the_day(quote: Quote) -> OnTheOrderDay:
    costs = {line.sku: [Cost(line.sku, "CNY", UNIT_COST, date(2021, 1, 1))] for line in quote.lines}
    return OnTheOrderDay(START.date(), "CNY", {}, costs, (Share("rep", "1"),))


def drawn_by(lines: Iterable[OrderLine]) -> dict[int, Drawn]:
    """What the order's lines take of the quote's, as the database would add it up."""
    found: dict[int, Drawn] = {}
    for line in lines:
        known = found.get(line.quote_line or 0, Drawn())
        rules = dict(known.rules)
        for rule in line.rules:
            rules[rule.policy] = rules.get(rule.policy, 0) + rule.amount_minor
        found[line.quote_line or 0] = Drawn(
            known.quantity + line.quantity,
            known.list_minor + line.list_minor,
            known.before_p4_minor + line.before_p4_minor,
            known.net_minor + line.net_minor,
            rules,
        )
    return found
