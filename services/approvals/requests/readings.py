"""Of what kind each term is, how it is written, and between which bounds the services that store it can keep it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from shared.calendar import FIRST_YEAR, LAST_YEAR, is_of_our_times
from shared.errors import Words
from shared.money import InvalidAmount, Money, UnknownCurrency

LARGEST_QUANTITY = 1_000_000
LONGEST_TEXT = 2000
_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,4})?")
_SHARE = re.compile(r"[01](\.[0-9]{1,6})?")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Kind(StrEnum):
    """What can be compared with what."""

    DAY = "day"
    COUNT = "count"
    RATE = "rate"
    MONEY = "money"
    TEXT = "text"


class NotATerm(ValueError):
    """The value is none of the term's kind; `wanted` says what is, in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.wanted: Words = {"en": en, "zh": zh}


@dataclass(frozen=True, slots=True)
class Reading:
    """A term's kind, its name, and how its value comes into canonical JSON; `read` raises NotATerm."""

    kind: Kind
    read: Callable[[object], object]
    zh: str = ""


def reading_of(term: str) -> Reading:
    """How a route's term is read; a term that no service counts with is a text."""
    return _READINGS.get(term, _PLAIN)


def name_in_chinese(term: str) -> str:
    return reading_of(term).zh or term


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise NotATerm("a text", "须为文本")
    if len(value) > LONGEST_TEXT or _UNSTORABLE.search(value):
        raise NotATerm(f"a plain text of at most {LONGEST_TEXT} characters", f"须为不超过{LONGEST_TEXT}字符的纯文本")
    return value.strip()


def _day(value: object) -> str:
    try:
        day = date.fromisoformat(_text(value))
    except ValueError as wrong:
        raise NotATerm('a day such as "2021-04-01"', "须为日期，如 2021-04-01") from wrong
    if not is_of_our_times(day):
        raise NotATerm(f"a day of the years {FIRST_YEAR} to {LAST_YEAR}", f"须在{FIRST_YEAR}年至{LAST_YEAR}年之间")
    return day.isoformat()


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_QUANTITY:
        raise NotATerm(f"a whole number from 0 to {LARGEST_QUANTITY}", f"须为0至{LARGEST_QUANTITY}的整数")
    return value


def _rate(value: object) -> str:
    written = value if isinstance(value, str) else ""
    if not _SHARE.fullmatch(written) or Decimal(written) > 1:
        raise NotATerm('a share of one as text, such as "0.30"', '须为0至1的比例文本，如"0.30"，至多六位小数')
    return written


def _money(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
        wanted = '{"amount": "880.00", "currency": "CNY"}'
        raise NotATerm(f"money such as {wanted}", f"须为金额，如 {wanted}")
    amount, currency = _text(value["amount"]), _text(value["currency"])
    if not _AMOUNT.fullmatch(amount):
        raise NotATerm('an amount such as "880.00", below ten thousand million', '须为低于一百亿的金额，如"880.00"')
    try:
        return Money.parse(amount, currency).to_json()
    except (InvalidAmount, UnknownCurrency) as wrong:
        said = wrong.detail or wrong.title
        raise NotATerm(said["en"], said["zh"]) from wrong


def _column(value: object) -> str:
    if value not in ("subsidy", "discount"):
        raise NotATerm("subsidy or discount", "须为 subsidy（补贴）或 discount（折扣）")
    return str(value)


_PLAIN = Reading(Kind.TEXT, _text)
_READINGS: Mapping[str, Reading] = {
    "price": Reading(Kind.MONEY, _money, "价格"),
    "amount": Reading(Kind.MONEY, _money, "金额"),
    "quantity_from": Reading(Kind.COUNT, _count, "数量下限"),
    "quantity_to": Reading(Kind.COUNT, _count, "数量上限"),
    "valid_until": Reading(Kind.DAY, _day, "有效期"),
    "from": Reading(Kind.DAY, _day, "开始日"),
    "until": Reading(Kind.DAY, _day, "结束日"),
    "rate": Reading(Kind.RATE, _rate, "比例"),
    "applies_to": Reading(Kind.TEXT, _column, "适用方式"),
}
