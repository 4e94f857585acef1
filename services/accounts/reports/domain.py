"""The 20/80 report: the fewest accounts that make a share of the whole (A4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ParetoRow:
    """One account of the report; `cumulative` is the share reached with it, unrounded."""

    account_id: str
    amount_minor: int
    cumulative: Decimal


@dataclass(frozen=True, slots=True)
class Pareto:
    """`needed` accounts out of `rows` reach `share` of `total_minor`."""

    share: Decimal
    total_minor: int
    needed: int
    rows: tuple[ParetoRow, ...]


def pareto(amounts: Mapping[str, int], share: Decimal) -> Pareto:
    """Accounts by amount, largest first (ties by id); those worth nothing or less are counted but reach nothing."""
    ranked = sorted(amounts.items(), key=lambda item: (-item[1], item[0]))
    total = sum(amount for _, amount in ranked if amount > 0)
    rows, reached, needed = [], 0, 0
    for account_id, amount in ranked:
        if total and Decimal(reached) / total < share:
            needed += 1
        reached += max(amount, 0)
        rows.append(ParetoRow(account_id, amount, Decimal(reached) / total if total else Decimal(0)))
    return Pareto(share, total, needed, tuple(rows))
