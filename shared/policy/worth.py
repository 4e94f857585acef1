"""What one row of a benefit gives: a share of a base, a flat amount with so much for each, or a thing; rounded once."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from shared.money import Money, Rounding, minor_digits, rounded, share_of
from shared.policy.forms import Benefit
from shared.policy.ladder import Choices, Ladder
from shared.policy.notation import plain
from shared.policy.question import Place
from shared.policy.table import Row
from shared.trace import Evidence, Figures, Node, Outcome, Rule

Kind = Literal["cash", "points", "discount", "price", "gift"]


class State(StrEnum):
    """Only what `GIVES` is due; `PENDING` keeps a figure that may still become due."""

    GIVES = "gives"
    NOTHING = "nothing"
    ASKS = "asks"
    PENDING = "pending"
    NO_EVIDENCE = "no_evidence"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Gift:
    """What is given in kind: goods, a coupon or a service."""

    sku: str = ""
    quantity: int = 0
    coupon: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Award(Outcome):
    """What a benefit gives: of a price the unit price, of a discount what is taken off.

    `ask` names the route of a row without a figure; `request` the granted one whose terms took its place.
    """

    form: ClassVar[str] = "benefit"

    state: State
    kind: Kind
    amount: Money | None = None
    points: int | None = None
    gift: Gift | None = None
    ask: str = ""
    request: str = ""


class Reached(NamedTuple):
    """A row reached: by which value, and the money a rate is taken of, for a row that needs one."""

    row: int
    given: Evidence
    base: Money | None


class Worth(Protocol):
    """One row compiled."""

    @property
    def needs_base(self) -> bool: ...

    def give(self, reached: Reached) -> tuple[Award, Node]: ...


@dataclass(frozen=True, slots=True)
class Thing:
    """Goods, a coupon, a service, an approval to ask, or nothing: the same every time."""

    award: Award
    node: Node
    needs_base: ClassVar[bool] = False

    def give(self, reached: Reached) -> tuple[Award, Node]:
        return self.award, self.node


@dataclass(frozen=True, slots=True)
class Share:
    """A rate of the base."""

    rule: Rule
    kind: Kind
    rate: Decimal
    rounding: Rounding
    request: str = ""
    needs_base: ClassVar[bool] = True

    def give(self, reached: Reached) -> tuple[Award, Node]:
        base = reached.base
        if base is None:
            raise TypeError("a rate is taken of an amount of money")
        figures: Figures = {"base": base, "rate": self.rate}
        if self.kind == "points":
            points = rounded(base.decimal * self.rate, self.rounding)
            return Award(State.GIVES, "points", None, points), Node(self.rule, points, figures=figures)
        amount = Money(share_of(base.amount_minor, self.rate, self.rounding), base.currency)
        award = Award(State.GIVES, self.kind, amount, None, None, "", self.request)
        return award, Node(self.rule, amount, (), "", figures)


@dataclass(frozen=True, slots=True)
class Flat:
    """An amount, and so much for every unit above the row's lower edge; points where there is no currency."""

    rule: Rule
    kind: Kind
    currency: str | None
    rounding: Rounding
    amount: Decimal
    each: Decimal
    lower: Decimal
    needs_base: ClassVar[bool] = False

    def give(self, reached: Reached) -> tuple[Award, Node]:
        units = _figure(reached.given) - self.lower
        figures = {"units": units, "each": self.each, "amount": self.amount}
        return _awarded(self, self.amount + self.each * units, figures)


@dataclass(frozen=True, slots=True)
class Slices:
    """Marginal: each slice of the measure by its own row, added up and rounded once."""

    rule: Rule
    kind: Kind
    currency: str | None
    rounding: Rounding
    rows: tuple[Row, ...]
    rules: tuple[Rule, ...]
    needs_base: ClassVar[bool] = False

    def give(self, reached: Reached) -> tuple[Award, Node]:
        value, total, nodes = _figure(reached.given), Decimal(0), []
        reaching = slice(reached.row + 1)
        for row, rule in zip(self.rows[reaching], self.rules[reaching], strict=True):
            units = (value if row.to is None else min(value, row.to)) - (row.from_ or Decimal(0))
            share = (row.rate or row.each or Decimal(0)) * units + (row.amount or Decimal(0))
            total += share
            nodes.append(Node(rule, share, figures={"units": units}))
        currency = reached.given.value.currency if isinstance(reached.given.value, Money) else None
        award, node = _awarded(self, total, {"sum": total}, currency)
        return award, Node(node.rule, node.result, figures=node.figures, inside=tuple(nodes))


def _awarded(
    row: "Flat | Slices", total: Decimal, figures: Figures, measured_in: str | None = None
) -> tuple[Award, Node]:
    currency = row.currency or measured_in
    if currency is None or row.kind == "points":
        points = rounded(total, row.rounding)
        return Award(State.GIVES, row.kind, None, points), Node(row.rule, points, figures=figures)
    amount = Money(rounded(total.scaleb(minor_digits(currency)), row.rounding), currency)
    return Award(State.GIVES, row.kind, amount), Node(row.rule, amount, figures=figures)


def compile_worths(doc: Benefit, ladder: Ladder | Choices, place: Place) -> tuple[Worth, ...]:
    """What each row gives, by its index."""
    worths = tuple(_row_worth(doc, row, rule, place) for row, rule in zip(ladder.rows, ladder.rules, strict=True))
    if doc.table.mode != "marginal":
        return worths
    slices = tuple(
        _rule("slice", row, rule.rule, place, doc) for row, rule in zip(ladder.rows, ladder.rules, strict=True)
    )
    total = Rule("slices", "table", place.clause, written=_said_once(doc))
    sums = Slices(total, doc.outcome.kind, doc.outcome.currency, doc.outcome.rounding or "half_up", ladder.rows, slices)
    return tuple(sums if _is_figure(row) else worth for row, worth in zip(ladder.rows, worths, strict=True))


def negotiated(doc: Benefit, path: str, place: Place, rate: Decimal, request: str) -> Share:
    """The row of an approval: its granted rate in place of the figure that the table leaves open (C6)."""
    written = {"rate": f"{rate:f}", "request": request} | _said_once(doc)
    rule = Rule("granted", path, place.clause, written=written)
    return Share(rule, doc.outcome.kind, rate, doc.outcome.rounding or "half_up", request)


def _is_figure(row: Row) -> bool:
    """Below a row that asks or gives a thing, the slices under it don't count; `nothing` is a slice of zero."""
    return not (row.ask or row.goods or row.coupon or row.service)


def _row_worth(doc: Benefit, row: Row, reached: Rule, place: Place) -> Worth:
    kind, rounding = doc.outcome.kind, doc.outcome.rounding or "half_up"
    if row.rate is not None:
        return Share(_rule("rate", row, reached.rule, place, doc), kind, row.rate, rounding)
    if row.amount is not None or row.each is not None:
        rule = _rule("amount", row, reached.rule, place, doc)
        lower = row.from_ or Decimal(0)
        return Flat(rule, kind, doc.outcome.currency, rounding, row.amount or Decimal(0), row.each or Decimal(0), lower)
    return _thing(doc, row, reached.rule, place)


def _thing(doc: Benefit, row: Row, path: str, place: Place) -> Thing:
    kind = doc.outcome.kind
    if row.goods is not None:
        award = Award(State.GIVES, kind, gift=Gift(row.goods.sku, row.goods.quantity))
        return Thing(award, Node(_rule("goods", row, path, place, doc), row.goods.sku))
    if row.ask is not None:
        return Thing(Award(State.ASKS, kind, ask=row.ask), Node(_rule("ask", row, path, place, doc), row.ask))
    if row.coupon is not None or row.service is not None:
        award = Award(State.GIVES, kind, gift=Gift(coupon=row.coupon or "", service=row.service or ""))
        what = "coupon" if row.coupon else "service"
        return Thing(award, Node(_rule(what, row, path, place, doc), row.coupon or row.service))
    return Thing(Award(State.NOTHING, kind), Node(_rule("nothing", row, path, place, doc)))


def _rule(what: str, row: Row, path: str, place: Place, doc: Benefit) -> Rule:
    said: dict[str, Any] = plain(row)
    given = {name: value for name, value in said.items() if name not in ("title", "is", "sample")}
    return Rule(what, path, place.clause, written=given | _said_once(doc))


def _said_once(doc: Benefit) -> dict[str, Any]:
    said: dict[str, Any] = plain(doc.outcome)
    return said


def _figure(given: Evidence) -> Decimal:
    value = given.value
    if isinstance(value, Money):
        return value.decimal
    if isinstance(value, int | Decimal):
        return Decimal(value)
    raise TypeError(f"{value!r} has no slices")
