"""A price list as a sheet: what is written can be read again, and says the same."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from openpyxl import Workbook
from pydantic import ValidationError

from services.pricing.catalogue.domain import ListPrice
from services.pricing.catalogue.schemas import NewPrice
from shared.errors import FieldError, Language, Problem, Words
from shared.http.field_errors import pointer_to, words_of
from shared.money import Money
from shared.sheets.header import by_heading, read_header
from shared.sheets.reading import BadCell, Line, cell_name
from shared.sheets.values import iso_day


class PriceColumn(NamedTuple):
    name: str
    en: str
    zh: str


SKU = PriceColumn("sku", "SKU", "产品编码")
PRICE = PriceColumn("price", "Price", "价格")
FLOOR = PriceColumn("floor", "Floor price", "底价")
CURRENCY = PriceColumn("currency", "Currency", "币种")
VALID_FROM = PriceColumn("valid_from", "Valid from", "生效日期")
VALID_UNTIL = PriceColumn("valid_until", "Ends before", "失效日期")
COLUMNS = (SKU, PRICE, FLOOR, CURRENCY, VALID_FROM, VALID_UNTIL)
REQUIRED = (SKU, PRICE, CURRENCY, VALID_FROM)
BY_HEADING = by_heading(COLUMNS)
RANGE_MARKS = ("-", "–", "—", "~", "～", "至", "到", "…")
PARTS: Mapping[str, str] = {
    "/price/amount": "price",
    "/price/currency": "currency",
    "/floor/amount": "floor",
    "/floor/currency": "currency",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of the sheet says, with the cell of each column; cells that hold no value say why."""

    cells: Mapping[str, str]
    texts: Mapping[str, str]
    bad: Sequence[FieldError] = field(default=())

    @property
    def is_range(self) -> bool:
        """Two figures where one belongs: `900-1000`, `900至1000` (P1)."""
        parts = self.texts.get(PRICE.name, "")
        for mark in RANGE_MARKS:
            parts = parts.replace(mark, " ")
        figures = parts.split()
        return len(figures) > 1 and all(figure.replace(".", "", 1).isdigit() for figure in figures)

    def price(self) -> NewPrice:
        """Raises ValidationError."""
        return NewPrice.model_validate(self._plain())

    def _plain(self) -> dict[str, Any]:
        texts = self.texts
        currency = texts.get("currency")
        plain: dict[str, Any] = {name: iso_day(texts[name]) for name in ("valid_from", "valid_until") if name in texts}
        plain |= {"sku": texts["sku"]} if "sku" in texts else {}
        for name in ("price", "floor"):
            if name in texts:
                plain[name] = {"amount": texts[name], "currency": currency} if currency else {"amount": texts[name]}
        return plain

    def faults(self, error: ValidationError) -> list[FieldError]:
        """Each wrong cell once."""
        plain = self._plain()
        found: dict[str, FieldError] = {}
        for one in error.errors():
            at = self.at(pointer_to(one, path=one["loc"], sent=plain))
            found.setdefault(at, FieldError(at, one["type"], words_of(one)))
        return list(found.values())

    def refused(self, problem: Problem) -> list[FieldError]:
        """What a use case refused, at the cells it pointed at; what it did not point at is the product's."""
        said = problem.detail or problem.title
        errors = problem.errors or (FieldError("/sku", problem.code, said),)
        return [FieldError(self.at(error.pointer), error.code, error.detail) for error in errors]

    def at(self, pointer: str) -> str:
        """The cell for a field of a price."""
        return f"/{self.cells.get(PARTS.get(pointer, pointer.strip('/').partition('/')[0]), pointer)}"


def rows_of(lines: Iterable[Line]) -> Iterator[Row]:
    """The lines below the first, by the columns it names. Raises WrongHeader."""
    rest = iter(lines)
    columns = [column for _, column in read_header(next(rest, None), BY_HEADING, REQUIRED)]
    for line in rest:
        yield _row(line, columns)


def _row(line: Line, columns: Sequence[PriceColumn]) -> Row:
    cells = {column.name: cell_name(line.row, place) for place, column in enumerate(columns)}
    texts: dict[str, str] = {}
    bad: list[FieldError] = []
    for place, cell in enumerate(line.cells):
        where = f"/{cell_name(line.row, place)}"
        if isinstance(cell, BadCell):
            bad.append(FieldError(where, cell.code, cell.detail))
        elif place >= len(columns) and cell:
            beyond: Words = {"en": "beyond the last named column", "zh": "超出最后一个有列名的列"}
            bad.append(FieldError(where, "no_column", beyond))
        elif cell:
            texts[columns[place].name] = cell
    return Row(cells, texts, bad)


def as_csv(prices: Iterable[ListPrice], language: Language) -> bytes:
    """UTF-8 with the mark by which spreadsheets know it."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(_written(prices, language))
    return written.getvalue().encode("utf-8-sig")


def as_workbook(prices: Iterable[ListPrice], language: Language) -> bytes:
    """Every cell is text, so that a figure stays as exact as it was written."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("prices" if language == "en" else "价目")
    for row in _written(prices, language):
        sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _written(prices: Iterable[ListPrice], language: Language) -> Iterator[list[str]]:
    yield [column.en if language == "en" else column.zh for column in COLUMNS]
    for price in prices:
        figures = [str(Money(minor, price.currency)) for minor in (price.price_minor, price.floor_minor)]
        until = price.valid_until.isoformat() if price.valid_until else ""
        yield [price.sku, *figures, price.currency, price.valid_from.isoformat(), until]
