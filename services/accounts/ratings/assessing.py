"""What may be assessed by hand: facts with no other source, in the words and figures the registry gives them."""

import re
from datetime import date
from decimal import Decimal
from typing import ClassVar, Final

from shared.errors import FieldError, ValidationProblem, Words
from shared.policy.registry import Fact, Registry

BY_HAND: Final = frozenset(
    {
        "account.credit",
        "account.business_sense",
        "account.brand_awareness",
        "account.willingness",
        "account.territory_share",
    }
)
_SHARE: Final = re.compile(r"[01](\.[0-9]{1,6})?")


class NotAssessable(ValidationProblem):
    code = "not_assessable"
    title: ClassVar[Words] = {"en": "This cannot be recorded as an assessment", "zh": "不能作为评估登记"}


def check_assessable(registry: Registry, name: str, value: str) -> None:
    """Raises NotAssessable with the field that is wrong: another fact, a word it does not know, a share beyond one."""
    if name not in BY_HAND:
        allowed = ", ".join(sorted(BY_HAND))
        one_of: Words = {"en": f"One of {allowed}.", "zh": f"应为下列之一：{allowed}。"}
        raise NotAssessable(errors=[FieldError("/fact", "not_by_hand", one_of)])
    fact = registry.fact(name)
    if not fits(fact, value):
        choices = ", ".join(fact.choices)
        expected: Words = {
            "en": f"{fact.en}: {choices or 'a share of one such as 0.25'}.",
            "zh": f"{fact.zh}：{choices or '小于等于1的比例，如0.25'}。",
        }
        raise NotAssessable(errors=[FieldError("/value", "not_of_this_fact", expected)])


def fits(fact: Fact, value: str) -> bool:
    """Whether a value is one of the fact's words, or a share between zero and one of at most six digits."""
    if fact.choices:
        return value in fact.choices
    return _SHARE.fullmatch(value) is not None and Decimal(value) <= 1


def check_dates(assessed_on: date, expires_on: date | None, *, today: date) -> None:
    """Raises NotAssessable for a judgement of a day to come, or one that expires before its day."""
    if assessed_on > today:
        ahead: Words = {"en": f"Today is {today}.", "zh": f"今天是{today}。"}
        raise NotAssessable(errors=[FieldError("/assessed_on", "in_the_future", ahead)])
    if expires_on is not None and expires_on < assessed_on:
        early: Words = {"en": "It expires before its own day.", "zh": "失效日早于评估日。"}
        raise NotAssessable(errors=[FieldError("/expires_on", "before_its_day", early)])
