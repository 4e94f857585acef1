"""How figures are shown; they are compared unrounded, and what is short of a target never reads as reached."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

TWO, FOUR = Decimal("0.01"), Decimal("0.0001")


def two_digits(score: Decimal | None) -> str | None:
    """A score with two digits, half up; None stays None."""
    return None if score is None else f"{score.quantize(TWO, ROUND_HALF_UP):f}"


def share_reached(share: Decimal) -> str:
    """A share of one with four digits, rounded down: 2,999,999.99 of 3,000,000 is 0.9999."""
    return f"{share.quantize(FOUR, ROUND_DOWN):f}"
