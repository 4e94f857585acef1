"""A price list brought in as a sheet is merged as a whole, or refused as a whole with every wrong cell (P1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, NamedTuple

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.catalogue import repository, service
from services.pricing.catalogue.dating import DatedPrices
from services.pricing.catalogue.domain import UnknownProduct
from services.pricing.catalogue.schemas import NewPrice, listed_price
from services.pricing.catalogue.sheet import Row
from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.policy.rulebook import Rulebook
from shared.sheets.faults import SheetTooLarge

MOST_PRICES = 50_000
MOST_ERRORS = 200
ReadRow = tuple[Row, NewPrice]


class WrongPrices(ValidationProblem):
    """422 with each wrong cell; nothing of the sheet was taken."""

    code = "wrong_prices"
    title: ClassVar[Words] = {"en": "Some cells are wrong; nothing was taken", "zh": "部分单元格有误，未导入任何价格"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one file for one price list."""

    price_list: str
    rows: Sequence[Row]


class Merged(NamedTuple):
    """What became of a sheet: `published` are new, `ended` were open or longer before, `unchanged` were known."""

    rows: int
    published: int
    ended: int
    unchanged: int


def readable(rows: Iterable[Row]) -> list[Row]:
    """Raises SheetTooLarge, and WrongHeader of the sheet."""
    found: list[Row] = []
    for row in rows:
        if len(found) == MOST_PRICES:
            raise SheetTooLarge({"en": f"More than {MOST_PRICES} prices.", "zh": f"超过{MOST_PRICES}行价格。"})
        found.append(row)
    return found


async def merge_sheet(session: AsyncSession, sheet: Sheet, *, rules: Rulebook, today: date, now: datetime) -> Merged:
    """What the sheet does not name stays as it is. Raises WrongPrices."""
    read, faults = _read(sheet.rows, rules=rules, now=now)
    skus = {price.sku for _, price in read}
    products = await repository.skus_known(session, skus)
    dated = DatedPrices.of(await repository.prices_for_entering(session, sheet.price_list, skus), today)
    for row, price in read:
        try:
            if price.sku not in products:
                raise UnknownProduct({"en": f"{price.sku} is no product", "zh": f"没有产品{price.sku}"})
            service.enter(dated, listed_price(sheet.price_list, price))
        except Problem as problem:
            faults += row.refused(problem)
    if faults:
        raise _wrong(faults)
    entered = dated.entered()
    await service.keep_entered(session, entered, now=now)
    return Merged(len(sheet.rows), len(entered.added), len(entered.ended), entered.unchanged)


def _read(
    rows: Sequence[Row], *, rules: Rulebook, now: datetime
) -> tuple[list[tuple[Row, NewPrice]], list[FieldError]]:
    read: list[tuple[Row, NewPrice]] = []
    faults: list[FieldError] = []
    for row in rows:
        try:
            if row.is_range:
                service.refuse_a_range(rules, is_range=True, now=now)
            if row.bad:
                faults += row.bad
            else:
                read.append((row, row.price()))
        except ValidationError as error:
            faults += row.faults(error)
        except Problem as problem:
            faults += row.refused(problem)
    return read, faults


def _wrong(faults: Sequence[FieldError]) -> WrongPrices:
    """The first of them, since thousands of one mistake say no more."""
    count = len(faults)
    words: Words = {"en": f"{count} cells are wrong.", "zh": f"共{count}个单元格有误。"}
    return WrongPrices(words, errors=faults[:MOST_ERRORS])
