"""The base of every table of the accounts service."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from shared.db.metadata import NAMING


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
