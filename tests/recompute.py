"""A stranger's script: recomputes what a decision says from its JSON alone. Standard library only, nothing of ours.

`python tests/recompute.py < decision.json` prints the outcome as it comes out here, or fails naming what differs.
"""

import json
import sys
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

THREE = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
NONE = {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
MODES = {"half_up": ROUND_HALF_UP, "down": ROUND_DOWN}
UNKNOWN = "no_evidence"


class Differs(AssertionError):
    """The trace does not lead to what the decision says."""


def value_of(given):
    """A plain value: money, figures and counts as Decimal, days and words as text."""
    if isinstance(given, dict):
        if "amount" in given:
            return Decimal(given["amount"])
        return Decimal(given["decimal"]) if "decimal" in given else next(iter(given.values()))
    return Decimal(given) if isinstance(given, int) and not isinstance(given, bool) else given


def number(written):
    return Decimal(written) if isinstance(written, int | str) and not isinstance(written, bool) else written


def smallest(currency):
    return Decimal(1).scaleb(-(0 if currency in NONE else 3 if currency in THREE else 2))


def rounded(amount, mode, currency):
    return amount.quantize(smallest(currency), MODES[mode])


# --- conditions ------------------------------------------------------------------------------------------------------


def answer(node):
    """The answer of a condition node, from its words and inputs up."""
    inside = node.get("inside", ())
    match node["what"]:
        case "all" | "any" | "at_least":
            return combined([answer(one) for one in inside], node)
        case "when":
            return guarded([answer(one) for one in inside])
        case "policy":
            return referred(inside[0], node["written"]["is"]) if inside else UNKNOWN
        case _:
            return compared(node)


def combined(answers, node):
    applying = [one for one in answers if one != "does_not_apply"]
    if not applying:
        return "does_not_apply"
    needed = {"all": len(applying), "any": 1}.get(node["what"]) or min(node["written"]["at_least"], len(applying))
    holding, later, unknown = (applying.count(one) for one in ("holds", "not_yet", UNKNOWN))
    if holding >= needed:
        return "holds"
    if holding + later >= needed:
        return "not_yet"
    return UNKNOWN if holding + later + unknown >= needed else "fails"


def guarded(answers):
    when, *then = answers
    if when == "holds":
        return then[0]
    if when in (UNKNOWN, "not_yet"):
        return then[0] if then[0] in ("holds", "does_not_apply") else when
    return "does_not_apply"


def referred(document, wanted):
    """What another document answers, by its own trace."""
    if document["applied"] is not True:
        return document["result"]
    if document["what"] == "scorecard":
        return "holds" if scorecard(document)["grade"] == wanted else "fails"
    return conditions(document)["answer"] if wanted == "holds" else "fails"


def compared(node):
    (given,), written = node["inputs"], node["written"]
    if "exists" in written:
        return "holds" if ("no_evidence" in given) != written["exists"] else "fails"
    if "no_evidence" in given:
        return UNKNOWN
    value, figures = value_of(given["value"]), node.get("figures", {})
    tests = {word: limit for word, limit in written.items() if word in COMPARE}
    if "needed" in figures:
        value, tests = figures["days"], dict.fromkeys(tests, figures["needed"])
    held = all(COMPARE[word](value, limit) for word, limit in tests.items())
    return "holds" if held else "not_yet" if "deadline" in figures else "fails"


def same(value, limit):
    return value == (number(limit) if isinstance(value, Decimal) else limit)


COMPARE = {
    "is": same,
    "is_not": lambda value, limit: not same(value, limit),
    "in": lambda value, limits: any(same(value, limit) for limit in limits),
    "not_in": lambda value, limits: not any(same(value, limit) for limit in limits),
    "less_than": lambda value, limit: value < (limit if isinstance(value, str) else number(limit)),
    "at_most": lambda value, limit: value <= (limit if isinstance(value, str) else number(limit)),
    "more_than": lambda value, limit: value > (limit if isinstance(value, str) else number(limit)),
    "at_least": lambda value, limit: value >= (limit if isinstance(value, str) else number(limit)),
}


# --- benefits --------------------------------------------------------------------------------------------------------


def holds_row(row, value, bounds, first):
    if "is" in row:
        return row["is"] == value
    low, high = (number(row[edge]) if edge in row else None for edge in ("from", "to"))
    if bounds == "(lower, upper]":
        return (low is None or low < value or first) and (high is None or value <= high)
    return (low is None or low <= value or first) and (high is None or value < high)


def row_reached(node):
    """The index of the one row that holds the value, by the table as written."""
    value, table = value_of(node["inputs"][0]["value"]), node["written"]
    rows = [n for n, row in enumerate(table["rows"]) if holds_row(row, value, table.get("bounds"), n == 0)]
    if rows != [node["result"]]:
        raise Differs(f"{node['rule']}: {value} lies in rows {rows}")
    return rows[0]


def worth(nodes):
    """Amount and currency, or a number of points, that the nodes of a benefit lead to; none where it is no figure."""
    row = next((node for node in nodes if node["what"] == "row"), None)
    prorated = next((node for node in nodes if node["what"] == "prorated"), None)
    if prorated is not None:
        return by_days(prorated)
    if row is None:
        return None
    index = row_reached(row)
    giving = next((node for node in nodes if node["what"] in GIVES), None)
    if giving is None:
        return None
    return GIVES[giving["what"]](giving, row["written"]["rows"][index], row)


def by_rate(node, row, _):
    base, written = node["figures"]["base"], node["written"]
    rate = number(written["rate"] if node["what"] == "granted" else row["rate"])
    amount = rate * Decimal(base["amount"])
    if written["kind"] == "points":
        return int(amount.to_integral_value(MODES[written["rounding"]]))
    return rounded(amount, written["rounding"], base["currency"]), base["currency"]


def by_amount(node, row, reached):
    value, written = value_of(reached["inputs"][0]["value"]), node["written"]
    units = value - number(row.get("from", 0))
    amount = number(row.get("amount", 0)) + number(row.get("each", 0)) * units
    if "currency" not in written:
        return int(amount.to_integral_value(MODES[written["rounding"]]))
    return rounded(amount, written["rounding"], written["currency"]), written["currency"]


def by_slices(node, _, reached):
    value, written = value_of(reached["inputs"][0]["value"]), node["written"]
    total = Decimal(0)
    for row in reached["written"]["rows"]:
        low, high = number(row.get("from", 0)), number(row["to"]) if "to" in row else value
        units = min(value, high) - low
        if value > low or row is reached["written"]["rows"][0]:
            total += number(row.get("rate", row.get("each", 0))) * units + number(row.get("amount", 0))
        if value <= high:
            break
    given = reached["inputs"][0]["value"]
    currency = written.get("currency") or (given["currency"] if isinstance(given, dict) else None)
    return rounded(total, written["rounding"], currency), currency


def by_days(node):
    """Each day at the rent of its own row."""
    total, currency = Decimal(0), None
    for span in node["inside"]:
        rent, currency = worth(span["inside"])
        total += rent * span["figures"]["days"] / span["figures"]["of"]
    return rounded(total, node["written"]["rounding"], currency), currency


GIVES = {"rate": by_rate, "granted": by_rate, "amount": by_amount, "slices": by_slices}


def benefit(trace):
    nodes = trace["inside"]
    figure = worth(nodes)
    gates = {node["rule"]: answer(node) for node in nodes if node["rule"] in ("scope", "requires")}
    if gates.get("scope", "holds") != "holds" or gates.get("requires") == "fails":
        return {}
    if isinstance(figure, int):
        return {"points": figure}
    return {} if figure is None else {"amount": {"amount": f"{figure[0]:f}", "currency": figure[1]}}


# --- scorecards, routes, prices --------------------------------------------------------------------------------------


def scorecard(trace):
    weights = points = Decimal(0)
    scores = []
    for node in trace["inside"]:
        if node["what"] != "criterion":
            continue
        weight = number(node["written"]["weight"])
        score = Decimal(0)
        for reached in node.get("inside", ()):
            score = number(reached["written"]["rows"][row_reached(reached)]["score"])
            points += weight * score
        weights += weight if "result" in node else 0
        scores += [score] if "result" in node else []
    graded = next((node for node in trace["inside"] if node["what"] == "grade"), None)
    if graded is None:
        return {}
    combined = next(node["written"] for node in trace["inside"] if node["what"] == "score").get("combine")
    score, table = min(scores) if combined == "lowest" else points / weights, graded["written"]
    rows = [row for n, row in enumerate(table["rows"]) if holds_row(row, score, table.get("bounds"), n == 0)]
    return {"score": {"decimal": f"{score:f}"}, "grade": rows[0]["grade"]}


def on_route(nodes):
    for node in nodes:
        if node["what"] not in ("step", "parallel"):
            continue
        conditions = [one for one in node.get("inside", ()) if one["what"] not in ("step", "parallel")]
        if conditions and answer(conditions[0]) in ("fails", "does_not_apply"):
            continue
        if node["what"] == "step":
            yield {"id": node["written"]["id"], "role": node["figures"]["role"]}
        yield from on_route(node.get("inside", ()))


def shared_out(total, weights):
    """Largest remainder, ties to the first; in minor units."""
    whole = sum(weights) or 1
    cut = [divmod(total * weight, whole) for weight in weights]
    shares = [share for share, _ in cut]
    for index in sorted(range(len(cut)), key=lambda n: -cut[n][1])[: total - sum(shares)]:
        shares[index] += 1
    return shares


def minor(money):
    return int(Decimal(money["amount"]) / smallest(money["currency"]))


def priced(trace):
    lines = {node["rule"]: node for node in trace.get("inside", ()) if node["what"] == "line"}
    left = {line: minor(node["figures"]["unit_price"]) * node["figures"]["quantity"] for line, node in lines.items()}
    for node in trace.get("inside", ()):
        if node["what"] == "price_rule" and node["applied"] is True:
            take_off(node, lines, left)
    step = {line: smallest(node["result"]["currency"]) for line, node in lines.items()}
    return {"nets": {line: f"{left[line] * step[line]:f}" for line in lines}}


def take_off(node, lines, left):
    shares = [one for one in node["inside"] if one["what"] == "share"]
    figure = worth([one for one in node["inside"] if one["what"] != "share"])
    if figure is None:
        return
    names = [one["rule"] for one in shares]
    amount = int(figure[0] / smallest(figure[1]))
    giving = next(one for one in node["inside"] if one["what"] in GIVES)
    if giving["written"]["kind"] == "price":
        (line,) = names
        left[line] = amount * lines[line]["figures"]["quantity"]
        return
    weights = [minor(one["figures"]["weight"]) for one in shares]
    if weights != [left[line] for line in names]:
        raise Differs(f"{node['rule']}: weights {weights} are not what is left of {names}")
    for line, share in zip(names, shared_out(min(amount, sum(weights)), weights), strict=True):
        left[line] -= share


def conditions(trace):
    gates = {node["rule"]: answer(node) for node in trace.get("inside", ()) if node["rule"] in ("scope", "require")}
    if trace["applied"] is not True:
        return {"answer": "does_not_apply"}
    scope, required = gates.get("scope", "holds"), gates["require"]
    return {"answer": UNKNOWN if scope != "holds" and required != "holds" else required}


FORMS = {
    "benefit": benefit,
    "scorecard": scorecard,
    "conditions": conditions,
    "route": lambda trace: {"steps": list(on_route(trace.get("inside", ())))},
    "pricing": priced,
    "table": lambda trace: {},
}


def said(decision):
    """What the decision itself says, in the same words."""
    outcome, form = decision["outcome"], decision["outcome"]["form"]
    if form == "pricing":
        return {"nets": {line["id"]: line["net"]["amount"] for line in outcome["lines"]}}
    if form == "route":
        return {"steps": [{"id": one["id"], "role": one["role"]} for one in leaves(outcome.get("steps", ()))]}
    names = {"benefit": ("amount", "points"), "scorecard": ("score", "grade"), "conditions": ("answer",), "table": ()}
    return {name: outcome[name] for name in names[form] if name in outcome}


def leaves(steps):
    for step in steps:
        yield from leaves(step["steps"]) if "steps" in step else (step,)


def recompute(decision):
    """The outcome as the trace leads to it; `Differs` where the decision says something else."""
    found, claimed = FORMS[decision["outcome"]["form"]](decision["trace"]), said(decision)
    if found != claimed:
        raise Differs(f"{decision['policy']}: recomputed {found}, the decision says {claimed}")
    return found


if __name__ == "__main__":
    print(json.dumps(recompute(json.load(sys.stdin)), ensure_ascii=False, sort_keys=True))
