"""The base of every table of the pricing service."""

from collections.abc import Iterable
from typing import Annotated, Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, MetaData, any_, literal
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, mapped_column

from shared.db.metadata import NAMING


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


Minor = Annotated[int, mapped_column(BigInteger)]
"""An amount in minor units: a year of a large account passes 2^31."""


def one_of(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """The column is among thousands of values, sent as one array: an IN list would be written out each time."""
    return column == any_(literal(list(values), ARRAY(column.type)))
