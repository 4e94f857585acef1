"""The read model of who works here and in which roles; the same tables in every service, fed by `people.v1`."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Select, Text, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Holding, Principal
from shared.consumer import EventHandler
from shared.db.mechanisms import person, role_holding
from shared.events.envelope import Event
from shared.events.people import EmploymentChanged, RoleAssigned, RoleEnded, UserChanged


async def find_principal(
    session: AsyncSession, *, user_id: str, on: date, scopes: frozenset[str] | None = None
) -> Principal | None:
    """The active user with the roles held on that day; None when unknown here, not active or gone by then."""
    found = (await session.execute(_ACTIVE_WITH_ROLES, {"user": user_id, "day": on})).all()
    if not found:
        return None
    holdings = frozenset(Holding(row.role, row.branch, row.department) for row in found if row.role)
    first = found[0]
    return Principal(user_id, first.name, first.kind, holdings, first.account_id, scopes)


async def apply_user_changed(session: AsyncSession, event: UserChanged) -> None:
    await _upsert_person(
        session,
        event.user_id,
        {"name": event.name, "kind": event.kind, "active": event.active, "account_id": event.account_id},
    )


async def apply_employment_changed(session: AsyncSession, event: EmploymentChanged) -> None:
    leaves = [leave.model_dump(mode="json") for leave in event.leaves]
    employment = {"joined_on": event.joined_on, "left_on": event.left_on, "manager_id": event.manager_id}
    await _upsert_person(session, event.user_id, {**employment, "leaves": leaves})


async def apply_role_assigned(session: AsyncSession, event: RoleAssigned) -> None:
    holding = event.model_dump(exclude={"occurred_at"})
    statement = insert(role_holding).values(holding)
    await session.execute(statement.on_conflict_do_update(index_elements=["holding_id"], set_=holding))


async def apply_role_ended(session: AsyncSession, event: RoleEnded) -> None:
    # A holding that was to begin later and is taken back before never counts: it ends where it begins.
    ends = func.greatest(event.valid_until, role_holding.c.valid_from)
    await session.execute(
        update(role_holding).where(role_holding.c.holding_id == event.holding_id).values(valid_until=ends)
    )


PEOPLE_HANDLERS: dict[type[Event], EventHandler] = {
    UserChanged: apply_user_changed,
    EmploymentChanged: apply_employment_changed,
    RoleAssigned: apply_role_assigned,
    RoleEnded: apply_role_ended,
}


def _active_with_roles() -> Select[Any]:
    user, day = bindparam("user", type_=Text), bindparam("day", type_=Date)
    held_that_day = and_(
        role_holding.c.user_id == person.c.user_id,
        role_holding.c.valid_from <= day,
        or_(role_holding.c.valid_until.is_(None), role_holding.c.valid_until > day),
    )
    columns = (person.c.name, person.c.kind, person.c.account_id)
    held = (role_holding.c.role, role_holding.c.branch, role_holding.c.department)
    here = (person.c.user_id == user, person.c.active, or_(person.c.left_on.is_(None), person.c.left_on > day))
    return select(*columns, *held).select_from(person.outerjoin(role_holding, held_that_day)).where(*here)


# Asked by every request: built once.
_ACTIVE_WITH_ROLES = _active_with_roles()


async def _upsert_person(session: AsyncSession, user_id: str, values: dict[str, Any]) -> None:
    """Events of one user come in order, so the first one is the user himself; what it leaves open is filled later."""
    blank = {"name": user_id, "kind": "person", "active": False}
    statement = insert(person).values({**blank, **values, "user_id": user_id})
    await session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))
