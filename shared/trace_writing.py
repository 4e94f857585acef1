"""A decision written as JSON in one go: whole, as `canonical` writes it, and as it is kept, its rules under digests.

Kept, a node has the digest of its rule under `by`; what follows from the rest (the rule's words, the comparison with
the value in its place, inputs that are those of the node above) is left out, and `whole_again` puts it back.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from shared.canonical import canonical
from shared.money import Money
from shared.trace import Decision, Events, Evidence, Figures, Gap, Journal, Node, NoEvidence, plain_outcome
from shared.trace_wording import Wording, json


class Written(NamedTuple):
    """`whole` is `canonical(decision)`, `kept` the same with each rule as the key of one of `wordings`."""

    whole: bytes
    kept: str
    wordings: Mapping[str, bytes]


class _Given(NamedTuple):
    """An input's members around the title of its fact, in the order of their names."""

    before_title: str
    after_title: str


Inputs = tuple[Evidence | NoEvidence, ...]


class _Writer:
    """One decision's wordings, and its evidence as text: a criterion and its row are given the same."""

    def __init__(self) -> None:
        self.wordings: dict[str, bytes] = {}
        self._given: dict[int, _Given] = {}

    def node(self, node: Node, above: Inputs) -> tuple[str, str]:
        """Whole and kept; `above` are the inputs of the node it stands in."""
        rule, result, inputs, window, figures, why_not, gap, inside = node
        wording = rule.wording
        self.wordings[wording.key] = wording.said
        looked_at = f',"gap":{_text(gap)}' if gap is not None else ""
        if figures:
            looked_at = f',"figures":{_figures(figures)}{looked_at}'
        came_out = f',"result":{_text(result)}' if result is not None else ""
        dated = f',"window":{_quoted(window)}' if window else ""
        whole_inputs, kept_inputs = self._inputs(wording, inputs, above)
        whole_inside, kept_inside = self._inside(inside, inputs)
        applied = "true" if why_not is None else _text(why_not)
        compared = f',"evaluated":{_quoted(node.evaluated)}' if rule.compares else ""
        whole = (
            f'{{"applied":{applied}{wording.clause}{compared}{looked_at}{whole_inputs}{whole_inside}{came_out}'
            f"{wording.named}{dated}{wording.written}}}"
        )
        stands = "" if why_not is None else f',"applied":{applied}'
        kept = f'{{"by":"{wording.key}"{stands}{looked_at}{kept_inputs}{kept_inside}{came_out}{dated}}}'
        return whole, kept

    def _inputs(self, wording: Wording, inputs: Inputs, above: Inputs) -> tuple[str, str]:
        if not inputs:
            return "", ',"inputs":[]' if wording.asks and above else ""
        given = [self._evidence(one) for one in inputs]
        named = zip(wording.asks, given, strict=True)
        whole = ",".join(f"{fact}{one.before_title}{title}{one.after_title}}}" for (fact, title), one in named)
        if inputs == above:
            return f',"inputs":[{whole}]', ""
        kept = ",".join(f"{{{(one.before_title + one.after_title)[1:]}}}" for one in given)
        return f',"inputs":[{whole}]', f',"inputs":[{kept}]'

    def _inside(self, inside: tuple[Node, ...], inputs: Inputs) -> tuple[str, str]:
        if not inside:
            return "", ""
        both = [self.node(one, inputs) for one in inside]
        whole, kept = (",".join(texts) for texts in zip(*both, strict=True))
        return f',"inside":[{whole}]', f',"inside":[{kept}]'

    def _evidence(self, given: Evidence | NoEvidence) -> _Given:
        known = self._given.get(id(given))
        if known is None:
            known = self._given[id(given)] = _evidence(given)
        return known


def write(decision: Decision[Any]) -> Written:
    """Both at once: what they share is turned into text once."""
    writer = _Writer()
    whole, kept = writer.node(decision.trace, ())
    before = f'{{"as_of":"{decision.as_of.isoformat()}","outcome":{json(plain_outcome(decision.outcome)).decode()}'
    between = f',"policy":{_quoted(decision.policy)},"subject":{_text(decision.subject)},"trace":'
    return Written(f"{before}{between}{whole}}}".encode(), f"{before}{between}{kept}}}", writer.wordings)


def rules_named(kept: Mapping[str, Any]) -> frozenset[str]:
    """The keys of the rules a kept decision names; none where it was kept whole."""
    return frozenset(_keys(kept["trace"]))


def whole_again(kept: Mapping[str, Any], said: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The decision as `Decision.to_plain` wrote it, from what was kept and what the rules say by key."""
    worded = {**kept, "trace": _worded(kept["trace"], said, [])}
    return Decision.read_plain(worded).to_plain()


def _keys(node: Mapping[str, Any]) -> Iterator[str]:
    if "by" in node:
        yield node["by"]
    for inner in node.get("inside", ()):
        yield from _keys(inner)


def _worded(node: Mapping[str, Any], said: Mapping[str, Mapping[str, Any]], above: list[Any]) -> Mapping[str, Any]:
    """A kept node with the words of its rule; the comparison is written anew by who reads it."""
    if "by" not in node:
        return node
    rule = dict(said[node["by"]])
    asks = rule.pop("asks")
    given = node.get("inputs", above) if asks else []
    own = {name: value for name, value in node.items() if name not in ("by", "inputs", "inside")}
    inputs = {"inputs": [{**asked, **one} for asked, one in zip(asks, given, strict=True)]} if given else {}
    inside = {"inside": [_worded(inner, said, given) for inner in node.get("inside", ())]}
    return {"applied": True, **rule, **own, **inputs, **inside}


def _evidence(given: Evidence | NoEvidence) -> _Given:
    if isinstance(given, NoEvidence):
        return _Given(f',"no_evidence":{_quoted(given.because)}', "")
    origin = f',"origin":{_text(given.origin)}' if given.origin is not None else ""
    unit = f',"unit":{_quoted(given.unit)}' if given.unit else ""
    return _Given(origin, f'{unit},"value":{_text(given.value)}')


def _figures(figures: Figures) -> str:
    return f"{{{','.join(f'{_quoted(name)}:{_text(figures[name])}' for name in sorted(figures))}}}"


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return json(text).decode()


def _text(value: Any) -> str:
    """What traces are full of is written here, the rest by `canonical`."""
    write_it = _TEXTS.get(type(value))
    return canonical(value).decode() if write_it is None else write_it(value)


def _journal(origin: Journal) -> str:
    return (
        f'{{"count":{origin.count},"digest":{_quoted(origin.digest)},"journal_from":{origin.journal_from},'
        f'"journal_to":{origin.journal_to},"sum":{_text(origin.sum)}}}'
    )


def _gap(gap: Gap) -> str:
    downwards = ',"downwards":true' if gap.downwards else ""
    opened = ',"open":true' if gap.open else ""
    return f'{{"amount":{_text(gap.amount)}{downwards}{opened},"to":{_quoted(gap.to)}}}'


_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    str: _quoted,
    int: str,
    Decimal: lambda value: f'{{"decimal":"{value:f}"}}',
    Money: lambda value: f'{{"amount":"{value}","currency":"{value.currency}"}}',
    Events: lambda origin: f'{{"events":[{",".join(map(_quoted, origin.events))}]}}',
    Journal: _journal,
    Gap: _gap,
}
