"""What may be shown for a programme: its facts in the registry's words and figures, dated, with what shows them."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Final

from services.accounts.support.facts import EQUIPMENT, FUNCTIONS
from shared.errors import FieldError, ValidationProblem, Words
from shared.money import Money
from shared.policy.registry import Fact, load_registry

SHOWN_BY_HAND: Final = {
    fact.name: fact
    for fact in load_registry().computed_by("accounts")
    if fact.subject == ("programme",) and FUNCTIONS.get(fact.name)
}
MOST = 1_000_000


class NotEvidence(ValidationProblem):
    code = "not_evidence"
    title: ClassVar[Words] = {"en": "This cannot be recorded as evidence", "zh": "不能作为依据登记"}

    def __init__(self, pointer: str, code: str, detail: Words) -> None:
        super().__init__(errors=[FieldError(pointer, code, detail)])


def check_evidence(
    fact: str, value: str, *, item: str | None, currency: str | None, checklist: Collection[str]
) -> None:
    """Raises NotEvidence at the field that is wrong."""
    known = SHOWN_BY_HAND.get(fact)
    if known is None:
        allowed = ", ".join(sorted(SHOWN_BY_HAND))
        raise NotEvidence(
            "/fact", "not_shown_by_hand", {"en": f"One of {allowed}.", "zh": f"应为下列之一：{allowed}。"}
        )
    if (item in checklist) is not (fact == EQUIPMENT):
        listed = ", ".join(checklist)
        raise NotEvidence(
            "/item",
            "not_on_the_checklist",
            {
                "en": f"Equipment is one of {listed}; nothing else has an item.",
                "zh": f"设备应为{listed}之一；其他不填。",
            },
        )
    if (currency is None) is (known.type == "money"):
        raise NotEvidence(
            "/currency", "currency_of_money", {"en": "Money, and only money, has one.", "zh": "仅金额须填币种。"}
        )
    if not fits(known, value, currency):
        raise NotEvidence("/value", "not_of_this_fact", {"en": expected(known), "zh": f"{known.zh}：取值不符。"})


def expected(fact: Fact) -> str:
    words = {
        "yes_no": "true or false",
        "rate": "a share of one such as 0.60",
        "money": "an amount above zero",
        "choice": ", ".join(fact.choices),
    }
    return f"{fact.en}: {words.get(fact.type, 'a whole number')}."


def fits(fact: Fact, value: str, currency: str | None) -> bool:
    """Whether a value is one of the fact's words or figures."""
    match fact.type:
        case "yes_no":
            return value in ("true", "false")
        case "choice":
            return value in fact.choices
        case "count":
            return value.isascii() and value.isdecimal() and len(value) < 8 and int(value) <= MOST
        case "money":
            return _is_money(value, currency or "")
        case _:
            return _is_share(value)


def _is_money(value: str, currency: str) -> bool:
    try:
        return Money.parse(value, currency).amount_minor > 0
    except ValidationProblem:
        return False


def _is_share(value: str) -> bool:
    try:
        share = Decimal(value)
    except InvalidOperation:
        return False
    return share.is_finite() and 0 <= share <= 1


def check_seen(seen_on: date, *, today: date) -> None:
    """Nobody has seen anything on a day to come."""
    if seen_on > today:
        raise NotEvidence("/seen_on", "day_in_the_future", {"en": "a day up to today", "zh": "不得晚于今天"})
