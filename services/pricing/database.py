"""The base of every table of the pricing service."""

from typing import Annotated

from sqlalchemy import BigInteger, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column

from shared.db.metadata import NAMING


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


Minor = Annotated[int, mapped_column(BigInteger)]
"""An amount in minor units: a year of a large account passes 2^31."""
