"""A group's plan, the people it has on a day, and the months it pays for (P3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, NamedTuple, Self
from uuid import UUID

from shared.calendar import Period, add_months, period_of
from shared.errors import Conflict, FieldError, NotFound, ValidationProblem, Words


class UnknownSubscription(NotFound):
    code = "unknown_subscription"
    title: ClassVar[Words] = {"en": "There is no such subscription", "zh": "没有该订阅"}


class UnknownPlan(NotFound):
    code = "unknown_plan"
    title: ClassVar[Words] = {"en": "No plan has this name", "zh": "没有该套餐"}


class SubscriptionNotPossible(ValidationProblem):
    code = "subscription_not_possible"
    title: ClassVar[Words] = {"en": "The group cannot begin so", "zh": "无法按此开通群组"}


class ChangeNotPossible(ValidationProblem):
    code = "change_not_possible"
    title: ClassVar[Words] = {"en": "The head count cannot change so", "zh": "无法按此变更人数"}


class ChangeUnderWay(Conflict):
    code = "change_under_way"
    title: ClassVar[Words] = {"en": "Another change of this group waits for its approval", "zh": "该群组另有变更待审批"}


class AlreadySubscribed(Conflict):
    code = "already_subscribed"
    title: ClassVar[Words] = {
        "en": "A group already lives on this quote line or contract",
        "zh": "该报价行或合同已开通群组",
    }


class Plan(NamedTuple):
    """A plan as the table of plans has it on a day; people above `seats_top` are charged one by one."""

    name: str
    sku: str
    title: Words
    seats_from: int
    seats_top: int | None
    free_calls: str
    units_per_minute: int
    launched: bool
    public_promotions: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            name=str(row["plan"]),
            sku=str(row["sku"]),
            title={"en": row["title"]["en"], "zh": row["title"]["zh"]},
            seats_from=int(row["seats_from"]),
            seats_top=int(row["seats_top"]) if "seats_top" in row else None,
            free_calls=str(row["free_calls"]),
            units_per_minute=int(row["in_group_units_per_minute"]),
            launched=bool(row["launched"]),
            public_promotions=bool(row["public_promotions"]),
        )


class HeadCount(NamedTuple):
    """How many people the group has from a day on."""

    seats: int
    valid_from: date


class Sold(NamedTuple):
    """What a quote agreed: its line, the rent of all months together, and whether it is below the designated one."""

    quote_id: UUID
    quote_line: int
    net_minor: int
    at_plan_rent: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """A group of one account that lasts whole months, `[starts_on, ends_on)`; amounts in minor units."""

    id: UUID
    account_id: UUID
    branch: str
    plan: str
    sku: str
    currency: str
    starts_on: date
    ends_on: date
    counts: tuple[HeadCount, ...]
    sold: Sold
    contract_id: UUID | None = None
    next_month: date | None = None
    version: int = 1

    @property
    def months(self) -> int:
        return (self.ends_on.year - self.starts_on.year) * 12 + self.ends_on.month - self.starts_on.month

    def seats_on(self, day: date) -> int | None:
        """None before the group began and after it ended."""
        begun = [count for count in self.counts if count.valid_from <= day]
        return begun[-1].seats if begun and day < self.ends_on else None

    def month_due(self) -> Period | None:
        """The first month that has no invoice yet."""
        first = self.next_month or self.starts_on
        return period_of("month", first) if first < self.ends_on else None

    def is_as_sold(self, month: Period) -> bool:
        """Nobody joined or left before the month's end."""
        return all(count.valid_from <= self.starts_on or count.valid_from >= month.until for count in self.counts)

    def agreed_minor(self, month: Period) -> int:
        """The quoted rent of one month; the parts of all months sum to what was quoted."""
        whole, rest = divmod(self.sold.net_minor, self.months)
        place = (month.first.year - self.starts_on.year) * 12 + month.first.month - self.starts_on.month
        return whole + (1 if place < rest else 0)


def lasts(starts_on: date, months: int) -> date:
    """First day after the last month. Raises SubscriptionNotPossible where it does not begin with a month."""
    if starts_on.day != 1:
        words: Words = {"en": "a group begins with a month: name its first day", "zh": "群组自月初开始，请填写当月1日"}
        raise SubscriptionNotPossible(errors=[FieldError("/starts_on", "not_a_months_first_day", words)])
    return add_months(starts_on, months)


def counts_from(subscription: Subscription, declared_on: date) -> date:
    """From when a declared head count counts: months that have an invoice keep theirs. Raises ChangeNotPossible."""
    last = subscription.counts[-1].valid_from
    if not last < declared_on < subscription.ends_on:
        words: Words = {
            "en": f"after {last} and before {subscription.ends_on}",
            "zh": f"须晚于{last}且早于{subscription.ends_on}",
        }
        raise ChangeNotPossible(errors=[FieldError("/declared_on", "not_within_the_group", words)])
    return max(declared_on, subscription.next_month or declared_on)


def plans_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Plan]:
    """By SKU."""
    plans = (Plan.of(row) for row in rows)
    return {plan.sku: plan for plan in plans}
