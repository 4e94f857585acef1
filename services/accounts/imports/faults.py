"""Why a row was not taken: with the cell where there is one, in English and Chinese."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.errors import FieldError, Words
from shared.sheets.faults import Place


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a row: the field's pointer, a stable code, a sentence."""

    pointer: str
    code: str
    detail: Words

    @classmethod
    def of(cls, error: FieldError) -> "Fault":
        return cls(error.pointer, error.code, error.detail)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was refused whole; `row` is its place among the file's rows, from one."""

    row: int
    faults: Sequence[Fault]
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        return self.faults[0].pointer

    @property
    def code(self) -> str:
        return self.faults[0].code

    def to_plain(self) -> dict[str, Any]:
        return {"row": self.row, "faults": [self._plain(fault) for fault in self.faults]}

    def _plain(self, fault: Fault) -> dict[str, Any]:
        place = self._place(fault.pointer)
        where = {"cell": place.cell, "column": place.column} if place else {}
        return {"pointer": fault.pointer, "code": fault.code, "detail": dict(fault.detail), **where}

    def _place(self, pointer: str) -> Place | None:
        """The cell of the field, else of a part of it, else of what it is a part of."""
        if pointer in self.places:
            return self.places[pointer]
        parts = [place for held, place in self.places.items() if held.startswith(f"{pointer}/")]
        if parts:
            return parts[0]
        above = pointer.rpartition("/")[0]
        return self._place(above) if above else None
