"""How figures, days and words read in English and in Chinese, and the sentences they stand in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, ROUND_UP, Decimal, localcontext
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from ruamel.yaml import YAML

from shared.calendar import Duration
from shared.money import Money
from shared.policy.registry import load_registry
from shared.trace import Evidence, Gap, Node, NoEvidence, Text, Value

Language = Literal["en", "zh"]
DIGITS_OF_A_RATE: Final = 60
"""More than any ratio is kept with."""
_HERE = Path(__file__).parent


class MissingSentence(LookupError):
    """Something to be said has no words in the language."""


@cache
def sentences() -> Mapping[str, Mapping[str, Text]]:
    """The three parts of the file: sentences, signs of comparison and words, each by its code."""
    found: dict[str, dict[str, Text]] = _read("sentences.yaml")
    return found


@cache
def _sources() -> Mapping[str, Text]:
    found: dict[str, Text] = _read("sources.yaml")
    return found


def _read(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((_HERE / name).read_text(encoding="utf-8"))


def grouped(number: Decimal | int) -> str:
    """With thousands separators and every digit it has."""
    return f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"


def percent(rate: Decimal, digits: int | None = None) -> str:
    """25 %. With `digits` no more of them: cut and never rounded, so that what falls short does not seem to reach."""
    return f"{_hundredfold(rate, digits, ROUND_DOWN)} %"


def _hundredfold(rate: Decimal, digits: int | None, rounding: str) -> str:
    with localcontext(prec=DIGITS_OF_A_RATE, rounding=rounding):
        share = rate.scaleb(2)
        shown = share if digits is None else share.quantize(Decimal(1).scaleb(-digits))
        return f"{shown.normalize():,f}"


def digits_apart(rate: Decimal, limits: Iterable[Decimal]) -> int:
    """Two, or as many as it takes for the cut rate to differ from each limit that it differs from."""
    others = [limit for limit in limits if limit != rate]
    enough = (
        digits
        for digits in range(2, DIGITS_OF_A_RATE)
        if percent(rate, digits) not in [percent(limit, digits) for limit in others]
    )
    return next(enough, DIGITS_OF_A_RATE)


def is_share(node: Node) -> bool:
    """Whether the fact a node asked for is a share of one, which people read as a percentage."""
    fact = load_registry().facts.get(node.rule.asks[0].fact) if node.rule.asks else None
    return fact is not None and fact.type == "rate" and fact.min != 1


@dataclass(frozen=True, slots=True)
class Speech:
    """One language; `names` are what people call roles, routes, policies and groups, where the caller knows it."""

    language: Language
    names: Mapping[str, Text] = field(default_factory=dict)

    def say(self, code: str, /, **parts: object) -> str:
        """A sentence with its parts; `MissingSentence` where the file has none of that code."""
        return self._template("sentences", code).format(**parts)

    def word(self, code: object) -> str:
        """A word of ours; codes of documents are shown as they are."""
        known = sentences()["words"].get(str(code))
        return str(code) if known is None else known[self.language]

    def named(self, code: object) -> str:
        """What people call a role, route, policy or group; its code where nobody said."""
        found = self.names.get(str(code).partition("@")[0])
        return str(code) if found is None else found[self.language]

    def _template(self, part: str, code: str) -> str:
        try:
            return sentences()[part][code][self.language]
        except KeyError:
            raise MissingSentence(f"{part} {code} in {self.language}") from None

    def text(self, words: Text | None) -> str:
        return "" if words is None else words[self.language]

    def source(self, document: str) -> str:
        return self.text(_sources()[document]) if document in _sources() else document

    def value(self, value: Value | None) -> str:
        """352,000.00 CNY; 2021-03-10; yes; a code as it is."""
        match value:
            case bool():
                return self.word(str(value).lower())
            case Money():
                return f"{grouped(value.decimal)} {value.currency}"
            case Decimal() | int():
                return grouped(value)
            case Duration() if value.is_calendar and not value.in_months:
                return self.say("number_of_days", number=value.days)
            case date():
                return value.isoformat()
            case _:
                return "" if value is None else str(value)

    def given(self, node: Node) -> str:
        """The value a node asked for, a share of one as a percentage; nothing where there is no evidence."""
        given = node.inputs[0]
        value = given.value if isinstance(given, Evidence) else None
        if not isinstance(value, Decimal) or not is_share(node):
            return self.value(value)
        limits = [Decimal(limit) for _, limit in node.rule.compares if _is_number(limit)]
        return percent(value, digits_apart(value, limits))

    def limits(self, node: Node) -> str:
        """The comparisons as written, in the unit of what is compared."""
        given = node.inputs[0] if node.inputs else NoEvidence()
        value = given.value if isinstance(given, Evidence) else None
        shown = [
            self._template("signs", sign).format(limit=self._limit(limit, value, node))
            for sign, limit in node.rule.compares
        ]
        return ", ".join(shown) if self.language == "en" else "，".join(shown)

    def _limit(self, limit: str, value: Value | None, node: Node) -> str:
        if limit.startswith("["):
            return limit.strip("[]")
        if not _is_number(limit):
            return self.word(limit)
        if is_share(node):
            return percent(Decimal(limit))
        currency = value.currency if isinstance(value, Money) else (node.rule.written or {}).get("currency")
        return self.value(Money.parse(limit, currency)) if currency else grouped(Decimal(limit))

    def window(self, key: str) -> str:
        """The window asked for: a calendar period by its key, another span by its first and last day."""
        first, _, last = key.partition("/")
        if last:
            return self.say("in_span", first=first, last=last)
        return self.say("in_period", window=key) if key else ""

    def gap(self, gap: Gap | None, kind: str, *, share: bool = False) -> str:
        """How far off, as the end of a sentence; `kind` is `short` or `row`. A share's is in points, rounded up."""
        if gap is None:
            return ""
        way = "over" if gap.downwards and kind == "short" else kind
        _, _, row = gap.to.rpartition("[")
        following = int(row.rstrip("]")) + 1 if row.rstrip("]").isdigit() else ""
        code = f"gap.{way}_open" if gap.open else f"gap.{way}"
        shown = self._points(gap.amount) if share and isinstance(gap.amount, Decimal) else self.value(gap.amount)
        return self.say(code, gap=shown, next=following)

    def _points(self, share: Decimal) -> str:
        return self.say("percentage_points", number=_hundredfold(share, 2, ROUND_UP))


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
