"""The 20/80 report: the fewest accounts that make a share of the whole (A4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class ParetoOf(StrEnum):
    revenue = "revenue"
    margin = "margin"


@dataclass(frozen=True, slots=True)
class ParetoRow:
    """One account of the report; `cumulative` is the share reached with it, unrounded."""

    account_id: str
    amount_minor: int
    cumulative: Decimal


@dataclass(frozen=True, slots=True)
class Pareto:
    """`needed` accounts out of `rows` reach `share` of `total_minor`; of `unknown` nothing can be said."""

    share: Decimal
    total_minor: int
    needed: int
    rows: tuple[ParetoRow, ...]
    unknown: tuple[str, ...] = ()


def pareto(amounts: Mapping[str, int], share: Decimal, unknown: Iterable[str] = ()) -> Pareto:
    """Accounts by amount, largest first (ties by id); those worth nothing or less are counted but reach nothing."""
    ranked = sorted(amounts.items(), key=lambda item: (-item[1], item[0]))
    total = sum(amount for _, amount in ranked if amount > 0)
    rows, reached, needed = [], 0, 0
    for account_id, amount in ranked:
        if total and Decimal(reached) / total < share:
            needed += 1
        reached += max(amount, 0)
        rows.append(ParetoRow(account_id, amount, Decimal(reached) / total if total else Decimal(0)))
    return Pareto(share, total, needed, tuple(rows), tuple(sorted(unknown)))


def added_up(worths: Iterable[tuple[str, int | None]]) -> tuple[dict[str, int], set[str]]:
    """`(account_id, amount)` added up by account; an account with an unknown amount is unknown as a whole (S-C5)."""
    amounts: dict[str, int] = {}
    unknown: set[str] = set()
    for account_id, amount in worths:
        if amount is None:
            unknown.add(account_id)
        else:
            amounts[account_id] = amounts.get(account_id, 0) + amount
    return {account_id: amount for account_id, amount in amounts.items() if account_id not in unknown}, unknown
