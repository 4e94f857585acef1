"""Every event re-evaluates the windows it reaches: an order adds its change, anything else counts from scratch."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.rewards.accrual.asking import answer
from services.rewards.accrual.books import Books, Told
from services.rewards.accrual.clawback import clawbacks
from services.rewards.accrual.contract_bonus import by_signature, re_test
from services.rewards.accrual.counting import NOTHING, scratch
from services.rewards.accrual.plans import Plan, calendar_period
from services.rewards.accrual.reach import REACH, Reach
from services.rewards.accrual.valuing import Clawbacks, revalue
from services.rewards.accrual.windows import Window, WindowKey
from services.rewards.facts.accounts import Span
from services.rewards.facts.contracts import Product
from services.rewards.facts.fold import account_after, order_after, signed
from services.rewards.facts.orders import Order
from shared.calendar import local_day
from shared.events.accounts import AccountEvent
from shared.events.orders import OrderCancelled, OrderReturned


def take(books: Books, told: Told) -> None:
    """Fold one event into what is known and post what that changes."""
    RE_EVALUATE[REACH.get(type(told.event), Reach.NOTHING)](books, told)


def _order(books: Books, told: Told) -> None:
    event: Any = told.event
    before = books.orders.get(event.order_id)
    after = order_after(before, event)
    if after == before:
        return
    was = {plan.name: books.part(plan, before) for plan in books.plans.counted}
    books.keep_order(after)
    returned_from = before if isinstance(event, OrderReturned | OrderCancelled) else None
    for plan in books.plans.counted:
        now = books.part(plan, after)
        for name in sorted(was[plan.name].keys() | now.keys()):
            if was[plan.name].get(name) != now.get(name) and _claims(books, plan, name, after):
                window = _window(books, told, plan, name, after)
                tally = window.tally.minus(was[plan.name].get(name, NOTHING)).plus(now.get(name, NOTHING))
                back: Clawbacks = clawbacks(books, plan, window, returned_from, after) if returned_from else ()
                revalue(books, told, window, tally, back)
    if returned_from and after.contract_id in books.contracts:
        re_test(books, told, books.contracts[after.contract_id])


def _window(books: Books, told: Told, plan: Plan, name: str, order: Order) -> Window:
    moment = order.deliveries[0].at if order.deliveries else order.placed_at
    return books.window(
        plan,
        WindowKey(plan.policy_id, f"account:{order.account_id}", name),
        account_id=order.account_id,
        day=local_day(moment, plan.zone),
        position=told.position,
    )


def _claims(books: Books, plan: Plan, name: str, order: Order) -> bool:
    """A window keeps the version of its first evaluation; a new one takes the newest that counts anything in it."""
    known = books.windows.get(WindowKey(plan.policy_id, f"account:{order.account_id}", name))
    if known is not None:
        return known.version == plan.version
    return not plan.withdrawn and not any(name in books.part(newer, order) for newer in books.plans.newer(plan))


def re_evaluate_days(books: Books, told: Told, account_id: str, span: Span, policy_id: str | None = None) -> None:
    """From scratch: every window of the account that meets the days, of one policy or of all."""
    orders = sorted(books.orders_of(account_id), key=lambda order: (order.placed_at, order.order_id))
    for plan in books.plans.counted:
        if policy_id not in (None, plan.policy_id):
            continue
        totals = scratch(plan, orders, books.sight(account_id))
        begun = {one.key.window for one in books.windows_of(account_id) if one.key.policy_id == plan.policy_id}
        for name in sorted(totals.keys() | begun):
            holders = [order for order in orders if name in books.part(plan, order)]
            if _meets(name, span) and _held_by(books, plan, name, account_id, holders):
                window = books.windows.get(WindowKey(plan.policy_id, f"account:{account_id}", name))
                window = window or _window(books, told, plan, name, holders[0])
                revalue(books, told, window, totals.get(name, NOTHING))


def _held_by(books: Books, plan: Plan, name: str, account_id: str, holders: list[Order]) -> bool:
    known = books.windows.get(WindowKey(plan.policy_id, f"account:{account_id}", name))
    if known is not None:
        return known.version == plan.version
    return any(_claims(books, plan, name, order) for order in holders)


def _meets(name: str, span: Span) -> bool:
    days = calendar_period(name)
    return days is None or span.meets(days.first, days.until)


def _nothing(books: Books, told: Told) -> None:
    """Facts that no window reads are kept all the same."""
    event: Any = told.event
    if isinstance(event, AccountEvent):
        books.keep_account(account_after(books.account(event.account_id), event))


def _days(books: Books, told: Told) -> None:
    event: Any = told.event
    _nothing(books, told)
    re_evaluate_days(books, told, event.account_id, Span(event.valid_from, event.valid_until))


def _standing(books: Books, told: Told) -> None:
    event: Any = told.event
    _nothing(books, told)
    for window in books.windows_of(event.account_id):
        _again(books, told, window)


def _again(books: Books, told: Told, window: Window) -> None:
    """The same sum judged once more, because what stands around it changed."""
    contract = books.contracts.get(window.key.window.partition(":")[2])
    if books.plan_of(window).is_counted:
        revalue(books, told, window, window.tally)
    elif contract is not None:
        re_test(books, told, contract)


def _rate(books: Books, told: Told) -> None:
    event: Any = told.event
    books.publish_rate(event)
    for account_id in books.accounts_trading_in({event.base, event.quote}):
        re_evaluate_days(books, told, account_id, Span(event.date))


def _policy(books: Books, told: Told) -> None:
    """A version that came after the facts, or with a reason to look back, counts what is there already (S-D7)."""
    event: Any = told.event
    span = Span(event.valid_from, event.valid_until)
    if event.retroactive_reason:
        _move_to_version(books, event.policy_id, event.version, span)
    for account_id in sorted({order.account_id for order in books.orders.values()}):
        re_evaluate_days(books, told, account_id, span, event.policy_id)
    if any(plan.policy_id == event.policy_id for plan in books.plans.of_contracts):
        for contract in by_signature(books.contracts.values()):
            re_test(books, told, contract)


def _move_to_version(books: Books, policy_id: str, version: int, span: Span) -> None:
    for window in books.windows.values():
        if window.key.policy_id == policy_id and _meets(window.key.window, span):
            window.version = version


def _signed(books: Books, told: Told) -> None:
    event: Any = told.event
    contract = signed(event)
    if contract.contract_id not in books.contracts:
        books.keep_contract(contract)
        re_test(books, told, contract)


def _product(books: Books, told: Told) -> None:
    event: Any = told.event
    books.keep_product(Product(event.sku, event.brand, event.new_brand_from, event.new_brand_until))
    for contract in by_signature(books.contracts.values()):
        if any(line.sku == event.sku and line.new_brand for line in contract.lines):
            re_test(books, told, contract)


def _answered(books: Books, told: Told) -> None:
    window = answer(books, told)
    if window is not None:
        _again(books, told, window)


RE_EVALUATE: Final[Mapping[Reach, Callable[[Books, Told], None]]] = {
    Reach.NOTHING: _nothing,
    Reach.ORDER: _order,
    Reach.DAYS: _days,
    Reach.STANDING: _standing,
    Reach.CONTRACT: _signed,
    Reach.ANSWER: _answered,
    Reach.RATE: _rate,
    Reach.POLICY: _policy,
    Reach.PRODUCT: _product,
}
