"""What tables of the house offer besides its rules: promoted SKUs, sets, goods to give, budgets to give from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Self

from services.pricing.coupons.domain import Budget
from shared.money import Money
from shared.policy.forms import TableRow
from shared.policy.plan import Plans, TablePlan

PROMOTED, BUNDLES, BUDGETS, GOODS = "promotion-list", "bundles", "budgets", "goods-catalogue"


class Days(NamedTuple):
    """Local days `[first, until)`."""

    first: date
    until: date

    def hold(self, day: date) -> bool:
        return self.first <= day < self.until


@dataclass(frozen=True)
class Offers:
    """By SKU, the days it is in promotion; by name, how many pieces of each SKU make one bundle.

    Where a table is not in force nothing is known: that is None, not an empty list.
    """

    promoted: Mapping[str, tuple[Days, ...]] | None = None
    bundles: Mapping[str, Mapping[str, int]] | None = None
    in_bundles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    budgets: Mapping[str, tuple[Budget, ...]] = field(default_factory=dict)
    goods: Mapping[str, Money] = field(default_factory=dict)

    @classmethod
    def of(cls, plans: Plans) -> Self:
        promoted, bundles = _rows(plans, PROMOTED), _rows(plans, BUNDLES)
        made = None if bundles is None else _bundles(bundles)
        in_promotion = None if promoted is None else _promoted(promoted)
        budgets, goods = _rows(plans, BUDGETS) or (), _rows(plans, GOODS) or ()
        return cls(in_promotion, made, _holding(made or {}), _budgets(budgets), _goods(goods))

    def budget(self, name: str, day: date) -> Budget | None:
        """The budget of the day; none means that nothing may be given from it."""
        return next((one for one in self.budgets.get(name, ()) if one.first <= day < one.until), None)

    def is_promoted(self, sku: str, day: date) -> bool | None:
        if self.promoted is None:
            return None
        return any(days.hold(day) for days in self.promoted.get(sku, ()))

    def complete(self, pieces: Mapping[str, int]) -> int | None:
        """How many bundles stand whole in an order of these pieces by SKU."""
        if self.bundles is None:
            return None
        reached = {name for sku in pieces for name in self.in_bundles.get(sku, ())}
        return sum(_times(self.bundles[name], pieces) for name in reached)

    def is_in_complete(self, sku: str, pieces: Mapping[str, int]) -> bool | None:
        if self.bundles is None:
            return None
        return any(_times(self.bundles[name], pieces) for name in self.in_bundles.get(sku, ()))


NO_OFFERS = Offers()


def _rows(plans: Plans, table: str) -> tuple[TableRow, ...] | None:
    plan = plans.by_id.get(table)
    return plan.rows if isinstance(plan, TablePlan) else None


def _promoted(rows: Iterable[TableRow]) -> dict[str, tuple[Days, ...]]:
    found: dict[str, tuple[Days, ...]] = {}
    for row in rows:
        first, until = row["from"], row["until"]
        if isinstance(first, date) and isinstance(until, date):
            sku = str(row["sku"])
            found[sku] = (*found.get(sku, ()), Days(first, until))
    return found


def _bundles(rows: Iterable[TableRow]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(str(row["bundle"]), {})[str(row["sku"])] = int(str(row["pieces"]))
    return found


def _holding(bundles: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, pieces in bundles.items():
        for sku in pieces:
            found[sku] = (*found.get(sku, ()), name)
    return found


def _budgets(rows: Iterable[TableRow]) -> dict[str, tuple[Budget, ...]]:
    found: dict[str, tuple[Budget, ...]] = {}
    for row in rows:
        first, until, name = row["from"], row["until"], str(row["budget"])
        if isinstance(first, date) and isinstance(until, date):
            amount = Money.parse(f"{row['amount']:f}", str(row["currency"]))
            one = Budget(name, amount.currency, amount.amount_minor, first, until)
            found[name] = (*found.get(name, ()), one)
    return found


def _goods(rows: Iterable[TableRow]) -> dict[str, Money]:
    return {str(row["sku"]): Money.parse(f"{row['value']:f}", str(row["currency"])) for row in rows}


def _times(bundle: Mapping[str, int], pieces: Mapping[str, int]) -> int:
    return min(pieces.get(sku, 0) // needed for sku, needed in bundle.items())
