"""Evaluations of the P4 table, each with its whole trace, on one thread, beside the zen engine on the same table.

Both are given their facts ready made; zen gets its fastest way in (a loader of compiled content, trace on).
"""

import gc
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import zen

from shared.money import Money
from shared.policy.benefit import BenefitPlan
from shared.policy.evaluation import Case, GivenFacts
from shared.policy.loader import read_yaml
from shared.policy.plan import Numbered, compile_plan
from shared.policy.registry import load_registry
from shared.trace import Events, Evidence, Subject, digest

DRAFT: Final = Path(__file__).parents[1] / "shared/policy/drafts/volume-subsidy.yaml"
PURCHASES: Final = (5_000_00, 99_999_99, 352_000_00, 528_000_00, 100_000_00, 484_000_00, 999_999_99, 1_000_000_00)
AT: Final = datetime(2021, 3, 10, 12, tzinfo=UTC)
ROUNDS: Final = 7
EVALUATIONS: Final = 20_000


def main() -> None:
    """Prints evaluations a second of both and their ratio; the best of several rounds taken in turn."""
    ours, theirs = our_evaluation(), zen_evaluation()
    agree(ours, theirs)
    rounds = [(per_second(ours), per_second(theirs)) for _ in range(ROUNDS)]
    mine, zens = (max(round_[side] for round_ in rounds) for side in (0, 1))
    print(f"policy_eval: {mine:,.0f} evaluations/s with trace; zen {zens:,.0f}/s")
    print(f"policy_eval: {per_second(our_digest()):,.0f} evaluations/s with trace, canonical JSON and digest")
    print(f"ratio policy_eval {mine / zens:.2f}")


def plan() -> BenefitPlan:
    (document,) = read_yaml(DRAFT.read_text(encoding="utf-8"))
    compiled = compile_plan(Numbered(document), load_registry())
    assert isinstance(compiled, BenefitPlan)
    return compiled


def our_cases() -> Sequence[Case]:
    return [Case(_facts(minor), Subject("account", "A-1"), AT) for minor in PURCHASES]


def _facts(minor: int) -> GivenFacts:
    known = {"account.is_key_account": True, "election.p4": "subsidy", "purchases": Money(minor, "CNY")}
    return GivenFacts({name: Evidence(value, "", Events((f"e-{name}",))) for name, value in known.items()})


def our_evaluation() -> Callable[[int], Any]:
    decide, cases = plan().decide, our_cases()
    return lambda index: decide(cases[index])


def our_digest() -> Callable[[int], Any]:
    decide, cases = plan().decide, our_cases()
    return lambda index: digest(decide(cases[index]))


def zen_evaluation() -> Callable[[int], Any]:
    content = zen.ZenDecisionContent(decision_table())
    engine = zen.ZenEngine({"loader": lambda _: content})
    contexts = [
        {"account": {"is_key_account": True}, "election": {"p4": "subsidy"}, "purchases": minor / 100}
        for minor in PURCHASES
    ]
    return lambda index: engine.evaluate("p4", contexts[index], {"trace": True})


def decision_table() -> str:
    """The same scope, rows and rates as a JDM decision table."""

    def node(name: str, kind: str, content: Any = None) -> dict[str, Any]:
        said = {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}}
        return said if content is None else said | {"content": content}

    columns = {"key_account": "account.is_key_account", "election": "election.p4", "purchases": "purchases"}
    rows = [("[0..100000)", "0.20"), ("[100000..500000)", "0.25"), ("[500000..1000000)", "0.30"), (">= 1000000", None)]
    rules = [
        {
            "_id": str(number),
            "key_account": "true",
            "election": "'subsidy'",
            "purchases": edges,
            "amount": f"{rate} * purchases" if rate else "0",
            "ask": "null" if rate else "'negotiated-benefit'",
        }
        for number, (edges, rate) in enumerate(rows)
    ]
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": key, "name": key, "type": "expression", "field": path} for key, path in columns.items()],
        "outputs": [{"id": key, "name": key, "type": "expression", "field": key} for key in ("amount", "ask")],
        "rules": rules,
    }
    nodes = [node("in", "inputNode"), node("table", "decisionTableNode", table), node("out", "outputNode")]
    edges = [("in", "table"), ("table", "out")]
    listed = [{"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in edges]
    return json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": listed})


def agree(ours: Callable[[int], Any], theirs: Callable[[int], Any]) -> None:
    """Both come to the same cents, and both ask where the table has no figure."""
    for index in range(len(PURCHASES)):
        mine, result = ours(index).outcome, theirs(index)
        cents = mine.amount.amount_minor if mine.amount else 0
        assert cents == int(result["result"]["amount"] * 100 + 0.5), (mine, result)
        assert mine.ask == (result["result"].get("ask") or ""), (mine, result)
        assert result["trace"]["table"]["traceData"]["rule"]["_id"], "zen kept no trace"


def per_second(evaluate: Callable[[int], Any]) -> float:
    """By processor time, so that a busy machine slows neither more than the other."""
    indices = list(islice(cycle(range(len(PURCHASES))), EVALUATIONS))
    gc.collect()
    began = time.process_time()
    for index in indices:
        evaluate(index)
    return EVALUATIONS / (time.process_time() - began)


if __name__ == "__main__":
    main()
