"""The base of every table of the pricing service."""

from typing import Annotated

from sqlalchemy import BigInteger
from sqlalchemy.orm import mapped_column

from shared.db.metadata import service_base

Base = service_base()

Minor = Annotated[int, mapped_column(BigInteger)]
"""An amount in minor units: a year of a large account passes 2^31."""
