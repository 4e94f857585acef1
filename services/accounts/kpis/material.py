"""All that is known of one scope on a day, for one period: what the twelve facts are computed from; pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.accounts.targets.domain import PlannedKpi, Scope
from shared.calendar import Period
from shared.money import ExchangeRate, Money
from shared.policy.conditions import ConditionsPlan


@dataclass(frozen=True, slots=True)
class SoldOn:
    """What counts on one day in one currency."""

    day: date
    money: Money


@dataclass(frozen=True, slots=True)
class SalesPlan:
    """A sales target of the scope itself (`whose` is the scope) or of one of its people."""

    whose: Scope
    period: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Planned:
    """Cases or a budget that another KPI divides by."""

    kpi: PlannedKpi
    period: str
    figure: int | Money


@dataclass(frozen=True, slots=True)
class AccountLife:
    """One account: the spans `[from, until)` on the key-account list, and the days of orders that still stand."""

    account_id: str
    developed: bool
    listed: tuple[tuple[date, date], ...] = ()
    ordered_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that had to be answered: the local day it came, whether it was on time, None while that is open."""

    on: date
    on_time: bool | None


@dataclass(frozen=True, slots=True)
class Due:
    """Something planned for a day, and whether it was done by then."""

    on: date
    done: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What the account work tells of the scope's accounts; None where nothing of the kind is kept."""

    cases_won: tuple[date, ...] | None = None
    complaints_caused: tuple[date, ...] | None = None
    feedback: tuple[Asked, ...] | None = None
    questions: tuple[Asked, ...] | None = None
    return_visits: tuple[Due, ...] | None = None
    spent: tuple[SoldOn, ...] | None = None
    satisfaction: tuple[Decimal, ...] | None = None
    services_checked: tuple[Due, ...] | None = None


@dataclass(frozen=True, slots=True)
class ScopeMaterial:
    """Known on `known_on`; `lists` are the spans for which some list was agreed, `customers_before` had ordered before.

    `lost` and `new` say what a lost account and a new customer are; None where no document does.
    """

    scope: Scope
    span: Period
    known_on: date
    zone: str
    sales: tuple[SoldOn, ...] = ()
    sales_plans: tuple[SalesPlan, ...] = ()
    planned: tuple[Planned, ...] = ()
    rates: tuple[ExchangeRate, ...] = ()
    accounts: tuple[AccountLife, ...] = ()
    newcomers: tuple[AccountLife, ...] = ()
    customers_before: int = 0
    lists: tuple[tuple[date, date], ...] = ()
    completeness: Decimal | None = None
    work: Work = Work()
    lost: ConditionsPlan | None = None
    new: ConditionsPlan | None = None
