"""What is written in one go is what `canonical` writes, and what is kept of it becomes the whole again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.canonical import canonical
from shared.money import Money
from shared.policy.evaluation import Case, GivenFacts
from shared.policy.plan import Numbered, Plan, compile_plans
from shared.policy.registry import load_registry
from shared.policy.seed import pack_of
from shared.trace import Decision, Events, Evidence, Journal, Subject, Value
from shared.trace_writing import rules_named, whole_again, write

PACK = Path(__file__).resolve().parents[2] / "deploy" / "policies"
SERVICES = ("accounts", "approvals", "pricing", "rewards")
PLANS = compile_plans(
    [Numbered(document) for service in SERVICES for document in pack_of(PACK, service)], load_registry()
)
AS_OF = datetime(2021, 3, 31, 9, 30, tzinfo=UTC)
RATED = PLANS.by_id["account-class"]


def decided(plan: Plan, facts: Mapping[str, Value | Evidence]) -> Decision[Any]:
    return plan.decide(Case(GivenFacts(facts), Subject("line", "1", Subject("account", 'a "quoted" 客户')), AS_OF))


def read(kept: str) -> dict[str, Any]:
    return dict(orjson.loads(kept))


def again(decision: Decision[Any]) -> bytes:
    """Kept, put back together and written canonically."""
    written = write(decision)
    said = {key: orjson.loads(words) for key, words in written.wordings.items()}
    assert rules_named(read(written.kept)) == said.keys()
    return orjson.dumps(whole_again(read(written.kept), said), option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize("plan", [pytest.param(plan, id=name) for name, plan in PLANS.by_id.items()])
def test_every_document_of_the_pack_is_written_as_canonical_writes_it_and_comes_back_whole(plan):
    decision = decided(plan, {})
    assert write(decision).whole == canonical(decision) == again(decision)


WORDS = some.text('ab"\\\n客', max_size=4)
ORIGINS = some.one_of(
    some.none(),
    some.builds(Events, some.tuples(WORDS)),
    some.builds(
        Journal,
        some.integers(0, 2**62),
        some.integers(0, 2**62),
        some.integers(0, 10**6),
        some.one_of(some.integers(-(2**62), 2**62), some.builds(Money, some.integers(0, 10**15), some.just("CNY"))),
        WORDS,
    ),
)
EVIDENCE = some.one_of(
    some.none(), some.decimals(-2, 2, places=6).map(Decimal).flatmap(lambda one: some.builds(
        Evidence, some.just(one), WORDS, ORIGINS
    ))
)  # fmt: skip


@given(growth=EVIDENCE, margin=EVIDENCE, credit=some.sampled_from(["high", "fair", "weak", None]), paid=some.integers())
def test_a2_a_rating_over_any_evidence_is_written_and_kept_exactly(growth, margin, credit, paid):
    facts: dict[str, Any] = {
        "account.purchase_growth": growth,
        "account.margin_contribution": margin,
        "account.credit": credit,
        "purchases": Evidence(Money(abs(paid) % 10**15, "CNY"), "CNY"),
    }
    decision = decided(RATED, {name: value for name, value in facts.items() if value is not None})
    assert write(decision).whole == canonical(decision) == again(decision)


def test_a_decision_that_was_kept_whole_is_read_as_it_is():
    plain = decided(RATED, {"account.credit": "high"}).to_plain()
    assert (rules_named(plain), whole_again(plain, {})) == (frozenset(), plain)


def test_rules_that_say_the_same_have_one_key_and_others_another():
    facts = ({"account.credit": "high"}, {"account.credit": "weak"})
    high, weak = (write(decided(RATED, one)).wordings for one in facts)
    assert high.keys() & weak.keys()
    assert high.keys() - weak.keys()
