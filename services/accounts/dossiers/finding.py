"""Accounts by what else is known of them: their name, class, tier and key-account list of a day, each by an index."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from services.accounts.dossiers.models import Account
from services.accounts.membership.models import TierRow
from services.accounts.programmes.models import ListMember
from services.accounts.ratings.models import ClassRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller looks for, each None where it doesn't matter."""

    name: str | None = None
    grade: str | None = None
    tier: str | None = None
    half_year: str | None = None


def found_by(wanted: Wanted, *, on: date) -> list[ColumnElement[bool]]:
    """What holds for every account that is looked for, as of a day."""
    found = []
    if wanted.name is not None:
        found.append(func.lower(Account.legal_name).startswith(wanted.name.lower(), autoescape=True))
    if wanted.grade is not None:
        found.append(Account.id.in_(of_class(wanted.grade, on)))
    if wanted.tier is not None:
        found.append(Account.id.in_(of_tier(wanted.tier, on)))
    if wanted.half_year is not None:
        found.append(Account.id.in_(select(ListMember.account_id).where(ListMember.half_year == wanted.half_year)))
    return found


def of_class(grade: str, on: date) -> Select[str]:
    """The accounts whose class of the day it is, by the same order as `class_on`."""
    above = aliased(ClassRow)
    covers = and_(ClassRow.valid_from <= on, or_(ClassRow.valid_until.is_(None), ClassRow.valid_until > on))
    other_covers = and_(above.valid_from <= on, or_(above.valid_until.is_(None), above.valid_until > on))
    rank = tuple_(ClassRow.valid_until.is_not(None), ClassRow.valid_from, ClassRow.recorded_at)
    other_rank = tuple_(above.valid_until.is_not(None), above.valid_from, above.recorded_at)
    overruled = exists().where(above.account_id == ClassRow.account_id, other_covers, other_rank > rank)
    return select(ClassRow.account_id).where(ClassRow.grade == grade, covers, ~overruled)


def of_tier(tier: str, on: date) -> Select[str]:
    """The accounts whose tier of the day it is, by the same order as `standing_on`."""
    later = aliased(TierRow)
    rank, other_rank = tuple_(TierRow.recorded_at, TierRow.id), tuple_(later.recorded_at, later.id)
    overruled = exists().where(later.account_id == TierRow.account_id, later.valid_from <= on, other_rank > rank)
    return select(TierRow.account_id).where(TierRow.tier == tier, TierRow.valid_from <= on, ~overruled)
