"""The facts an asking service sends along, read as their registry says; a wrong one is refused, not guessed."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.calendar import Duration
from shared.errors import FieldError, ValidationProblem
from shared.money import InvalidAmount, Money, UnknownCurrency
from shared.policy.evaluation import GivenFacts
from shared.policy.registry import Registry, UnknownFact
from shared.trace import Value

NOT_A_FACT = (UnknownFact, InvalidAmount, UnknownCurrency, InvalidOperation, ValueError, TypeError, KeyError)


def given_facts(inputs: Mapping[str, Any], registry: Registry) -> GivenFacts:
    """Facts by name from JSON values; raises ValidationProblem with a pointer for each that is not one."""
    read: dict[str, Value] = {}
    errors = []
    for name, value in inputs.items():
        try:
            read[name] = _READ[registry.fact(name).type](value)
        except (
            UnknownFact,
            InvalidAmount,
            UnknownCurrency,
            InvalidOperation,
            ValueError,
            TypeError,
            KeyError,
        ) as wrong:
            errors.append(FieldError(f"/inputs/{name}", "not_a_fact", {"en": str(wrong), "zh": "不是有效的事实值"}))
    if errors:
        raise ValidationProblem(errors=errors)
    return GivenFacts(read)


def _money(value: Any) -> Money:
    return Money.parse(value["amount"], value["currency"])


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise ValueError("a decimal as text")
    return Decimal(value)


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a whole number")
    return value


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


_READ: Mapping[str, Callable[[Any], Value]] = {
    "money": _money,
    "rate": _decimal,
    "count": _count,
    "date": date.fromisoformat,
    "duration": Duration.parse,
    "yes_no": _yes_no,
    "choice": _word,
    "text": _word,
}
