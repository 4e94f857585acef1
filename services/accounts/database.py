"""The base of every table of the accounts service."""

from shared.db.metadata import service_base

Base = service_base()
