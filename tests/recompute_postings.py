"""A stranger's script: recomputes a reward's own line from its explanation alone, not only the decision on its window.

Standard library only, nothing of ours. `python -m tests.recompute_postings < explanation.json` prints the amount as it
comes out here, or fails naming what differs.
"""

import json
import sys
from decimal import ROUND_HALF_UP, Decimal

from tests.recompute import Differs, minor, recompute


def half_up(numerator, denominator):
    """A quotient of whole numbers, rounded away from zero at the half."""
    return int((Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), ROUND_HALF_UP))


def measured(given):
    """A measure in whole minor units, or a count as it is."""
    return minor(given) if isinstance(given, dict) else given


def changed(posting):
    return minor(posting["total"]) - minor(posting["posted_before"])


def new(posting):
    """The part of the new total that the new facts brought into the measure (S-A5)."""
    grown = measured(posting["measure_after"]) - measured(posting["measure_before"])
    return half_up(minor(posting["total"]) * grown, measured(posting["measure_after"]))


def rest(posting):
    """What is left of the change once the other lines of the event are taken."""
    return changed(posting) - minor(posting["beside"])


def returned(posting):
    """R14: what the line held of the total, by the pieces that came back."""
    held, total = minor(posting["share_held"]), minor(posting["posted_before"])
    exact = Decimal(total) * measured(posting["line_measure"]) / measured(posting["measure_before"])
    if abs(held - exact) >= 1:
        raise Differs(f"a share of {exact} cannot be {held} by largest remainder")
    return -half_up(held * posting["quantity_returned"], posting["quantity_held_before"])


PARTS = {"change": changed, "new": new, "rest": rest, "returned": returned}


def line(explanation):
    """The amount of one line in minor units; `Differs` where its explanation leads to another."""
    accrual, posting = explanation["accrual"], explanation["posting"]
    awarded = recompute(explanation["decision"]).get("amount")
    if awarded != posting["total"]:
        raise Differs(f"the decision gives {awarded}, the line says the window is worth {posting['total']}")
    if posting["part"] == "moved":
        if changed(posting):
            raise Differs(f"{accrual['id']} moves an amount and changes the worth")
        return minor(accrual["amount"])
    found = PARTS[posting["part"]](posting)
    if found != minor(accrual["amount"]):
        raise Differs(f"{accrual['id']}: recomputed {found}, posted {accrual['amount']}")
    return found


def window(explanations):
    """The worth of one window in minor units, from its lines in order: each begins where those before it ended."""
    worth = before = 0
    event = None
    for explanation in explanations:
        accrual, posting = explanation["accrual"], explanation["posting"]
        amount = line(explanation)
        if accrual["event_id"] != event:
            event, before = accrual["event_id"], worth
        if minor(posting["posted_before"]) != before:
            raise Differs(f"{accrual['id']} begins at {posting['posted_before']}, those before it add up to {before}")
        if posting["part"] != "moved":
            worth += amount
    return worth


if __name__ == "__main__":
    print(line(json.load(sys.stdin)))
