"""Which price list is whose: by branch, channel and sales-policy class, as the table of price lists says (P1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self

from shared.errors import FieldError, NotFound, ValidationProblem, Words
from shared.policy.rulebook import Rulebook

TABLE = "price-lists"
FIELD = "/price_list"


class PriceListNotForAccount(ValidationProblem):
    code = "price_list_not_for_account"
    title: ClassVar[Words] = {"en": "The price list is not meant for this account", "zh": "该价目表不适用于此客户"}


class NoPriceListForAccount(ValidationProblem):
    code = "no_price_list_for_account"
    title: ClassVar[Words] = {"en": "No price list is meant for this account", "zh": "没有适用于此客户的价目表"}

    def __init__(self) -> None:
        super().__init__(errors=[FieldError(FIELD, self.code, self.title)])


class UnknownPriceList(NotFound):
    code = "unknown_price_list"
    title: ClassVar[Words] = {"en": "There is no such price list here", "zh": "没有该价目表"}


class Buyer(Protocol):
    @property
    def branch(self) -> str: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def sales_class(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Audience:
    """One row of the table: a list and whom it is for; what is left open does not limit."""

    price_list: str
    title: Words
    branch: str | None = None
    channel: str | None = None
    sales_class: str | None = None

    def holds(self, buyer: Buyer) -> bool:
        """What is not known of a buyer is not what a row asks for."""
        wanted = ((self.branch, buyer.branch), (self.channel, buyer.channel), (self.sales_class, buyer.sales_class))
        return all(asked is None or asked == known for asked, known in wanted)


@dataclass(frozen=True)
class PriceLists:
    """The rows in their order: the first that fits a buyer names his list."""

    rows: tuple[Audience, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        return cls(tuple(_audience(row) for row in rows))

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.price_list for row in self.rows))

    def list_for(self, buyer: Buyer) -> str:
        """Raises NoPriceListForAccount."""
        for row in self.rows:
            if row.holds(buyer):
                return row.price_list
        raise NoPriceListForAccount

    def check(self, name: str, buyer: Buyer) -> None:
        """A list that no row names is open to everybody who asks for it. Raises PriceListNotForAccount."""
        if name in self.names and not any(row.price_list == name and row.holds(buyer) for row in self.rows):
            said = _not_for(name, [row.price_list for row in self.rows if row.holds(buyer)])
            raise PriceListNotForAccount(said, errors=[FieldError(FIELD, PriceListNotForAccount.code, said)])

    def seen_by(self, branches: frozenset[str]) -> list[Audience]:
        """The rows of those who act for these branches."""
        return [row for row in self.rows if row.branch in (None, *branches)]

    def seen_in(self, name: str, branches: frozenset[str]) -> bool:
        """Whether somebody who acts for these branches sells by the list."""
        return name not in self.names or any(row.price_list == name for row in self.seen_by(branches))


def _audience(row: Mapping[str, Any]) -> Audience:
    title: Words = {"en": row["title"]["en"], "zh": row["title"]["zh"]}
    limits = (row.get(column) for column in ("branch", "channel", "sales_class"))
    return Audience(str(row["list"]), title, *(None if limit is None else str(limit) for limit in limits))


def _not_for(name: str, others: list[str]) -> Words:
    named = ", ".join(dict.fromkeys(others))
    en = f"; it buys by {named}" if named else ""
    zh = f"；可用{named}" if named else ""
    return {"en": f"{name} is not meant for this account{en}", "zh": f"{name}不适用于此客户{zh}"}


def price_lists_of(rules: Rulebook) -> PriceLists:
    """Nobody's in particular where no table of them is in force."""
    return PriceLists.of(rules.table(TABLE)) if TABLE in rules.plans.by_id else PriceLists()
