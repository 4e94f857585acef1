"""Money is whole minor units with an ISO 4217 code; it is rounded in one place and shared out without losing a unit."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal, Self

from shared.errors import Conflict, ValidationProblem, Words

Rounding = Literal["half_up", "down"]

_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.([0-9]+))?")
_CODES_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
        CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
        HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
        MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD
        RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
        USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_MINOR_DIGITS = {code: digits for digits, codes in _CODES_BY_DIGITS.items() for code in codes.split()}


class CurrencyMismatch(Conflict, ValueError):
    """Two amounts of different currencies were added, subtracted or compared."""

    code = "currency_mismatch"
    title: ClassVar[Words] = {"en": "Amounts of different currencies do not mix", "zh": "不同币种的金额不能混算"}


class UnknownCurrency(ValidationProblem, ValueError):
    """The code is not an ISO 4217 currency."""

    code = "unknown_currency"
    title: ClassVar[Words] = {"en": "No such currency", "zh": "没有此币种"}


class InvalidAmount(ValidationProblem, ValueError):
    """The text is no plain decimal amount of its currency."""

    code = "invalid_amount"
    title: ClassVar[Words] = {"en": "Not an amount of this currency", "zh": "不是该币种的有效金额"}


class NoExchangeRate(Conflict, LookupError):
    """No rate of the pair is recorded on or before the day."""

    code = "no_exchange_rate"
    title: ClassVar[Words] = {"en": "No exchange rate is recorded", "zh": "没有可用汇率"}

    def __init__(self, base: str, quote: str, day: date) -> None:
        pair = f"{base}/{quote}"
        super().__init__(
            {
                "en": f"no exchange rate {pair} on or before {day.isoformat()}",
                "zh": f"{day.isoformat()}当日及以前没有{pair}汇率",
            }
        )
        self.base, self.quote, self.day = base, quote, day


def minor_digits(currency: str) -> int:
    """Digits behind the point of a currency; `UnknownCurrency` when the code is not ISO 4217."""
    try:
        return _MINOR_DIGITS[currency]
    except KeyError:
        raise UnknownCurrency(
            {"en": f"{currency!r} is not an ISO 4217 code", "zh": f"{currency!r}不是ISO 4217币种代码"}
        ) from None


def is_currency(code: str) -> bool:
    return code in _MINOR_DIGITS


def rounded(value: Decimal | Fraction, mode: Rounding) -> int:
    """A whole number of minor units: `half_up` goes away from zero at the half, `down` goes towards zero."""
    return _divided(*value.as_integer_ratio(), mode)


def share_of(amount_minor: int, rate: Decimal, mode: Rounding) -> int:
    """`rate` of an amount in minor units, exact until its one rounding."""
    numerator, denominator = rate.as_integer_ratio()
    return _divided(amount_minor * numerator, denominator, mode)


def allocate(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Shares by largest remainder, ties to the first; they always sum to the total.

    A negative total is the mirror of the positive one. Where every weight is zero the first takes all.
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights must be zero or more, and at least one")
    whole = sum(weights)
    if whole == 0:
        return [total_minor, *[0] * (len(weights) - 1)]
    sign = -1 if total_minor < 0 else 1
    cut = [divmod(abs(total_minor) * weight, whole) for weight in weights]
    shares = [share for share, _ in cut]
    by_remainder = sorted(range(len(cut)), key=lambda index: -cut[index][1])
    for index in by_remainder[: abs(total_minor) - sum(shares)]:
        shares[index] += 1
    return [sign * share for share in shares]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency; arithmetic and comparison stay inside the currency."""

    amount_minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """From a plain decimal such as "2000.00"; refuses exponents, floats and more digits than the currency has."""
        digits = minor_digits(currency)
        found = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise InvalidAmount({"en": f"{text!r} is no decimal amount", "zh": f"{text!r}不是十进制金额"})
        if len(found[1] or "") > digits:
            raise InvalidAmount(
                {
                    "en": f"{text} has more digits than {currency} has ({digits})",
                    "zh": f"{text}的小数位数超过{currency}允许的{digits}位",
                }
            )
        return cls(int(Decimal(text).scaleb(digits)), currency)

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.amount_minor).scaleb(-minor_digits(self.currency))

    def to_json(self) -> dict[str, str]:
        return {"amount": str(self), "currency": self.currency}

    def __str__(self) -> str:
        digits = minor_digits(self.currency)
        if not digits:
            return str(self.amount_minor)
        whole, rest = divmod(abs(self.amount_minor), 10**digits)
        return f"{'-' if self.amount_minor < 0 else ''}{whole}.{rest:0{digits}}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount_minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount_minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount_minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount_minor >= self._same(other)

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                {
                    "en": f"{self.currency} and {other.currency} do not mix",
                    "zh": f"{self.currency}与{other.currency}不能混算",
                }
            )
        return other.amount_minor


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """From its day on, one unit of `base` is `rate` units of `quote`; no inverse is ever stored."""

    base: str
    quote: str
    rate: Decimal
    on: date
    source: str


def rate_on(rates: Iterable[ExchangeRate], base: str, quote: str, day: date) -> ExchangeRate:
    """The newest row of the pair, in either direction, on or before the day; else `NoExchangeRate`."""
    pair = {base, quote}
    known = [row for row in rates if {row.base, row.quote} == pair and row.on <= day]
    if not known:
        raise NoExchangeRate(base, quote, day)
    return max(known, key=lambda row: row.on)


def convert(money: Money, to: str, rate: ExchangeRate) -> Money:
    """In another currency at a given rate, rounded half up once; against the rate's direction it divides exactly."""
    if money.currency == to:
        return money
    if {money.currency, to} != {rate.base, rate.quote}:
        raise CurrencyMismatch(
            {
                "en": f"the rate {rate.base}/{rate.quote} does not lead from {money.currency} to {to}",
                "zh": f"汇率{rate.base}/{rate.quote}不能将{money.currency}换算为{to}",
            }
        )
    numerator, denominator = rate.rate.as_integer_ratio()
    if money.currency == rate.quote:
        numerator, denominator = denominator, numerator
    up, down = 10 ** minor_digits(to), 10 ** minor_digits(money.currency)
    return Money(_divided(money.amount_minor * numerator * up, denominator * down, "half_up"), to)


def _divided(numerator: int, denominator: int, mode: Rounding) -> int:
    quotient, rest = divmod(abs(numerator), denominator)
    if mode == "half_up" and 2 * rest >= denominator:
        quotient += 1
    return -quotient if numerator < 0 else quotient
