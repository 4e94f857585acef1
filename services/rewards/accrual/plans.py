"""A published benefit made ready: what it measures, whom it serves, where it settles; read once per version."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from shared.calendar import Period, PeriodKind, local_day, period, period_of
from shared.policy.forms import Benefit
from shared.policy.notation import Validity

COUNTED: Final = frozenset(("purchases", "order.net_amount", "delivery.amount", "orders.count"))
"""Facts that add up over an account's orders, so that an event changes them by what its order puts in."""
OF_CONTRACTS: Final = frozenset(("contract.new_brand_amount",))
_CALENDAR: Final = frozenset(("month", "quarter", "half_year", "year"))


@dataclass(frozen=True)
class Plan:
    """One version of one benefit; a withdrawn one keeps the windows it began and begins no more."""

    benefit: Benefit
    version: int
    withdrawn: bool = False

    @property
    def policy_id(self) -> str:
        return self.benefit.id

    @cached_property
    def name(self) -> str:
        return f"{self.benefit.id}@{self.version}"

    @cached_property
    def valid(self) -> Validity:
        return self.benefit.valid

    @cached_property
    def zone(self) -> str:
        return self.benefit.zone

    @cached_property
    def basis(self) -> str:
        return self.benefit.measure.basis or "delivered"

    @cached_property
    def per(self) -> str:
        return self.benefit.measure.per or "account"

    @cached_property
    def currency(self) -> str | None:
        """Of the measure; none where it counts."""
        return self.benefit.measure.currency

    @cached_property
    def pays_in(self) -> str:
        """Currency of what it gives: its own, else the measure's."""
        return self.benefit.outcome.currency or self.benefit.measure.currency or ""

    @cached_property
    def window_kind(self) -> PeriodKind | None:
        window = self.benefit.measure.window
        return window if isinstance(window, str) and window in _CALENDAR else None  # type: ignore[return-value]

    @cached_property
    def less_returns(self) -> bool:
        return "returns" in self.benefit.measure.without

    @cached_property
    def less_discounts(self) -> bool:
        return "discounts" in self.benefit.measure.without

    @cached_property
    def less_gifts(self) -> bool:
        return "gifts" in self.benefit.measure.without

    @cached_property
    def counts_orders(self) -> bool:
        return self.benefit.measure.fact == "orders.count"

    @cached_property
    def is_counted(self) -> bool:
        """Adds up over an account's orders, inside a calendar window or for one order or delivery."""
        measure = self.benefit.measure
        own = measure.window is None and self.per in ("order", "delivery")
        return measure.fact in COUNTED and self.benefit.beneficiary == "account" and (own or bool(self.window_kind))

    @cached_property
    def is_of_contracts(self) -> bool:
        return self.benefit.measure.fact in OF_CONTRACTS and self.per == "contract"

    @cached_property
    def at_once(self) -> bool:
        return self.benefit.timing is not None and self.benefit.timing.settle == "at_once"

    @cached_property
    def confirmed_by(self) -> str | None:
        """The route that must grant it before it is payable."""
        return self.benefit.timing.confirm if self.benefit.timing else None

    @cached_property
    def judged_at_end(self) -> bool:
        return self.benefit.timing is not None and self.benefit.timing.accrue == "window_end"

    def settles_in(self, window: str, day: date) -> str:
        """The month whose close settles a window; for one that is no period, the month of `day`."""
        whole = calendar_period(window)
        last = whole.last if whole else day
        if self.benefit.timing and self.benefit.timing.settle == "quarter_end":
            last = period_of("quarter", last).last
        return period_of("month", last).key


def calendar_period(window: str) -> Period | None:
    """The days of a calendar window; None for "order:…", "delivery:…", "contract:…"."""
    return None if ":" in window else period(window)


class Plans:
    """The benefits in force, newest version first; of several that cover a day the newest one counts."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        self._by_policy: dict[str, list[Plan]] = {}
        for plan in sorted(plans, key=lambda one: -one.version):
            self._by_policy.setdefault(plan.policy_id, []).append(plan)

    @cached_property
    def counted(self) -> Sequence[Plan]:
        return [plan for plan in self if plan.is_counted]

    @cached_property
    def of_contracts(self) -> Sequence[Plan]:
        return [plan for plan in self if plan.is_of_contracts]

    def __iter__(self) -> Iterator[Plan]:
        return (plan for versions in self._by_policy.values() for plan in versions)

    def version(self, policy_id: str, version: int) -> Plan:
        return next(plan for plan in self._by_policy[policy_id] if plan.version == version)

    def newer(self, plan: Plan) -> Sequence[Plan]:
        return [one for one in self._by_policy[plan.policy_id] if one.version > plan.version]


def month_of(moment_day: date) -> str:
    return period_of("month", moment_day).key


__all__ = ["COUNTED", "OF_CONTRACTS", "Plan", "Plans", "calendar_period", "local_day", "month_of"]
