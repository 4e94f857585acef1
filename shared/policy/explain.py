"""A trace in plain English or Chinese, line by line: every sentence comes from the trace alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from shared.money import Money
from shared.policy.plan import Plan, TablePlan
from shared.policy.speech import Language, MissingSentence, Speech, is_share, percent
from shared.trace import Decision, Evidence, Node, Text, Value

Sentence = Callable[[Node, Speech], str]


def explain(
    traced: Decision[Any] | Node, language: Language, names: Mapping[str, Text] | None = None
) -> tuple[str, ...]:
    """One line for each thing looked at, indented by two blanks under what it belongs to.

    `names` are what people call roles, routes, policies and groups; without them their codes are shown.
    """
    node = traced.trace if isinstance(traced, Decision) else traced
    return tuple(_lines(node, Speech(language, names or {}), 0))


def names_of(plans: Iterable[Plan]) -> dict[str, Text]:
    """Titles of the documents in force, and of the roles, duties and groups their tables list."""
    found: dict[str, Text] = {}
    for plan in plans:
        found[plan.document.id] = _words(plan.document.title)
        if isinstance(plan, TablePlan) and plan.document.columns.get("title") == "words":
            code = next(iter(plan.document.columns))
            found |= {str(row[code]): _words(row["title"]) for row in plan.rows}
    return found


def _words(words: Any) -> Text:
    return {"en": words.en, "zh": words.zh}


def _lines(node: Node, speech: Speech, depth: int) -> Iterator[str]:
    yield "  " * depth + sentence_of(node, speech)
    for inner in _beneath(node):
        yield from _lines(inner, speech, depth + 1)


def _beneath(node: Node) -> tuple[Node, ...]:
    """A step whose condition is one comparison says it in its own sentence."""
    spoken = node.rule.what == "step" and node.inside and node.inside[0].rule.what == "compare"
    return () if spoken else node.inside


def sentence_of(node: Node, speech: Speech) -> str:
    """The one sentence of a node; `MissingSentence` for a kind nobody gave words."""
    sentence = SENTENCES.get(node.rule.what)
    if sentence is None:
        raise MissingSentence(f"a node of kind {node.rule.what}")
    named = node.rule.title and node.rule.what in _NAMED
    said = sentence(node, speech)
    return speech.say("named", title=speech.text(node.rule.title), said=said) if named else said


_NAMED: Final = frozenset(("compare", "all", "any", "at_least", "when", "policy"))


def _head(node: Node, speech: Speech) -> Mapping[str, str]:
    source = speech.source(str((node.rule.written or {}).get("document", "")))
    return {
        "title": speech.text(node.rule.title),
        "policy": node.rule.rule,
        "clause": node.rule.clause,
        "source": source,
    }


def _document(node: Node, speech: Speech) -> str:
    head = _head(node, speech)
    if node.why_not is not None:
        return speech.say(f"document.{node.why_not.reason}", **head)
    code = node.rule.what if node.rule.what in ("scorecard", "route", "table") else "document"
    return speech.say(f"{code}.decided", result=speech.word(node.result), **head)


def _benefit(node: Node, speech: Speech) -> str:
    head, why = _head(node, speech), node.why_not
    match str(node.result):
        case "gives":
            return speech.say("benefit.gives", given=_given(node, speech), **head)
        case "pending":
            reason = speech.word(why.reason if why else "no_evidence")
            return speech.say("benefit.pending", given=_given(node, speech), why=reason, **head)
        case "asks":
            return speech.say("benefit.asks", ask=speech.named(_giving(node).result), **head)
        case "nothing" if why is not None and why.would_give is not None:
            return speech.say("benefit.forgone", would=speech.value(why.would_give), **head)
        case "nothing":
            return speech.say("benefit.condition_failed" if why else "benefit.nothing", **head)
        case _:
            return _document(node, speech)


def _giving(node: Node) -> Node:
    return next(inner for inner in node.inside if inner.rule.what in _GIVING)


def _given(node: Node, speech: Speech) -> str:
    giving = _giving(node)
    said = giving.rule.written or {}
    if "goods" in said:
        return speech.say("goods_given", **said["goods"])
    if isinstance(giving.result, int) and not isinstance(giving.result, bool):
        return speech.say("points", number=speech.value(giving.result))
    return speech.value(giving.result)


def _compare(node: Node, speech: Speech) -> str:
    parts = _fact(node, speech) | {"limits": speech.limits(node), "answer": speech.word(node.result)}
    deadline = (node.figures or {}).get("deadline")
    end = speech.say("deadline", day=speech.value(deadline)) if deadline else ""
    known = "compare.known" if isinstance(node.inputs[0], Evidence) else "compare.unknown"
    return speech.say(known, gap=speech.gap(node.gap, "short", share=is_share(node)) + end, **parts)


def _fact(node: Node, speech: Speech) -> dict[str, str]:
    """Name, window and value of what a node asked for."""
    fact = speech.text(node.rule.asks[0].title)
    return {"fact": fact, "window": speech.window(node.window), "value": speech.given(node)}


def _several(node: Node, speech: Speech) -> str:
    needed = (node.rule.written or {}).get("at_least", "")
    return speech.say(node.rule.what, answer=speech.word(node.result), needed=needed)


def _when(node: Node, speech: Speech) -> str:
    if node.why_not is not None:
        return speech.say("when.does_not_apply")
    return speech.say("when.applies", answer=speech.word(node.result))


def _policy(node: Node, speech: Speech) -> str:
    said = node.rule.written or {}
    expected = speech.word(said["is"])
    return speech.say("policy", policy=speech.named(said["policy"]), expected=expected, answer=speech.word(node.result))


def _row(node: Node, speech: Speech) -> str:
    number = int(str(node.result)) + 1
    gap = speech.gap(node.gap, "row", share=is_share(node))
    return speech.say("row", number=number, limits=speech.limits(node), gap=gap, **_fact(node, speech))


def _base(node: Node, speech: Speech) -> str:
    if not node.inputs:
        return speech.say("base.price")
    known = "base.known" if isinstance(node.inputs[0], Evidence) else "base.unknown"
    return speech.say(known, **_fact(node, speech))


def _figures(node: Node, speech: Speech) -> dict[str, str]:
    """Every figure of a node as people read it, with how it was rounded and what came out."""
    said, figures = node.rule.written or {}, node.figures or {}
    shown = {name: _figure(value, said.get("currency"), speech) for name, value in figures.items()}
    result = _figure(node.result, said.get("currency"), speech)
    return shown | {"result": result, "rounding": speech.word(said.get("rounding", ""))}


def _figure(value: Value | None, currency: str | None, speech: Speech) -> str:
    """A bare figure of a document stands for money in the document's currency."""
    return f"{speech.value(value)} {currency}" if isinstance(value, Decimal) and currency else speech.value(value)


def _rate(node: Node, speech: Speech) -> str:
    rate = (node.figures or {})["rate"]
    points = (node.rule.written or {}).get("kind") == "points"
    said = speech.value(rate) if points or not isinstance(rate, Decimal) else percent(rate)
    request = (node.rule.written or {}).get("request", "")
    return speech.say(node.rule.what, **(_figures(node, speech) | {"rate": said, "request": request}))


def _amount(node: Node, speech: Speech) -> str:
    figures = node.figures or {}
    shown = _figures(node, speech) | {"units": speech.value(figures["units"])}
    return speech.say("amount.each" if figures["each"] else "amount.flat", **shown)


def _plainly(node: Node, speech: Speech) -> str:
    return speech.say(node.rule.what, **_figures(node, speech))


def _thing(node: Node, speech: Speech) -> str:
    said = node.rule.written or {}
    return speech.say(node.rule.what, code=speech.named(node.result), **said.get("goods", {}))


def _criterion(node: Node, speech: Speech) -> str:
    weight = (node.rule.written or {})["weight"]
    parts = {"title": speech.text(node.rule.title), "weight": weight, "result": speech.value(node.result)}
    how = "known" if node.applied else "unknown" if node.result is None else "zero"
    return speech.say(f"criterion.{how}", **(_fact(node, speech) | parts))


def _score(node: Node, speech: Speech) -> str:
    score = node.result
    shown = f"{score:.2f}" if isinstance(score, Decimal) else ""
    lowest = (node.rule.written or {}).get("combine") == "lowest"
    code = "score.lowest" if lowest else "score"
    return speech.say(code, score=shown, **{k: v for k, v in _figures(node, speech).items() if k != "score"})


def _grade(node: Node, speech: Speech) -> str:
    gap = speech.gap(_two_digits(node), "row")
    title = speech.text(node.rule.title)
    return speech.say("grade", title=title, grade=node.result, limits=speech.limits(node), gap=gap)


def _two_digits(node: Node) -> Any:
    gap = node.gap
    if gap is None or not isinstance(gap.amount, Decimal):
        return gap
    return type(gap)(round(gap.amount, 2), gap.to, gap.downwards, gap.open)


def _deed(node: Node, speech: Speech) -> str:
    if node.rule.rule not in ("then", "otherwise"):
        return _thing(node, speech)
    code = speech.named(node.result)
    if node.why_not is not None:
        return speech.say("deed.granted", code=code, request=node.why_not.by)
    return speech.say(f"deed.{node.rule.what}", code=code)


def _step(node: Node, speech: Speech) -> str:
    said = node.rule.written or {}
    role = (node.figures or {}).get("role", said["role"])
    parts = {"role": speech.named(role), "kind": speech.word(said["kind"])}
    if not node.inside:
        return speech.say("step.always", **parts)
    how = "since" if node.applied else "skipped" if node.why_not and node.why_not.reason != "no_evidence" else "unknown"
    return speech.say(f"step.{how}", reason=sentence_of(node.inside[0], speech), **parts)


def _parallel(node: Node, speech: Speech) -> str:
    said = node.rule.written or {}
    return speech.say("parallel.needed" if node.applied else "parallel.skipped", needed=said["needed"])


def _pricing(node: Node, speech: Speech) -> str:
    return speech.say("pricing", policy=node.rule.rule, result=speech.word(node.result))


def _price_rule(node: Node, speech: Speech) -> str:
    head = {name: text for name, text in _head(node, speech).items() if name != "source"}
    lines = (node.figures or {}).get("lines")
    if node.why_not is None:
        taken = isinstance(node.result, Money) and node.result.amount_minor
        return speech.say("price_rule.applied" if taken else "price_rule.nothing", **(head | _figures(node, speech)))
    code = "price_rule.not_due" if lines is None else "price_rule.lost"
    return speech.say(code, lines=lines, why=_why(node, speech), **head)


def _why(node: Node, speech: Speech) -> str:
    why = node.why_not
    if why is None or why.reason not in ("excluded", "gave_less", "budget_exhausted"):
        return speech.say("why.plain", reason=speech.word(why.reason if why else ""))
    would = speech.value(why.would_give or Money(0, "XAF"))
    return speech.say(f"why.{why.reason}", by=speech.named(why.by), reason=speech.text(why.title), would=would)


def _line(node: Node, speech: Speech) -> str:
    return speech.say(node.rule.what, line=node.rule.rule, **_figures(node, speech))


_GIVING: Final = ("prorated", "rate", "granted", "amount", "slices", "goods", "coupon", "service", "ask", "nothing")
SENTENCES: Final[Mapping[str, Sentence]] = {
    "benefit": _benefit,
    "conditions": _document,
    "scorecard": _document,
    "route": _document,
    "table": _document,
    "compare": _compare,
    "all": _several,
    "any": _several,
    "at_least": _several,
    "when": _when,
    "policy": _policy,
    "measure": lambda node, speech: speech.say("measure", **_fact(node, speech)),
    "base": _base,
    "row": _row,
    "rate": _rate,
    "granted": _rate,
    "amount": _amount,
    "slices": _plainly,
    "slice": _plainly,
    "prorated": lambda node, speech: speech.say("prorated", window=node.window, **_figures(node, speech)),
    "days": _plainly,
    "goods": _thing,
    "coupon": _thing,
    "service": _thing,
    "ask": _deed,
    "nothing": _plainly,
    "criterion": _criterion,
    "score": _score,
    "grade": _grade,
    "refuse": _deed,
    "flag": _deed,
    "hold": _deed,
    "step": _step,
    "parallel": _parallel,
    "pricing": _pricing,
    "price_rule": _price_rule,
    "share": _line,
    "line": _line,
}
