"""Tables are named and constrained the same way everywhere, so that migrations and models can be compared."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def service_base() -> type[DeclarativeBase]:
    """A declarative base of its own for one service: `Base = service_base()` in services/<service>/database.py."""

    class ServiceBase(DeclarativeBase):
        metadata = MetaData(naming_convention=NAMING)

    return ServiceBase
