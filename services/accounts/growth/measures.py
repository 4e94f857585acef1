"""Which facts an objective may be bound to, and what is computed of them for one account."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.growth.domain import Aim, NotMeasurable, Objective
from services.accounts.ratings.facts import RatingFacts
from services.accounts.ratings.gathering import common_ground, what_is_known
from services.accounts.ratings.questions import Asked
from shared.calendar import day_start
from shared.errors import ValidationProblem
from shared.money import Money
from shared.policy.measure import Measure
from shared.policy.registry import load_registry
from shared.trace import Evidence, NoEvidence, Subject

# The bases of a fact are those for which this service keeps the events; none where it has no bases.
MEASURABLE: Final[Mapping[str, tuple[str | None, ...]]] = {
    "purchases": ("delivered", "paid"),
    "orders.count": ("placed",),
    "account.contacts_logged": (None,),
    "account.territory_share": (None,),
}
FIGURES: Final[Mapping[str, str]] = {"money": "An amount", "count": "A whole number", "ratio": "A share"}
PLAIN_FIGURE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


def check_aim(aim: Aim, *, at: str) -> None:
    """Raises NotMeasurable, its pointer under `at`, for a fact, basis or currency that answers nothing."""
    bases = MEASURABLE.get(aim.fact)
    if bases is None:
        allowed = ", ".join(MEASURABLE)
        raise NotMeasurable(f"{at}/measure/fact", {"en": f"One of {allowed}.", "zh": f"应为下列之一：{allowed}。"})
    if aim.basis not in bases:
        words = ", ".join(str(basis) for basis in bases if basis) or "none"
        raise NotMeasurable(f"{at}/measure/basis", {"en": f"One of: {words}.", "zh": f"应为：{words}。"})
    is_money = load_registry().fact(aim.fact).type == "money"
    if is_money is (aim.currency is None):
        raise NotMeasurable(
            f"{at}/measure/currency", {"en": "Money, and only money, has one.", "zh": "仅金额须填币种。"}
        )


def check_target(aim: Aim, target: str, *, at: str) -> None:
    """Raises NotMeasurable for a target that is no figure of the fact, or nothing at all."""
    if not is_target(aim, target):
        kind = load_registry().fact(aim.fact).type
        raise NotMeasurable(
            f"{at}/target", {"en": f"{FIGURES.get(kind, 'A figure')} above zero.", "zh": "应为大于零的数值。"}
        )


def is_target(aim: Aim, target: str) -> bool:
    kind = load_registry().fact(aim.fact).type
    if not PLAIN_FIGURE.fullmatch(target):
        return False
    try:
        figure = Money.parse(target, aim.currency).decimal if aim.currency else Decimal(target)
    except ValidationProblem:
        return False
    if figure <= 0:
        return False
    if kind == "count":
        return "." not in target
    return kind == "money" or figure <= 1


async def measured(
    session: AsyncSession, *, account_id: str, objectives: Iterable[Objective], as_of: date, zone: str
) -> dict[Objective, Evidence | NoEvidence]:
    """Each objective's figure over its own days, up to the day; a handful of statements for all of them."""
    asked = {one: (measure_of(one.aim), one.span) for one in objectives if one.aim is not None and one.span is not None}
    ground = await common_ground(session, asked=Asked("", tuple(asked.values())), as_of=as_of, zone=zone)
    known = await what_is_known(session, account_ids=[account_id], ground=ground)
    facts, subject = RatingFacts(known[account_id]), Subject("account", account_id)
    moment = day_start(as_of, zone)
    return {one: facts.value(measure, subject, span, moment) for one, (measure, span) in asked.items()}


def measure_of(aim: Aim) -> Measure:
    fields: dict[str, Any] = {"fact": aim.fact, "basis": aim.basis, "currency": aim.currency}
    return Measure(**fields)
