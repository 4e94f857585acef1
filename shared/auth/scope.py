"""A caller's reach becomes part of the query: what lies outside is not found, rather than refused."""

from typing import Any

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.auth.principal import Reach

Attribute = ColumnElement[Any] | InstrumentedAttribute[Any]


def within(
    reach: Reach, *, branch: Attribute | None = None, account: Attribute | None = None, user: Attribute | None = None
) -> ColumnElement[bool]:
    """The condition that keeps rows of the reach's branches, account or person; name the columns the table has."""
    if reach.everywhere:
        return true()
    kept: list[ColumnElement[bool]] = [false()]
    if branch is not None and reach.branches:
        kept.append(branch.in_(sorted(reach.branches)))
    if account is not None and reach.account_id is not None:
        kept.append(account == reach.account_id)
    if user is not None:
        kept.append(user == reach.user_id)
    return or_(*kept)
