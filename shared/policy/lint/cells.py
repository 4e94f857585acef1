"""Plain tables hold what their columns promise, and name only what exists."""

import re
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
        en, zh = _KIND_NAMES[kind]
        yield finding("cell_wrong", policy, path, value=_as_written(value), kind=en, kind_zh=zh)


def _is_text(value: object) -> bool:
    """A name that looks like another one, but for a blank nobody sees, is no name."""
    return isinstance(value, str) and bool(value) and value == value.strip()


def _as_written(value: object) -> str:
    """The cell as its author knows it, not as Python does."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(_as_written(each) for each in value)}]"
        case Words():
            return f'{{en: "{value.en}", zh: "{value.zh}"}}'
        case Decimal():
            return f"{value:f}"
    return str(value)


_KIND_NAMES: dict[ColumnKind, tuple[str, str]] = {
    "text": ("text without blanks around it", "前后无空格的文本"),
    "choice": ("choice", "选项"),
    "words": ("pair of an English and a Chinese text", "中英文文本"),
    "money": ("amount", "金额"),
    "rate": ("rate", "比率"),
    "count": ("whole number", "整数"),
    "date": ("day", "日期"),
    "duration": ("duration such as P1M", "时长（如 P1M）"),
    "yes_no": ("yes or no", "是或否"),
    "list": ("list", "列表"),
    "time": ("time of day such as 08:30", "时刻（如 08:30）"),
    "currency": ("currency", "币种"),
    "fact": ("fact", "事实"),
}
_FITS: dict[ColumnKind, Callable[[object], bool]] = {
    "text": _is_text,
    "choice": _is_text,
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
    names = [row.get("branch") for row in document.rows]
    for name in dict.fromkeys(name for name in names if isinstance(name, str)):
        if names.count(name) > 1:
            yield finding("branch_twice", document.id, f"rows[{names.index(name)}].branch", branch=name)
    count = sum(row.get("head_office") is True for row in document.rows)
    if count != 1:
        yield finding("head_office_count", document.id, "rows", count=count)


def _floors(document: TableDocument) -> Iterator[Finding]:
    if not {"sku", "price", "floor"} <= document.columns.keys():
        return
    for index, row in enumerate(document.rows):
        if "price" in row and "floor" not in row and "floor" in document.optional:
            yield finding("price_without_floor", document.id, f"rows[{index}].floor", sku=row.get("sku"))
