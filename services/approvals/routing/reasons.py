"""Why a step is on a route or not, in words for people, from the trace its evaluation left."""

from collections.abc import Iterator

from shared.errors import Words
from shared.trace import Node

ALWAYS: Words = {"en": "always on this route", "zh": "固定步骤"}
NOTHING_KNOWN = {"en": "not known", "zh": "无依据"}


def reasons(trace: Node) -> dict[str, Words]:
    """By step id, the comparison that put it on the route or kept it off, such as "… 81230.77 > 2000.00 USD"."""
    return {str(node.rule.written["id"]): _why(node) for node in _steps(trace) if node.rule.written}


def steps_left_out(trace: Node) -> tuple[str, ...]:
    """The steps whose condition does not hold."""
    return tuple(str(n.rule.written["id"]) for n in _steps(trace) if n.rule.written and n.why_not is not None)


def _steps(node: Node) -> Iterator[Node]:
    if node.rule.what == "step":
        yield node
    for inside in node.inside:
        yield from _steps(inside)


def _why(step: Node) -> Words:
    compared = [node for inside in step.inside for node in _comparisons(inside)]
    if not compared:
        return ALWAYS
    said = [_sentence(node) for node in compared]
    return {"en": "; ".join(one["en"] for one in said), "zh": "；".join(one["zh"] for one in said)}


def _comparisons(node: Node) -> Iterator[Node]:
    if node.rule.what == "compare":
        yield node
    for inside in node.inside:
        yield from _comparisons(inside)


def _sentence(node: Node) -> Words:
    asked = node.rule.asks[0]
    currency = (node.rule.written or {}).get("currency", "")
    compared = f"{node.evaluated} {currency}".strip()
    return {"en": f"{asked.title['en']}: {compared}", "zh": f"{asked.title['zh']}：{compared}"}
