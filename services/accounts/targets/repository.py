"""Plans by whom they are for; a caller's reach is part of the query."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.domain import AccountMerged
from services.accounts.dossiers.models import Account
from services.accounts.targets.domain import Scope, ScopeKind
from services.accounts.targets.models import KpiTarget, SalesTarget
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.calendar import Period
from shared.db.mechanisms import person, role_holding

Target = SalesTarget | KpiTarget
ROLES: dict[ScopeKind, tuple[str, ...]] = {
    ScopeKind.rep: ("account_rep",),
    ScopeKind.manager: ("key_account_manager", "branch_manager"),
}


def people(kind: ScopeKind, *, span: Period, reach: Reach) -> Select[Any]:
    """`(user_id, name)` of those who held a role of the kind on a day of the span, within the caller's reach."""
    held = role_holding.c
    holds = held.role.in_(ROLES[kind]), held.valid_from < span.until
    still = or_(held.valid_until.is_(None), held.valid_until > span.first)
    seen = within(reach, branch=held.branch, user=held.user_id)
    found = select(held.user_id).where(*holds, still, seen)
    return select(person.c.user_id, person.c.name).where(person.c.user_id.in_(found))


async def scope_exists(
    session: AsyncSession, *, scope: Scope, span: Period, reach: Reach, branches: Collection[str]
) -> bool:
    """Whether there is such a person, branch or account within reach; raises AccountMerged for one that went."""
    if scope.kind is ScopeKind.branch:
        return scope.id in branches and reach.covers(branch=scope.id)
    if scope.kind is ScopeKind.account:
        seen = within(reach, branch=Account.branch, account=Account.id)
        query = select(Account.id, Account.merged_into).where(Account.id == scope.id, seen)
        found = (await session.execute(query)).one_or_none()
        if found is not None and found.merged_into is not None:
            raise AccountMerged(found.id, found.merged_into)
        return found is not None
    query = people(scope.kind, span=span, reach=reach).where(person.c.user_id == scope.id)
    return (await session.execute(query)).first() is not None


def seen_by(reach: Reach, table: Any) -> ColumnElement[bool]:
    """Rows of the caller's branches, of people of the days they had a role there, of their accounts, and his own."""
    if reach.everywhere:
        return true()
    branches, held = sorted(reach.branches), role_holding.c
    there_then = exists().where(
        held.user_id == table.scope_id,
        held.branch.in_(branches),
        held.valid_from < table.valid_until,
        or_(held.valid_until.is_(None), held.valid_until > func.greatest(table.valid_from, held.valid_from)),
    )
    theirs = select(Account.id).where(within(reach, branch=Account.branch, account=Account.id))
    of_people = table.scope.not_in([ScopeKind.branch, ScopeKind.account])
    return or_(
        false(),
        (table.scope == ScopeKind.branch) & table.scope_id.in_(branches),
        of_people & (there_then | (table.scope_id == reach.user_id)),
        (table.scope == ScopeKind.account) & table.scope_id.in_(theirs),
    )


async def supersede(session: AsyncSession, table: type[Target], *, at: datetime, **key: str) -> None:
    """End what stood under the key; who sets the same plan at once waits here."""
    lock = func.hashtextextended("/".join((table.__tablename__, *key.values())), 0)
    await session.execute(select(func.pg_advisory_xact_lock(lock)))
    same = [getattr(table, name) == value for name, value in key.items()]
    await session.execute(update(table).where(*same, table.superseded_at.is_(None)).values(superseded_at=at))


async def sales_targets_known(
    session: AsyncSession, *, scopes: Collection[Scope], span: Period, known_at: datetime
) -> Sequence[SalesTarget]:
    """Sales plans of the scopes that lie within the span, as they stood at an instant."""
    return list(await session.scalars(_known(SalesTarget, scopes, span, known_at)))


async def kpi_targets_known(
    session: AsyncSession, *, scopes: Collection[Scope], span: Period, known_at: datetime
) -> Sequence[KpiTarget]:
    return list(await session.scalars(_known(KpiTarget, scopes, span, known_at)))


def _known(table: type[Target], scopes: Collection[Scope], span: Period, known_at: datetime) -> Select[Any]:
    theirs = [(table.scope == scope.kind) & (table.scope_id == scope.id) for scope in scopes]
    inside = table.valid_from >= span.first, table.valid_until <= span.until
    stood = table.recorded_at <= known_at, or_(table.superseded_at.is_(None), table.superseded_at > known_at)
    return select(table).where(or_(false(), *theirs), *inside, *stood)


def current(table: type[Target], *, reach: Reach) -> Select[Any]:
    return select(table).where(table.superseded_at.is_(None), seen_by(reach, table))


def covers_day(table: type[Target], day: date) -> ColumnElement[bool]:
    return (table.valid_from <= day) & (table.valid_until > day)
