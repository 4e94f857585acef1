"""Rules by what their scope cannot do without: one of another customer, or for a coupon, costs nothing here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from shared.policy.benefit import BenefitPlan
from shared.policy.condition import AllOf, Condition, FactTest
from shared.policy.question import Place, compile_question


class Key(NamedTuple):
    """A fact that a scope cannot do without, and one of the words it accepts; `True` where it must only exist."""

    fact: str
    word: object


@dataclass(frozen=True)
class RuleIndex:
    """`anywhere` may apply to every order; the others only where one of the order's own words is their key."""

    anywhere: tuple[BenefitPlan, ...]
    keyed: Mapping[Key, tuple[BenefitPlan, ...]]

    @classmethod
    def of(cls, plans: Iterable[BenefitPlan], *, facts: tuple[str, ...]) -> Self:
        """`facts` in the order in which they tell rules apart best: the first one a scope needs becomes its key."""
        anywhere, keyed = [], dict[Key, list[BenefitPlan]]()
        for plan in plans:
            keys = _keys(plan, facts)
            for key in keys:
                keyed.setdefault(key, []).append(plan)
            if not keys:
                anywhere.append(plan)
        return cls(tuple(anywhere), {key: tuple(found) for key, found in keyed.items()})

    def those_for(self, keys: Iterable[Key]) -> tuple[BenefitPlan, ...]:
        """Every rule whose scope may hold for an order with these words; one that is left out holds for none of it."""
        if not self.keyed:
            return self.anywhere
        found = {plan.document.id: plan for key in keys for plan in self.keyed.get(key, ())}
        return (*self.anywhere, *found.values())


def _keys(plan: BenefitPlan, facts: tuple[str, ...]) -> tuple[Key, ...]:
    needed = {test.fact: test for test in _needed(plan.document.scope)}
    for fact in facts:
        words = _accepted(needed[fact], plan.place) if fact in needed else (False,)
        if False not in words:  # what must not be is looked up by nothing
            return tuple(Key(fact, word) for word in words)
    return ()


def _needed(scope: Condition | None) -> Iterable[FactTest]:
    """Tests without which the scope cannot hold: its own, or those of an `all`; what applies only `when` is none."""
    if scope is None or scope.when is not None:
        return
    if isinstance(scope, FactTest):
        if scope.is_ is not None or scope.in_ is not None or scope.exists:
            yield scope
    elif isinstance(scope, AllOf):
        for part in scope.all:
            yield from _needed(part)


def _accepted(test: FactTest, place: Place) -> tuple[object, ...]:
    question = compile_question(test.measure, place)
    if test.is_ is None and test.in_ is None:
        return (True,)
    words = test.in_ if test.is_ is None else (test.is_,)
    return tuple(question.limit(word) for word in words or ())
