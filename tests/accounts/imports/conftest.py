"""The house whose sheets are brought in."""

from tests.accounts.work.conftest import house

__all__ = ["house"]
