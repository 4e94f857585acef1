"""Plain tables hold what their columns promise, and name only what exists."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from shared.money import is_currency, minor_digits
from shared.policy.findings import Finding, finding
from shared.policy.forms import ColumnKind, TableDocument, TableRow
from shared.policy.lint.library import Library
from shared.policy.notation import Words, is_duration, minor_places

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def check_table_document(document: TableDocument, library: Library) -> Iterator[Finding]:
    for index, name in enumerate(document.optional):
        if name not in document.columns:
            yield finding("column_unknown", document.id, f"optional[{index}]", column=name)
    for index, row in enumerate(document.rows):
        yield from _row(document, row, f"rows[{index}]", library)
    if document.id == "duties":
        yield from _duties(document, library)
    if document.id == "branches":
        yield from _branches(document)
    yield from _floors(document)


def _row(document: TableDocument, row: TableRow, path: str, library: Library) -> Iterator[Finding]:
    for name in row:
        if name not in document.columns:
            yield finding("column_unknown", document.id, f"{path}.{name}", column=name)
    for name, kind in document.columns.items():
        if name in row:
            yield from _cell(document.id, kind, row[name], f"{path}.{name}", library)
            yield from _digits(document.id, kind, row, name, path)
        elif name not in document.optional:
            yield finding("cell_missing", document.id, f"{path}.{name}", column=name)


def _cell(policy: str, kind: ColumnKind, value: object, path: str, library: Library) -> Iterator[Finding]:
    if kind == "fact" and isinstance(value, str):
        if value not in library.registry.facts:
            yield finding("fact_unknown", policy, path, fact=value)
    elif kind == "currency" and isinstance(value, str):
        if not is_currency(value):
            yield finding("currency_unknown", policy, path, currency=value)
    elif not _FITS[kind](value):
        yield finding("cell_wrong", policy, path, value=value, kind=kind)


_FITS: dict[ColumnKind, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "choice": lambda value: isinstance(value, str),
    "words": lambda value: isinstance(value, Words),
    "money": lambda value: isinstance(value, Decimal),
    "rate": lambda value: isinstance(value, Decimal),
    "count": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "date": lambda value: type(value) is date,
    "duration": is_duration,
    "yes_no": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, tuple),
    "time": lambda value: isinstance(value, str) and bool(_TIME.fullmatch(value)),
    "currency": lambda value: False,
    "fact": lambda value: False,
}


def _digits(policy: str, kind: ColumnKind, row: TableRow, name: str, path: str) -> Iterator[Finding]:
    """A row's currency column says how fine its amounts may be."""
    currency, value = row.get("currency"), row[name]
    if kind != "money" or not isinstance(value, Decimal) or not isinstance(currency, str) or not is_currency(currency):
        return
    if minor_places(value) > minor_digits(currency):
        yield finding("too_many_digits", policy, f"{path}.{name}", value=value, currency=currency)


def _duties(document: TableDocument, library: Library) -> Iterator[Finding]:
    for index, row in enumerate(document.rows):
        for where in ("head_office", "branch"):
            if where in row and row[where] not in library.roles:
                yield finding("role_unknown", document.id, f"rows[{index}].{where}", role=row[where])


def _branches(document: TableDocument) -> Iterator[Finding]:
    """Each branch once, and one head office."""
    named = Counter(row.get("branch") for row in document.rows)
    for index, row in enumerate(document.rows):
        if named[row.get("branch")] > 1:
            named[row.get("branch")] = 0
            yield finding("branch_twice", document.id, f"rows[{index}].branch", branch=row.get("branch"))
    count = sum(row.get("head_office") is True for row in document.rows)
    if count != 1:
        yield finding("head_office_count", document.id, "rows", count=count)


def _floors(document: TableDocument) -> Iterator[Finding]:
    if not {"sku", "price", "floor"} <= document.columns.keys():
        return
    for index, row in enumerate(document.rows):
        if "price" in row and "floor" not in row and "floor" in document.optional:
            yield finding("price_without_floor", document.id, f"rows[{index}].floor", sku=row.get("sku"))
