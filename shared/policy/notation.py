"""How figures, days, durations and words are written in a policy: one notation for YAML and JSON, and never a float."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

NUMBER = re.compile(r"-?\d+(\.\d+)?")
CODE = re.compile(r"0\d")  # digits nobody counts with: "00123" is the number of something
DURATION = re.compile(r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?)?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

T = TypeVar("T")


class Part(BaseModel):
    """A piece of a document: immutable, hashable, strict, and without fields that FORMS does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


def is_number(value: object) -> bool:
    """A whole number, or a decimal as text: what a policy may write where a figure is asked."""
    if isinstance(value, str):
        return bool(NUMBER.fullmatch(value))
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_duration(value: object) -> bool:
    return isinstance(value, str) and bool(DURATION.fullmatch(value))


def minor_places(value: Decimal) -> int:
    """Digits written behind the point."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _number(value: Any) -> Decimal:
    if not is_number(value):
        raise ValueError("a whole number, or a decimal in quotes; never a float")
    return Decimal(value)


def _day(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) and DAY.fullmatch(value) else value


def _duration(value: Any) -> Any:
    if not is_duration(value):
        raise ValueError("an ISO 8601 duration such as P30D, P3M or PT16H")
    return value


def _several(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _scalar(value: Any) -> Any:
    """What a fact is compared with, by how it is written: figures are exact, days are days, the rest are words."""
    if isinstance(value, float):
        raise ValueError("a whole number, or a decimal in quotes; never a float")
    if isinstance(value, str) and NUMBER.fullmatch(value) and not CODE.match(value):
        return Decimal(value)
    return _day(value)


Several = Annotated[tuple[T, ...], BeforeValidator(_several)]
Number = Annotated[Decimal, BeforeValidator(_number)]
Duration = Annotated[str, BeforeValidator(_duration)]
LocalDay = Annotated[date, BeforeValidator(_day)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$")]
Scalar = bool | int | Decimal | date | str
Value = Annotated[Scalar, BeforeValidator(_scalar)]


class Cells(Mapping[str, T]):
    """A mapping that cannot change and can be hashed."""

    __slots__ = ("_cells",)

    def __init__(self, cells: Mapping[str, T]) -> None:
        self._cells = dict(cells)

    def __getitem__(self, name: str) -> T:
        return self._cells[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __hash__(self) -> int:
        return hash(frozenset(self._cells.items()))

    def __repr__(self) -> str:
        return f"Cells({self._cells!r})"


class Words(Part):
    """A text for business people, in both languages."""

    en: str = ""
    zh: str = ""

    def __getitem__(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


class Source(Part):
    """Where a policy comes from, and what that clause says in our own words."""

    document: str
    clause: str = ""
    says: Words


class Validity(Part):
    """Half-open local days: `until` is the first day no longer covered."""

    from_: LocalDay = Field(alias="from")
    until: LocalDay | None = None

    def covers(self, day: date) -> bool:
        return self.from_ <= day and (self.until is None or day < self.until)

    def meets(self, other: "Validity") -> bool:
        return self.from_ < (other.until or date.max) and other.from_ < (self.until or date.max)


def plain(value: Any) -> Any:
    """The stored form: JSON values only; whole figures as numbers, others as text exactly as written."""
    if isinstance(value, Decimal):
        return int(value) if minor_places(value) == 0 else f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Part):
        fields = type(value).model_fields.items()
        said = {field.alias or name: (getattr(value, name), field.get_default()) for name, field in fields}
        return {name: plain(inner) for name, (inner, default) in said.items() if inner != default}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def paths(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside a raw document with its path, such as `table.rows[2].from`."""
    yield path, value
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from paths(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from paths(inner, f"{path}[{index}]")
