"""What lint says: a stable code, the place in the document, and a sentence in both languages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from shared.errors import FieldError, Words
from shared.policy.notation import Part

Severity = Literal["error", "warning"]


class Code(Part):
    """One entry of the catalogue; the sentences hold the names of their figures in braces."""

    severity: Severity
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is where in the document (`table.rows[2].from`), `cell` where in the spreadsheet it came from."""

    code: str
    policy: str
    path: str
    en: str
    zh: str
    severity: Severity
    cell: str | None = None

    def __str__(self) -> str:
        return self._said(self.en)

    @property
    def words(self) -> Words:
        """The whole of it, place and code too."""
        return {"en": self._said(self.en), "zh": self._said(self.zh)}

    def _said(self, sentence: str) -> str:
        place = f"{self.policy}: {self.path}" if self.path else self.policy
        return f"{place}: {self.code}: {sentence}"


@cache
def catalogue() -> Mapping[str, Code]:
    """All codes, from their one table."""
    raw = YAML(typ="safe", pure=True).load(Path(__file__).with_name("codes.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Code]).validate_python(raw)


def finding(code: str, policy: str, path: str, /, **said: object) -> Finding:
    """A finding of a catalogued code; the keyword arguments fill its sentences."""
    entry = catalogue()[code]
    return Finding(code, policy, path, entry.en.format(**said), entry.zh.format(**said), entry.severity)


def refusals(findings: Iterable[Finding]) -> tuple[FieldError, ...]:
    """The findings as fields of a refused request: a path becomes a JSON pointer into the document."""
    return tuple(FieldError(_pointer(one.path), one.code, {"en": one.en, "zh": one.zh}) for one in findings)


def _pointer(path: str) -> str:
    return "".join(f"/{part}" for part in re.findall(r"[^.\[\]]+", path))


def in_sheet(findings: Iterable[Finding], cells: Mapping[tuple[str, str], str]) -> list[Finding]:
    """The findings of documents read from a spreadsheet, each with its cell, by policy and path."""
    return [replace(found, cell=cells.get((found.policy, found.path))) for found in findings]
