"""A line that sells a telephone plan: its price is the designated rent of a month, its quantity the months (P3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from services.pricing.catalogue.domain import ListPrice
from services.pricing.quotes.domain import CannotBePriced
from services.pricing.quotes.material import Material
from services.pricing.rents.domain import Plan
from services.pricing.rents.renting import always, monthly_rent
from shared.errors import FieldError, Words
from shared.policy.evaluation import Case
from shared.policy.rulebook import NotGoverned, Rulebook
from shared.trace import Decision, Subject

SELLING = "quote.pricing"


class WantedGroup(NamedTuple):
    """A line as far as it may sell a plan; `seats` are the people of the group."""

    sku: str
    seats: int | None


class GroupSold(NamedTuple):
    """The line, counted from one, that sells a plan, and why its rent is what it is."""

    line: int
    plan: Plan
    seats: int
    decisions: tuple[Decision[Any], ...] = ()


@dataclass(frozen=True, slots=True)
class At:
    """By which rules, and when; the local day is counted in the zone."""

    rules: Rulebook
    now: datetime
    day: date
    zone: str


def group_wanted(lines: Sequence[WantedGroup], plans: Mapping[str, Plan]) -> GroupSold | None:
    """The plan a quote sells, if any; `plans` are by SKU. CannotBePriced where people and plan do not go together."""
    errors = list(_wrong(lines, plans))
    if errors:
        raise CannotBePriced(errors=errors)
    return next(
        (GroupSold(place, plans[line.sku], line.seats) for place, line in enumerate(lines, start=1) if line.seats), None
    )


def _wrong(lines: Sequence[WantedGroup], plans: Mapping[str, Plan]) -> Iterator[FieldError]:
    groups = 0
    for place, line in enumerate(lines):
        if line.sku in plans and line.seats is None:
            yield FieldError(f"/lines/{place}/seats", "missing", HOW_MANY)
        elif line.seats is not None and line.sku not in plans:
            yield FieldError(f"/lines/{place}/seats", "no_plan", NO_PLAN)
        groups += line.sku in plans
        if line.sku in plans and groups > 1:
            yield FieldError(f"/lines/{place}/sku", "one_group_a_quote", ONE_GROUP)


def rented(material: Material, group: GroupSold, price_list: str, at: At) -> tuple[Material, GroupSold]:
    """The rent of the group as the price, and the floor, of its line; the documents on groups are asked.

    Raises PolicyRefuses (too few people, not launched), NotGoverned.
    """
    subject = Subject("subscription", group.plan.name, Subject("account", str(material.account.id)))
    asked = at.rules.ask(
        SELLING, Case(always(group.plan, group.seats, at.zone), subject, at.now), subject="subscription"
    )
    rent = monthly_rent(at.rules, group.plan, group.seats, at.day, at.zone)
    amount = rent.outcome.amount
    if amount is None:
        raise NotGoverned(
            {"en": f"No rent of {group.plan.name} is in force.", "zh": f"{group.plan.name}没有生效的月租。"}
        )
    price = ListPrice(price_list, group.plan.sku, amount.currency, amount.amount_minor, amount.amount_minor, at.day)
    prices = {**material.prices, group.plan.sku: price}
    return replace(material, prices=prices), group._replace(decisions=(*asked, rent))


HOW_MANY: Words = {"en": "a plan is sold to a group: how many people?", "zh": "套餐按群组销售，请填写人数"}
NO_PLAN: Words = {"en": "only a plan has people", "zh": "仅套餐可填写人数"}
ONE_GROUP: Words = {"en": "a quote sells one plan; quote the other apart", "zh": "一份报价仅限一个套餐，请另行报价"}
