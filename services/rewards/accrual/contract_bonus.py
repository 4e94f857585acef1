"""Benefits of a signed contract (R2): tested at signature and again whenever something of it comes back."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from services.rewards.accrual.books import Books, Told
from services.rewards.accrual.counting import NOTHING, Tally
from services.rewards.accrual.domain import TakenBack
from services.rewards.accrual.judging import Measured
from services.rewards.accrual.measures import Known, brands_of, credited, value_of
from services.rewards.accrual.plans import Plan
from services.rewards.accrual.valuing import Clawbacks, post_worth
from services.rewards.accrual.windows import Window, WindowKey
from services.rewards.facts.contracts import Contract
from shared.events.orders import OrderReturned
from shared.money import Money, allocate
from shared.trace import Evidence


def re_test(books: Books, told: Told, contract: Contract) -> None:
    """The contract, then later ones of its salespeople with its brand: whose first it is may have changed."""
    _test(books, told, contract)
    for later in by_signature(books.contracts.values()):
        if _signed_before(contract, later) and _shares_people(contract, later) and _same_brand(books, contract, later):
            _test(books, told, later)


def by_signature(contracts: Iterable[Contract]) -> list[Contract]:
    return sorted(contracts, key=lambda one: (one.signed_on, one.contract_id))


def known_of(books: Books, plan: Plan, contract: Contract, user_id: str) -> Known:
    """What the facts of a contract look at, for one salesperson."""
    return Known(
        account=books.account(contract.account_id),
        contract=contract,
        orders=books.orders_under(contract.contract_id),
        products=books.products,
        salesperson=user_id,
        earned_before=_earned_before(books, plan, contract, user_id),
        moment=contract.signed_at,
    )


def _test(books: Books, told: Told, contract: Contract) -> None:
    parts = credited(contract)
    weights = _whole(parts)
    for plan in _plans(books, contract):
        for place, user_id in enumerate(sorted(parts)):
            window = _window(books, told, plan, contract, user_id)
            known = known_of(books, plan, contract, user_id)
            measured = Measured(window.key.window, NOTHING, window.journal_from, told.position)
            found = books.judge(plan).judge(measured, known)
            share = found.shared(allocate(found.total_minor, weights)[place])
            back = _came_back(books, told, contract)
            post_worth(books, told, window, tally=_tally(plan, known), found=share, clawbacks=back)


def _window(books: Books, told: Told, plan: Plan, contract: Contract, user_id: str) -> Window:
    return books.window(
        plan,
        WindowKey(plan.policy_id, f"salesperson:{user_id}", f"contract:{contract.contract_id}"),
        account_id=contract.account_id,
        day=contract.signed_on,
        position=told.position,
    )


def _came_back(books: Books, told: Told, contract: Contract) -> Clawbacks:
    """A return of the contract's goods leaves a record even where the bonus stays as it is (S-F3)."""
    event = told.event
    if isinstance(event, OrderReturned) and books.orders[event.order_id].contract_id == contract.contract_id:
        return [(TakenBack(event.order_id, line.line, 0, line.quantity), 0) for line in event.lines]
    return ()


def _plans(books: Books, contract: Contract) -> list[Plan]:
    """Of each policy the version its window was begun under, else the newest that covers the signature."""
    found: dict[str, Plan] = {}
    name = f"contract:{contract.contract_id}"
    for plan in books.plans.of_contracts:
        begun = [one for key, one in books.windows.items() if (key.policy_id, key.window) == (plan.policy_id, name)]
        if begun:
            found[plan.policy_id] = books.plan_of(begun[0])
        elif plan.valid.covers(contract.signed_on) and not plan.withdrawn:
            found.setdefault(plan.policy_id, plan)
    return list(found.values())


def _earned_before(books: Books, plan: Plan, contract: Contract, user_id: str) -> bool:
    return any(
        _signed_before(other, contract) and _same_brand(books, other, contract) and _earned(books, plan, other, user_id)
        for other in books.contracts.values()
    )


def _earned(books: Books, plan: Plan, contract: Contract, user_id: str) -> bool:
    key = WindowKey(plan.policy_id, f"salesperson:{user_id}", f"contract:{contract.contract_id}")
    return key in books.windows and books.windows[key].posted.total > 0


def _signed_before(one: Contract, other: Contract) -> bool:
    return (one.signed_on, one.contract_id) < (other.signed_on, other.contract_id)


def _shares_people(one: Contract, other: Contract) -> bool:
    return bool(credited(one).keys() & credited(other).keys())


def _same_brand(books: Books, one: Contract, other: Contract) -> bool:
    brands, others = brands_of(one, books.products), brands_of(other, books.products)
    return bool(brands and others and brands & others)


def _tally(plan: Plan, known: Known) -> Tally:
    given = value_of(known, plan.benefit.measure, None)
    if isinstance(given, Evidence) and isinstance(given.value, Money):
        return Tally(given.value.amount_minor, 1)
    return NOTHING


def _whole(parts: Mapping[str, Fraction]) -> list[int]:
    """Whole weights in the order of the salespeople's ids."""
    denominator = 1
    for part in parts.values():
        denominator *= part.denominator
    return [int(parts[user_id] * denominator) for user_id in sorted(parts)]
