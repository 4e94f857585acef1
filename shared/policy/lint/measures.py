"""Facts, measures and conditions: known, reachable, computed where they are asked, and compared with what fits them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product

from shared.money import is_currency, minor_digits
from shared.policy.condition import ORDERED, AtLeastOf, Comparison, Condition, FactTest, PolicyTest, walk_paths
from shared.policy.findings import Finding, finding
from shared.policy.forms import Conditions, Scorecard
from shared.policy.lint.library import Library
from shared.policy.measure import AnchoredWindow, Measure, window_kind
from shared.policy.notation import Scalar, is_duration, is_number, minor_places
from shared.policy.registry import Fact

_NUMBERS = ("money", "rate", "count")
_HAS_ORDER = (*_NUMBERS, "date", "duration")


@dataclass(frozen=True)
class Asker:
    """Who asks the facts: the document, what it can reach, and in which services it is evaluated."""

    policy: str
    subject: str
    reach: frozenset[str]
    services: frozenset[str]
    library: Library


def check_measure(asker: Asker, measure: Measure, path: str, *, needs_currency: bool = True) -> Iterator[Finding]:
    """Everything about one measure; `needs_currency` is off where money is only compared with zero."""
    fact = asker.library.registry.facts.get(measure.fact)
    if fact is None:
        yield finding("fact_unknown", asker.policy, f"{path}.fact", fact=measure.fact)
        return
    yield from _asked_rightly(asker, fact, f"{path}.fact")
    yield from _windowed_rightly(asker, fact, measure, path)
    yield from _currency(asker.policy, fact, measure.currency, path, needs_currency)
    if measure.per is not None and measure.per not in asker.library.registry.subjects:
        yield finding("subject_unknown", asker.policy, f"{path}.per", subject=measure.per)


def check_condition(asker: Asker, node: Condition | None, path: str) -> Iterator[Finding]:
    """A whole condition, and where it leans on another document, whether that can be evaluated here too."""
    for where, part in walk_paths(node, path):
        yield from _name(asker.policy, part, where)
        match part:
            case FactTest():
                yield from _fact_test(asker, part, where)
            case PolicyTest():
                yield from _policy_test(asker, part, where)
            case AtLeastOf(at_least=needed, of=parts) if needed > len(parts):
                yield finding("quorum_impossible", asker.policy, f"{where}.at_least", needed=needed, count=len(parts))


def too_many_digits(policy: str, path: str, value: Decimal | None, currency: str | None) -> Iterator[Finding]:
    """A figure finer than its currency; an unknown currency is found elsewhere."""
    if value is None or currency is None or not is_currency(currency):
        return
    if minor_places(value) > minor_digits(currency):
        yield finding("too_many_digits", policy, path, value=value, currency=currency)


def _asked_rightly(asker: Asker, fact: Fact, path: str) -> Iterator[Finding]:
    if asker.reach and not asker.reach & set(fact.subject):
        owners = ", ".join(fact.subject)
        yield finding("fact_not_reachable", asker.policy, path, fact=fact.name, owners=owners, subject=asker.subject)
    if lacking := asker.services - set(fact.services):
        services = ", ".join(sorted(lacking))
        yield finding("fact_not_computed", asker.policy, path, fact=fact.name, services=services)
    for policy in fact.reads:
        if policy not in asker.library.documents:
            yield finding("fact_source_missing", asker.policy, path, fact=fact.name, policy=policy)


def _windowed_rightly(asker: Asker, fact: Fact, measure: Measure, path: str) -> Iterator[Finding]:
    if measure.basis not in (fact.bases or (None,)):
        said = {"allowed": ", ".join(fact.bases) or "-", "given": measure.basis or "-"}
        yield finding("basis_wrong", asker.policy, f"{path}.basis", fact=fact.name, **said)
    kind = window_kind(measure.window)
    if kind not in (fact.windows or (None,)):
        said = {"allowed": ", ".join(fact.windows) or "-", "given": kind or "-"}
        yield finding("window_wrong", asker.policy, f"{path}.window", fact=fact.name, **said)
    if isinstance(measure.window, AnchoredWindow):
        anchor = asker.library.registry.facts.get(measure.window.from_)
        if anchor is None or anchor.type != "date":
            yield finding("window_anchor_wrong", asker.policy, f"{path}.window.from", fact=measure.window.from_)


def _currency(policy: str, fact: Fact, currency: str | None, path: str, needed: bool) -> Iterator[Finding]:
    if currency is None:
        if fact.type == "money" and needed:
            yield finding("currency_missing", policy, f"{path}.currency", fact=fact.name)
    elif fact.type != "money":
        yield finding("currency_refused", policy, f"{path}.currency", fact=fact.name, type=fact.type)
    elif not is_currency(currency):
        yield finding("currency_unknown", policy, f"{path}.currency", currency=currency)


def _name(policy: str, node: Condition, path: str) -> Iterator[Finding]:
    if (node.id is None) != (node.title is None):
        yield finding("name_incomplete", policy, path)


def _fact_test(asker: Asker, test: FactTest, path: str) -> Iterator[Finding]:
    only_zero = all(word == "exists" or _is_zero(value) for word, value in test.comparisons)
    yield from check_measure(asker, test.measure, path, needs_currency=not only_zero)
    fact = asker.library.registry.facts.get(test.fact)
    if fact is None:
        return
    for comparison in test.comparisons:
        yield from _comparison(asker.policy, fact, comparison, test.currency, f"{path}.{comparison.word}")
    yield from _range(asker.policy, test, path)


def _is_zero(value: object) -> bool:
    return is_number(value) and value == 0


def _comparison(policy: str, fact: Fact, said: Comparison, currency: str | None, path: str) -> Iterator[Finding]:
    if said.word == "exists":
        return
    if fact.type == "text" or (said.word in ORDERED and fact.type not in _HAS_ORDER):
        yield finding("comparison_wrong", policy, path, fact=fact.name, type=fact.type, word=said.word)
        return
    for value in said.value if isinstance(said.value, tuple) else (said.value,):
        if not _fits(fact, value):
            yield finding("value_wrong", policy, path, fact=fact.name, type=fact.type, value=value)
        elif fact.type == "money" and isinstance(value, Decimal):
            yield from too_many_digits(policy, path, value, currency)


def _fits(fact: Fact, value: Scalar) -> bool:
    match fact.type:
        case "choice":
            return value in fact.choices
        case "yes_no" | "code":
            return isinstance(value, bool) is (fact.type == "yes_no")
        case "date":
            return type(value) is date
        case "duration":
            return is_duration(value)
        case "count":
            return isinstance(value, int | Decimal) and is_number(value) and value == int(value)
        case _:
            return is_number(value)


def _range(policy: str, test: FactTest, path: str) -> Iterator[Finding]:
    said = [(word, Decimal(value)) for word, value in test.comparisons if isinstance(value, int | Decimal)]
    lows = [(word, value) for word, value in said if word in ("more_than", "at_least")]
    highs = [(word, value) for word, value in said if word in ("less_than", "at_most")]
    for (low, bottom), (high, top) in product(lows, highs):
        if bottom > top or (bottom == top and (low, high) != ("at_least", "at_most")):
            yield finding("range_empty", policy, path, low=f"{low} {bottom}", high=f"{high} {top}")


def _policy_test(asker: Asker, test: PolicyTest, path: str) -> Iterator[Finding]:
    target = asker.library.documents.get(test.policy)
    match target:
        case None:
            yield finding("policy_unknown", asker.policy, f"{path}.policy", policy=test.policy)
        case Conditions() if test.is_ == "holds":
            yield from _computed_here(asker, target, f"{path}.policy")
        case Scorecard() if test.is_ in {row.grade for row in target.grades.rows}:
            return
        case _:
            yield finding("answer_unknown", asker.policy, f"{path}.is", policy=test.policy, answer=test.is_)


def _computed_here(asker: Asker, target: Conditions, path: str) -> Iterator[Finding]:
    for _, node in walk_paths(target.require, ""):
        fact = asker.library.registry.facts.get(node.fact) if isinstance(node, FactTest) else None
        lacking = asker.services - set(fact.services) if fact else None
        if fact and lacking:
            services = ", ".join(sorted(lacking))
            yield finding("fact_not_computed", asker.policy, path, fact=fact.name, services=services)
