"""A stranger's year: what the sample orders earn and save, from the file, its mapping and the two policies alone.

Standard library, pyarrow and a YAML reader; nothing of ours. `python tests/independent_year.py` prints the sums.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
from ruamel.yaml import YAML

DEMO = Path(__file__).parents[1] / "deploy" / "demo"
BUSINESS_ZONE = ZoneInfo("Africa/Kinshasa")
CNY_OF_A_POUND = 10
WHOLE = Decimal(1)


@dataclass
class Line:
    """What is left of one invoice line: pieces, and pence at list price."""

    customer: int
    sku: str
    at: datetime
    pieces: int
    pence: int

    @property
    def month(self):
        return f"{self.at.astimezone(BUSINESS_ZONE):%Y-%m}"


@dataclass
class Year:
    lines: dict = field(default_factory=lambda: defaultdict(list))
    """By (customer, month)."""
    rejected: dict = field(default_factory=lambda: defaultdict(int))
    discounts: dict = field(default_factory=dict)
    """Pence taken off each invoice of a customer who elected discount."""
    subsidies: dict = field(default_factory=dict)
    """Fen earned by (customer, month) of those who elected subsidy."""


def half_up(amount):
    return int(amount.quantize(WHOLE, ROUND_HALF_UP))


def read_yaml(path):
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def rows_of(file, mapping):
    """The file's rows by time, rows of one moment as they stand in the file; without a customer time says nothing."""
    names = mapping["columns"]
    columns = [pq.read_table(file)[names[name]].to_pylist() for name in names]
    found = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return sorted(found, key=lambda row: row["ordered_at"])


def rejection(row, mapping):
    """The first reason not to take a row, by the row alone."""
    returns, sku = str(row["reference"]).startswith(mapping["return_prefix"]), str(row["sku"])
    if row["account"] is None:
        return "no_customer"
    if any(fnmatchcase(sku, pattern) for pattern in mapping["not_products"]):
        return "non_product"
    if row["quantity"] == 0:
        return "quantity_zero"
    if Decimal(repr(row["unit_price"])) <= 0:
        return "price_not_positive"
    if returns != (row["quantity"] < 0):
        return "sign_mismatch"
    return None


def tier(policy, fen):
    """The row that holds an amount, by `[lower, upper)` in whole CNY."""
    for row in policy["table"]["rows"]:
        if fen >= row["from"] * 100 and ("to" not in row or fen < row["to"] * 100):
            return row
    raise LookupError(fen)


def play(file, mapping, subsidy, discount):
    """Invoice by invoice as they begin: one is priced when all its lines are there, a return takes the oldest first."""
    year, bought = Year(), defaultdict(list)
    invoices = defaultdict(list)
    for row in rows_of(file, mapping):
        reason = rejection(row, mapping)
        if reason:
            year.rejected[reason] += 1
        else:
            invoices[str(row["reference"])].append(row)
    for invoice, rows in invoices.items():
        lines = []
        for row in rows:
            key, pieces = (int(row["account"]), str(row["sku"])), abs(row["quantity"])
            if row["quantity"] < 0:
                year.rejected["unmatched_return"] += take_back(bought[key], pieces)
            else:
                at = datetime.fromisoformat(row["ordered_at"]).replace(tzinfo=ZoneInfo(mapping["zone"]))
                pence = half_up(pieces * Decimal(repr(row["unit_price"])) * 100)
                lines.append(Line(*key, at, pieces, pence))
                bought[key].append(lines[-1])
        if lines:
            place(year, invoice, lines, discount)
    settle(year, subsidy)
    return year


def take_back(lines, pieces):
    """First in, first out; a line loses its own amounts. 1 where nothing was there to return, else 0."""
    wanted = pieces
    for line in lines:
        taken = min(line.pieces, wanted)
        if taken:
            line.pence -= half_up(Decimal(line.pence * taken) / line.pieces)
            line.pieces -= taken
            wanted -= taken
    return int(wanted == pieces)


def place(year, invoice, lines, discount):
    """P4's right column: this invoice only, by the month so far at list price, this invoice in and returns out."""
    month = year.lines[lines[0].customer, lines[0].month]
    month += lines
    if lines[0].customer % 2:
        row = tier(discount, sum(line.pence for line in month) * CNY_OF_A_POUND)
        year.discounts[invoice] = half_up(Decimal(row.get("rate", 0)) * sum(line.pence for line in lines))


def settle(year, subsidy):
    """P4's left column: the whole month at the row it reached; the row without a figure gives nothing by itself."""
    for (customer, month), lines in year.lines.items():
        if customer % 2 == 0:
            fen = sum(line.pence for line in lines) * CNY_OF_A_POUND
            year.subsidies[customer, month] = half_up(Decimal(tier(subsidy, fen).get("rate", 0)) * fen)


def sample_year(file=DEMO / "online-retail-slice.parquet"):
    """The slice, or another file of the same shape, under the demo's mapping and policies."""
    policies = DEMO / "policies"
    return play(
        file,
        read_yaml(DEMO / "online-retail.yaml"),
        read_yaml(policies / "demo-volume-subsidy.yaml"),
        read_yaml(policies / "demo-volume-discount.yaml"),
    )


if __name__ == "__main__":
    found = sample_year()
    print("rejected", dict(found.rejected))
    print("subsidy", sum(found.subsidies.values()) / Decimal(100), "CNY in", len(found.subsidies), "months")
    print("discount", sum(found.discounts.values()) / Decimal(100), "GBP on", len(found.discounts), "invoices")
