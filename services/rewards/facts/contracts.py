"""A signed contract with its frozen figures, and what the catalogue and the rate table say about them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from shared.money import ExchangeRate, NoExchangeRate, minor_digits, rate_on


class ContractLine(NamedTuple):
    """Amounts are of the whole line in minor units of the contract's currency."""

    line: int
    sku: str
    quantity: int
    net_minor: int
    cost_minor: int | None = None
    new_brand: bool = False
    salespeople: tuple[tuple[str, str], ...] = ()


class Contract(NamedTuple):
    """`rates` are those of the submission: later ones never move it."""

    contract_id: str
    account_id: str
    currency: str
    signed_on: date
    signed_at: datetime
    lines: tuple[ContractLine, ...]
    rates: tuple[tuple[str, str, str, date], ...] = ()


class Product(NamedTuple):
    sku: str
    brand: str
    new_brand_from: date | None = None
    new_brand_until: date | None = None


def submission_ratio(contract: Contract, currency: str) -> Fraction:
    """Minor units of `currency` for one minor unit of the contract's; raises NoExchangeRate."""
    rows = [ExchangeRate(base, quote, Decimal(rate), on, "submission") for base, quote, rate, on in contract.rates]
    return minor_ratio(rows, contract.currency, currency, contract.signed_on)


def minor_ratio(rates: list[ExchangeRate], held: str, wanted: str, day: date) -> Fraction:
    """How many minor units of `wanted` one of `held` is worth on a day, exactly; raises NoExchangeRate."""
    if held == wanted:
        return Fraction(1)
    row = rate_on(rates, held, wanted, day)
    ratio = Fraction(row.rate) if row.base == held else 1 / Fraction(row.rate)
    return ratio * Fraction(10 ** minor_digits(wanted), 10 ** minor_digits(held))


SAME: Final = Fraction(1)
"""The ratio of a currency to itself: nothing is converted."""


class Rates:
    """Published exchange rates by pair, each ratio worked out once."""

    def __init__(self, rows: Iterable[ExchangeRate]) -> None:
        self._rows = tuple(rows)
        self._by_pair: dict[frozenset[str], list[ExchangeRate]] = {}
        for row in self._rows:
            self._by_pair.setdefault(frozenset((row.base, row.quote)), []).append(row)
        self._known: dict[tuple[str, str, date], Fraction | None] = {}

    def with_row(self, row: ExchangeRate) -> "Rates":
        return Rates((*self._rows, row))

    def ratio(self, held: str, wanted: str, day: date) -> Fraction | None:
        """Minor units of `wanted` for one of `held` on the day; None where no rate is recorded on or before it."""
        if held == wanted:
            return SAME
        asked = (held, wanted, day)
        if asked not in self._known:
            self._known[asked] = self._ratio(held, wanted, day)
        return self._known[asked]

    def _ratio(self, held: str, wanted: str, day: date) -> Fraction | None:
        try:
            return minor_ratio(self._by_pair.get(frozenset((held, wanted)), []), held, wanted, day)
        except NoExchangeRate:
            return None


Products = Mapping[str, Product]
