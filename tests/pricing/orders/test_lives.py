"""Orders against a small model under random commands: quantities and money always add up, wrong moves always raise."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.pricing.orders.amending import BelowDelivered, NothingAmended, NothingLeft
from services.pricing.orders.domain import OrderMoveNotAllowed, OrderState, OverDelivery, Overpayment, OverReturn
from services.pricing.orders.placing import OverDraw
from tests.pricing.orders.lives import UNIT_COST, Life, drawn_by, quoted


@dataclass
class Counted:
    """All that the model knows of a line: pieces."""

    quote_line: int
    ordered: int
    delivered: int = 0
    returned: int = 0
    accepted: bool = False

    @property
    def ended(self) -> bool:
        return self.ordered == self.returned


class OrderLives(RuleBasedStateMachine):
    """The model is counts of pieces by line, whether it is confirmed or cancelled, and the sum of its payments."""

    @initialize(
        lines=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 100_000)), min_size=1, max_size=3), data=st.data()
    )
    def place(self, lines: list[tuple[int, int]], data: Any) -> None:
        self.of = {number: quantity for number, (quantity, _) in enumerate(lines, 1)}
        wanted = {number: data.draw(st.integers(1, quantity)) for number, quantity in self.of.items()}
        self.life = Life.begun(quoted(*lines), wanted)
        self.lines = {number: Counted(number, quantity) for number, quantity in wanted.items()}
        self.confirmed = self.cancelled = False
        self.paid = 0

    @property
    def open_lines(self) -> list[Counted]:
        return [] if self.cancelled else [line for line in self.lines.values() if not line.ended]

    @rule()
    def confirm(self) -> None:
        if self.confirmed or not self.open_lines:
            with pytest.raises(OrderMoveNotAllowed):
                self.life.confirm()
        else:
            self.life.confirm()
            self.confirmed = True

    @rule()
    def cancel(self) -> None:
        if not self.open_lines or any(line.delivered for line in self.open_lines):
            with pytest.raises(OrderMoveNotAllowed):
                self.life.cancel()
        elif not any(line.returned for line in self.lines.values()):
            self.life.cancel()
            self.cancelled = True

    @rule(data=st.data(), days=st.integers(0, 20))
    def deliver(self, data: Any, days: int) -> None:
        line, quantity = data.draw(st.sampled_from(sorted(self.lines))), data.draw(st.integers(1, 13))
        counted = self.lines[line]
        self.life.wait(days)
        if counted.delivered + quantity > counted.ordered:
            with pytest.raises(OverDelivery):
                self.life.deliver(line, quantity)
        elif self.cancelled or not self.confirmed:
            with pytest.raises(OrderMoveNotAllowed):
                self.life.deliver(line, quantity)
        else:
            self.life.deliver(line, quantity)
            counted.delivered += quantity

    @rule(data=st.data())
    def accept(self, data: Any) -> None:
        line = data.draw(st.sampled_from(sorted(self.lines)))
        counted = self.lines[line]
        whole = counted.delivered == counted.ordered and not counted.accepted and not counted.ended
        if self.cancelled or not whole:
            with pytest.raises(OrderMoveNotAllowed):
                self.life.accept(line)
        else:
            self.life.accept(line)
            counted.accepted = True

    @rule(amount=st.integers(1, 60_000))
    def pay(self, amount: int) -> None:
        if not self.open_lines:
            with pytest.raises(OrderMoveNotAllowed):
                self.life.pay(amount)
        elif amount > self.life.order.owed_minor:
            with pytest.raises(Overpayment):
                self.life.pay(amount)
        else:
            self.life.pay(amount)
            self.paid += amount

    @rule(data=st.data())
    def send_back(self, data: Any) -> None:
        line, quantity = data.draw(st.sampled_from(sorted(self.lines))), data.draw(st.integers(1, 13))
        counted = self.lines[line]
        if quantity > counted.delivered - counted.returned:
            with pytest.raises(OverReturn):
                self.life.send_back(line, quantity)
        else:
            self.life.send_back(line, quantity)
            counted.returned += quantity

    @precondition(lambda self: not self.cancelled)
    @rule(data=st.data())
    def amend(self, data: Any) -> None:
        quote_line = data.draw(st.sampled_from(sorted(self.of)))
        quantity = data.draw(st.integers(0, 13))
        standing = next((one for one in self.open_lines if one.quote_line == quote_line), None)
        elsewhere = sum(one.ordered for one in self.lines.values() if one.quote_line == quote_line and one != standing)
        wanted = {quote_line: quantity}
        if standing is None and quantity == 0:
            with pytest.raises(NothingAmended):
                self.life.amend(wanted)
        elif standing is not None and quantity < standing.delivered:
            with pytest.raises(BelowDelivered):
                self.life.amend(wanted)
        elif standing is not None and quantity == standing.ordered:
            with pytest.raises(NothingAmended):
                self.life.amend(wanted)
        elif standing is not None and standing.accepted:
            with pytest.raises((OrderMoveNotAllowed, OverDraw)):
                self.life.amend(wanted)
        elif quantity + elsewhere > self.of[quote_line]:
            with pytest.raises(OverDraw):
                self.life.amend(wanted)
        elif quantity == 0 and all(one is standing or one.ordered == 0 for one in self.lines.values()):
            with pytest.raises(NothingLeft):
                self.life.amend(wanted)
        else:
            self.life.amend(wanted)
            if standing is None:
                number = max(self.lines) + 1
                self.lines[number] = Counted(quote_line, quantity)
                self.confirmed = self.life.order.state is not OrderState.PLACED
            else:
                standing.ordered = quantity

    @invariant()
    def the_order_is_what_the_model_counts(self) -> None:
        order = self.life.order
        found = {one.line: (one.quantity, one.delivered, one.returned) for one in order.lines}
        assert found == {number: (one.ordered, one.delivered, one.returned) for number, one in self.lines.items()}
        assert order.paid_minor == self.paid
        assert (order.state is OrderState.CANCELLED) == self.cancelled

    @invariant()
    def amounts_stay_inside_the_quote_and_costs_stay_frozen(self) -> None:
        quote, drawn = self.life.quote, drawn_by(self.life.order.lines)
        for line in quote.lines:
            taken = drawn.get(line.line)
            if taken is not None:
                assert 0 <= taken.net_minor <= line.net_minor
                assert taken.quantity < line.quantity or taken.net_minor == line.net_minor
        for one in self.life.order.lines:
            assert one.cost_minor == UNIT_COST * one.quantity
            assert [share.user_id for share in one.salespeople] == ["rep"]
            assert sum(applied.amount_minor for applied in one.rules) == (one.discount_minor if one.rules else 0)
            assert one.held or one.returned_net_minor == one.net_minor


TestOrderLives = OrderLives.TestCase
TestOrderLives.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
