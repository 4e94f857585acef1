"""The books of some accounts as one unit of work: what is known, what their windows hold, and what comes out of it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.rewards.accrual.counting import Sight, Tally, contribution
from services.rewards.accrual.domain import Move, Working
from services.rewards.accrual.judging import Judge
from services.rewards.accrual.plans import Plan, Plans, calendar_period, month_of
from services.rewards.accrual.windows import Window, WindowKey
from services.rewards.facts.accounts import Account
from services.rewards.facts.contracts import Contract, Product, Rates
from services.rewards.facts.orders import Line, Order
from services.rewards.ledger.domain import Cause, Posting, State, expense_account
from shared.calendar import local_day
from shared.events.asks import ApprovalAskWithdrawn, ApprovalSought
from shared.events.catalogue import ExchangeRatePublished
from shared.events.envelope import Event
from shared.ids import new_id
from shared.money import ExchangeRate


class Told(NamedTuple):
    """One event at its place in the journal."""

    event: Event
    event_id: UUID
    position: int


class Booked(NamedTuple):
    """A posting, what its balances are after it, and how its amount came about."""

    posting: Posting
    source_after: int
    target_after: int
    working: Working | None = None


@dataclass
class Books:
    """`orders` holds whole accounts where an event needs them; `open_from` is the first month that is not closed."""

    judges: Mapping[str, Judge]
    rates: Rates
    products: dict[str, Product] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    windows: dict[WindowKey, Window] = field(default_factory=dict)
    open_from: str | None = None
    fresh_id: Callable[[], UUID] = new_id

    booked: list[Booked] = field(default_factory=list)
    asks: list[ApprovalSought | ApprovalAskWithdrawn] = field(default_factory=list)
    changed_windows: dict[WindowKey, Window] = field(default_factory=dict)
    changed_orders: dict[str, Order] = field(default_factory=dict)
    changed_accounts: dict[str, Account] = field(default_factory=dict)
    changed_contracts: dict[str, Contract] = field(default_factory=dict)
    changed_products: dict[str, Product] = field(default_factory=dict)
    changed_rates: list[ExchangeRate] = field(default_factory=list)
    disagreements: int = 0

    def __post_init__(self) -> None:
        self.plans = Plans(judge.plan for judge in self.judges.values())
        self._sights: dict[str, Sight] = {}
        self._orders_of: dict[str, dict[str, Order]] = {}
        for order in self.orders.values():
            self._orders_of.setdefault(order.account_id, {})[order.order_id] = order
        self._parts: dict[tuple[str, str], dict[str, Tally]] = {}

    def account(self, account_id: str) -> Account:
        """What is known of an account; one nobody told us about chose nothing and is on no list."""
        return self.accounts.get(account_id) or Account(account_id)

    def orders_of(self, account_id: str) -> list[Order]:
        return list(self._orders_of.get(account_id, {}).values())

    def orders_under(self, contract_id: str) -> tuple[Order, ...]:
        found = [order for order in self.orders.values() if order.contract_id == contract_id]
        return tuple(sorted(found, key=lambda order: (order.placed_at, order.order_id)))

    def windows_of(self, account_id: str) -> list[Window]:
        return [window for window in self.windows.values() if window.account_id == account_id]

    def plan_of(self, window: Window) -> Plan:
        return self.plans.version(window.key.policy_id, window.version)

    def judge(self, plan: Plan) -> Judge:
        return self.judges[plan.name]

    def sight(self, account_id: str) -> Sight:
        if account_id not in self._sights:
            self._sights[account_id] = Sight(self.account(account_id), self.rates, self._in_scope)
        return self._sights[account_id]

    def part(self, plan: Plan, order: Order | None) -> dict[str, Tally]:
        """What an order puts into the plan's windows, worked out once per state of the order."""
        if order is None:
            return {}
        key = (plan.name, order.order_id)
        if key not in self._parts:
            self._parts[key] = contribution(plan, order, self.sight(order.account_id))
        return self._parts[key]

    def keep_order(self, order: Order) -> None:
        self.orders[order.order_id] = self.changed_orders[order.order_id] = order
        self._orders_of.setdefault(order.account_id, {})[order.order_id] = order
        for plan in self.plans.counted:
            self._parts.pop((plan.name, order.order_id), None)

    def keep_account(self, account: Account) -> None:
        self.accounts[account.account_id] = self.changed_accounts[account.account_id] = account
        self.see_anew([account.account_id])

    def keep_contract(self, contract: Contract) -> None:
        self.contracts[contract.contract_id] = self.changed_contracts[contract.contract_id] = contract

    def keep_product(self, product: Product) -> None:
        self.products[product.sku] = self.changed_products[product.sku] = product

    def publish_rate(self, event: ExchangeRatePublished) -> None:
        """A rate more; everything converted so far may look different now."""
        row = ExchangeRate(event.base, event.quote, Decimal(event.rate), event.date, event.source)
        self.rates = self.rates.with_row(row)
        self.changed_rates.append(row)
        self.see_anew(list(self._sights))

    def accounts_trading_in(self, currencies: Collection[str]) -> list[str]:
        return sorted({order.account_id for order in self.orders.values() if order.currency in currencies})

    def see_anew(self, account_ids: Iterable[str]) -> None:
        """Forget what was worked out of accounts whose days or rates look different now."""
        for account_id in account_ids:
            self._sights.pop(account_id, None)
            for order in self.orders_of(account_id):
                for plan in self.plans.counted:
                    self._parts.pop((plan.name, order.order_id), None)

    def window(self, plan: Plan, key: WindowKey, *, account_id: str, day: date, position: int) -> Window:
        """The window's state, begun under this version where there is none yet."""
        if key not in self.windows:
            settles = plan.settles_in(key.window, day)
            self.windows[key] = Window(key, plan.version, account_id, settles, plan.pays_in, position)
        self.changed_windows[key] = self.windows[key]
        return self.windows[key]

    def post(self, window: Window, plan: Plan, move: Move, judgement: "Judgement") -> None:
        """Book one line: in its window's month, or where that is closed in the first month that is not."""
        window.posted = window.posted.after(move)
        booked = self._booking_month(window, plan, judgement.occurred_at)
        cause = judgement.cause
        if move.taken is not None:
            cause = cause._replace(order_id=move.taken.order_id, line=move.taken.line)
        posting = Posting(
            posting_id=self.fresh_id(),
            beneficiary=window.key.beneficiary,
            account_id=window.account_id or None,
            policy_id=plan.policy_id,
            version=plan.version,
            clauses=plan.benefit.row,
            window=window.key.window,
            period=booked,
            origin_period=window.period if booked != window.period else None,
            kind=move.kind,
            source=move.source,
            target=move.target,
            amount_minor=move.amount_minor,
            currency=window.currency,
            expense=expense_account(plan.policy_id, plan.benefit.outcome.books_to),
            cause=cause,
            position=judgement.position,
            occurred_at=judgement.occurred_at,
            row=judgement.row,
            measure_before=judgement.measure_before,
            measure_after=judgement.measure_after,
            journal_from=window.journal_from,
            digest=judgement.digest,
        )
        after = window.posted
        source_after = after.at(move.source) if move.source else 0
        self.booked.append(Booked(posting, source_after, after.at(move.target), move.working))

    def _booking_month(self, window: Window, plan: Plan, occurred_at: datetime) -> str:
        month = window.period
        if plan.at_once and calendar_period(window.key.window) is None:
            month = max(month, month_of(local_day(occurred_at, plan.zone)))
        return max(month, self.open_from or month)

    def _in_scope(self, plan: Plan, account: Account, day: date, line: Line) -> bool:
        held = self.judges[plan.name].admits(account, day, line)
        if not held and line.p4_discount:
            undiscounted = line._replace(p4_discount=False)
            self.disagreements += self.judges[plan.name].admits(account, day, undiscounted)
        return held


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why lines are posted: the event, where the journal stood, and the figures before and after."""

    cause: Cause
    position: int
    occurred_at: datetime
    row: int | None = None
    measure_before: int | None = None
    measure_after: int | None = None
    digest: bytes | None = None


def settled(judgement: Judgement) -> Judgement:
    """The judgement of a close: it measures nothing anew."""
    return replace(judgement, cause=Cause(), digest=None)


__all__ = ["Booked", "Books", "Judgement", "State", "Told", "settled"]
