"""How a policy's conditions and measures read in one language, as the lines of a printed page."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from shared.policy.condition import AllOf, AnyOf, AtLeastOf, Condition, FactTest, PolicyTest, parts
from shared.policy.measure import AnchoredWindow, Measure, RollingWindow
from shared.policy.registry import load_registry
from shared.policy.speech import Language, Speech, grouped
from shared.trace import Text


@cache
def _book_words() -> Mapping[str, Text]:
    words: dict[str, Text] = YAML(typ="safe", pure=True).load(
        Path(__file__).with_name("book.yaml").read_text(encoding="utf-8")
    )
    return words


class Phrasing:
    """One language; `names` are what people call documents, roles and duties."""

    def __init__(self, language: Language, names: Mapping[str, Text]) -> None:
        self.language, self.speech = language, Speech(language, names)
        self.facts = load_registry().facts

    def word(self, code: str, /, **said: object) -> str:
        return _book_words()[code][self.language].format(**said)

    def code(self, word: str) -> str:
        """What a word of the language is called; a name of ours as it is."""
        known = _book_words().get(f"code.{word}")
        return word if known is None else known[self.language]

    def under(self, code: str, condition: Condition | None) -> Iterator[str]:
        if condition is not None:
            yield self.word(code)
            yield ""
            yield from self.condition(condition, 0)
            yield ""

    def condition(self, node: Condition, depth: int) -> Iterator[str]:
        said = self._said(node)
        yield (
            "  " * depth
            + "- "
            + (self.word("named", title=node.title[self.language], said=said) if node.title else said)
        )
        for part in parts(node):
            yield from self.condition(part, depth + 1)
        if node.when is not None:
            yield "  " * (depth + 1) + f"- {self.word('when')}"
            yield from self.condition(node.when, depth + 2)

    def _said(self, node: Condition) -> str:
        match node:
            case FactTest():
                limits = ", ".join(self.word(one.word, value=self.value(one.value)) for one in node.comparisons)
                return self.word("compare", measure=self.measure(node), limits=limits)
            case PolicyTest():
                answer = self.speech.word(node.is_)
                return self.word("policy", policy=self.speech.named(node.policy), answer=answer)
            case AllOf():
                return self.word("all")
            case AnyOf():
                return self.word("any")
            case AtLeastOf():
                return self.word("at_least_of", needed=node.at_least)

    def measure(self, measure: Measure) -> str:
        """The fact by its meaning, with what narrows it: purchases (paid, month, CNY, without returns)."""
        fact = self.facts.get(measure.fact)
        meaning = fact.meaning[self.language] if fact else measure.fact
        narrowed = [
            self.code(measure.basis or ""),
            self._window(measure),
            measure.currency or "",
            self.word("per", subject=self.code(measure.per)) if measure.per else "",
            self.word("without", left=", ".join(map(self.code, measure.without))) if measure.without else "",
        ]
        inner = ", ".join(part for part in narrowed if part)
        return f"{meaning} ({inner})" if inner else meaning

    def _window(self, measure: Measure) -> str:
        match measure.window:
            case RollingWindow(last=span):
                return self.word("window.last", span=span)
            case AnchoredWindow(from_=anchor, for_=span):
                fact = self.facts.get(anchor)
                return self.word("window.from", span=span, fact=fact.meaning[self.language] if fact else anchor)
            case word:
                return self.code(word or "")

    def value(self, value: object) -> str:
        match value:
            case bool():
                return self.speech.word(str(value).lower())
            case Decimal() | int():
                return grouped(value)
            case date():
                return value.isoformat()
            case tuple():
                return ", ".join(map(self.value, value))
            case _:
                return "" if value is None else str(value)
