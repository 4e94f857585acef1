"""What every document says about itself: names in both languages, source, owner, zone, rows and validity."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from shared.policy.findings import Finding, finding
from shared.policy.forms import Benefit, Document, Scorecard
from shared.policy.lint.library import Library
from shared.policy.notation import Part, Words

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LAST_ROW = {"A": 14, "P": 10, "C": 13, "R": 15}
ROWS = frozenset(f"{kind}{number}" for kind, last in _LAST_ROW.items() for number in range(1, last + 1)) | {"KPI"}
_STARTS = {"month": range(1, 13), "quarter": (1, 4, 7, 10), "half_year": (1, 7), "year": (1,)}


@cache
def sources() -> dict[str, Words]:
    """The known source documents with the titles people are shown."""
    file = Path(__file__).parents[1] / "sources.yaml"
    raw = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Words]).validate_python(raw)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_head(document: Document, library: Library) -> Iterator[Finding]:
    policy = document.id
    yield from _source(document)
    yield from _translations(policy, document, "")
    if document.owner not in library.roles:
        yield finding("owner_unknown", policy, "owner", role=document.owner)
    for index, row in enumerate(document.row):
        if row not in ROWS:
            yield finding("row_unknown", policy, f"row[{index}]", row=row)
    if document.zone not in _zones():
        yield finding("zone_unknown", policy, "zone", zone=document.zone)
    yield from _validity(document)


def _source(document: Document) -> Iterator[Finding]:
    if not document.source.clause.strip():
        yield finding("source_clause_missing", document.id, "source.clause")
    if document.source.document not in sources():
        yield finding("source_unknown", document.id, "source.document", document=document.source.document)


def _translations(policy: str, value: object, path: str) -> Iterator[Finding]:
    """Every `Words` anywhere in the document."""
    if isinstance(value, Words):
        if not value.en.strip():
            yield finding("translation_missing", policy, f"{path}.en", language="en")
        if not _CHINESE.search(value.zh):
            yield finding("translation_missing", policy, f"{path}.zh", language="zh")
    elif isinstance(value, Part):
        for name, field in type(value).model_fields.items():
            inner = f"{path}.{field.alias or name}" if path else field.alias or name
            yield from _translations(policy, getattr(value, name), inner)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _translations(policy, item, f"{path}[{index}]")
    elif hasattr(value, "items"):
        for name, item in value.items():
            yield from _translations(policy, item, f"{path}.{name}")


def _validity(document: Document) -> Iterator[Finding]:
    valid = document.valid
    if valid.until is not None and valid.until <= valid.from_:
        yield finding("validity_empty", document.id, "valid.until", until=valid.until)
        return
    window = _calendar_window(document)
    for path, day in (("valid.from", valid.from_), ("valid.until", valid.until)):
        if day is not None and window is not None and not _starts(window, day):
            yield finding("validity_not_aligned", document.id, path, day=day, window=window)


def _calendar_window(document: Document) -> str | None:
    match document:
        case Benefit(measure=measure) if isinstance(measure.window, str) and measure.window in _STARTS:
            return measure.window
        case Scorecard():
            return document.window
        case _:
            return None


def _starts(window: str, day: date) -> bool:
    return day.day == 1 and day.month in _STARTS[window]
