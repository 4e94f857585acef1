"""The base of every table of the accounts service."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, MetaData, any_, literal
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from shared.db.metadata import NAMING


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


def one_of(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """The column is among any number of values, sent as one array: a statement has at most 32,767 parameters."""
    return column == any_(literal(list(values), ARRAY(column.type)))
