"""Why a decision came out as it did, complete enough that a stranger recomputes it from the JSON alone."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from shared.calendar import Duration
from shared.canonical import canonical, plain, restored
from shared.money import Money
from shared.trace_wording import Wording, word

Value = Money | Decimal | Duration | date | bool | int | str
Text = Mapping[str, str]
"""A text for people, by language: `{"en": ..., "zh": ...}`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a decision is about, and what that belongs to: a line of an order of an account."""

    kind: str
    id: str
    of: "Subject | None" = None

    def chain(self) -> Iterator["Subject"]:
        """Itself and all it belongs to, upwards."""
        at: Subject | None = self
        while at is not None:
            yield at
            at = at.of

    def find(self, kind: str) -> "Subject | None":
        return next((one for one in self.chain() if one.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Events:
    """Where a value comes from: the ids of a few events."""

    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """Where a windowed value comes from: a stretch of the journal, its rows counted, added up and digested."""

    journal_from: int
    journal_to: int
    count: int
    sum: Money | Decimal | int
    digest: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A value with its unit (a currency, "count", "share of one" …) and what it was computed from."""

    value: Value
    unit: str = ""
    origin: Events | Journal | None = None


@dataclass(frozen=True, slots=True)
class NoEvidence:
    """Nothing is known: never zero, never a pass."""

    because: str = ""


@dataclass(frozen=True, slots=True)
class AskedFact:
    """A fact as a rule asks for it: its name and what people call it."""

    fact: str
    title: Text


@dataclass(frozen=True)
class Rule:
    """The unchanging half of a node: what it looks at, and the words and figures of the document there.

    `what` chooses the sentence of an explanation, `rule` is the path inside the document, `compares` are sign and
    limit of each comparison as written.
    """

    what: str
    rule: str
    clause: str = ""
    title: Text | None = None
    written: Mapping[str, Any] | None = None
    asks: tuple[AskedFact, ...] = ()
    compares: tuple[tuple[str, str], ...] = ()

    @cached_property
    def plain(self) -> dict[str, Any]:
        said = {name: getattr(self, name) for name in ("what", "rule", "clause", "title", "written")}
        compares = {"compares": [list(pair) for pair in self.compares]}
        return {name: value for name, value in (said | compares).items() if value}

    @cached_property
    def wording(self) -> Wording:
        return word(self.plain, ((asked.fact, asked.title) for asked in self.asks))


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a rule was not applied: a code, who or what stood against it, and what it would have given."""

    reason: str
    by: str = ""
    title: Text | None = None
    would_give: Money | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """The smallest change of the value that changes the outcome; where `open`, it must be more than that."""

    amount: Value
    to: str
    downwards: bool = False
    open: bool = False


Figures = Mapping[str, Value]


class Node(NamedTuple):
    """One thing that was looked at: its inputs, what came out, or why it did not count.

    `figures` are the numbers between inputs and result. A tuple, since an evaluation makes many of them and a frozen
    dataclass costs three times as much.
    """

    rule: Rule
    result: Value | None = None
    inputs: tuple[Evidence | NoEvidence, ...] = ()
    window: str = ""
    figures: Figures | None = None
    why_not: WhyNot | None = None
    gap: Gap | None = None
    inside: tuple["Node", ...] = ()

    @property
    def applied(self) -> bool:
        return self.why_not is None

    @property
    def evaluated(self) -> str:
        """The comparison with the value in its place: "81230.77 > 2000.00"."""
        value = shown(self.inputs[0]) if self.inputs else ""
        return " and ".join(f"{value} {sign} {limit}" for sign, limit in self.rule.compares)

    def to_plain(self) -> dict[str, Any]:
        rule, result, inputs, window, figures, why_not, gap, inside = self
        said = dict(rule.plain)
        said["applied"] = True if why_not is None else plain(why_not)
        if result is not None:
            said["result"] = plain(result)
        if inputs:
            said["inputs"] = [_input(asked, given) for asked, given in zip(rule.asks, inputs, strict=True)]
        if rule.compares:
            said["evaluated"] = self.evaluated
        if window:
            said["window"] = window
        if figures:
            said["figures"] = plain(figures)
        if gap is not None:
            said["gap"] = plain(gap)
        if inside:
            said["inside"] = [node.to_plain() for node in inside]
        return said

    @classmethod
    def read_plain(cls, said: Mapping[str, Any]) -> "Node":
        return cls(
            rule=_rule(said),
            result=restored(Value, said.get("result")),  # type: ignore[arg-type]
            inputs=tuple(_given(one) for one in said.get("inputs", ())),
            window=said.get("window", ""),
            figures=_figures(said["figures"]) if "figures" in said else None,
            why_not=None if said["applied"] is True else restored(WhyNot, said["applied"]),
            gap=restored(Gap, said["gap"]) if "gap" in said else None,
            inside=tuple(cls.read_plain(node) for node in said.get("inside", ())),
        )


def shown(given: Evidence | NoEvidence) -> str:
    """A value as a comparison shows it; money without its code, nothing known as "?"."""
    value = given.value if isinstance(given, Evidence) else "?"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _input(asked: AskedFact, given: Evidence | NoEvidence) -> dict[str, Any]:
    said: dict[str, Any] = {"fact": asked.fact, "title": asked.title}
    if isinstance(given, NoEvidence):
        return said | {"no_evidence": given.because}
    return said | plain(given)  # type: ignore[no-any-return]


def _given(said: Mapping[str, Any]) -> Evidence | NoEvidence:
    if "no_evidence" in said:
        return NoEvidence(said["no_evidence"])
    return restored(Evidence, {name: said[name] for name in ("value", "unit", "origin") if name in said})


def _figures(said: Mapping[str, Any]) -> Figures:
    return {name: restored(Value, value) for name, value in said.items()}  # type: ignore[arg-type]


def _rule(said: Mapping[str, Any]) -> Rule:
    asks = tuple(AskedFact(one["fact"], one["title"]) for one in said.get("inputs", ()))
    compares = tuple((sign, limit) for sign, limit in said.get("compares", ()))
    texts = {name: said[name] for name in ("clause", "title", "written") if name in said}
    return Rule(said["what"], said["rule"], asks=asks, compares=compares, **texts)


class Outcome:
    """What a form decides. Each form has its own class, under a name by which a stored decision is read back."""

    form: ClassVar[str] = ""
    known: ClassVar[dict[str, type["Outcome"]]] = {}
    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Outcome.known[cls.form] = cls


OutcomeT_co = TypeVar("OutcomeT_co", bound=Outcome, covariant=True)


class Decision(NamedTuple, Generic[OutcomeT_co]):
    """An outcome under one policy version (`id@version`), as of an instant, for a subject, with its whole trace."""

    outcome: OutcomeT_co
    policy: str
    as_of: datetime
    subject: Subject
    trace: Node

    def to_plain(self) -> dict[str, Any]:
        return {
            "outcome": plain_outcome(self.outcome),
            "policy": self.policy,
            "as_of": self.as_of.isoformat(),
            "subject": plain(self.subject),
            "trace": self.trace.to_plain(),
        }

    @classmethod
    def read_plain(cls, said: Mapping[str, Any]) -> "Decision[Any]":
        outcome = dict(said["outcome"])
        return cls(
            outcome=restored(Outcome.known[outcome.pop("form")], outcome),  # type: ignore[arg-type]
            policy=said["policy"],
            as_of=datetime.fromisoformat(said["as_of"]),
            subject=restored(Subject, said["subject"]),
            trace=Node.read_plain(said["trace"]),
        )


def plain_outcome(outcome: Outcome) -> dict[str, Any]:
    said: dict[str, Any] = plain(outcome)
    return {"form": outcome.form, **said}


def digest(traced: Decision[Any] | Node) -> str:
    """SHA-256 of the canonical JSON: equal decisions, equal digests, wherever they were evaluated."""
    return hashlib.sha256(canonical(traced)).hexdigest()
