"""Routes of roles from a day on, and of employment."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Query, Response
from sqlalchemy import Row

from services.accounts.branches import branches_of
from services.accounts.identity import repository, service
from services.accounts.identity.api import UserPath
from services.accounts.identity.domain import Employment, NewHolding, UserNotFound
from services.accounts.identity.schemas import (
    EmploymentRecorded,
    LeaveTaken,
    RoleEnded,
    RoleGiven,
    RoleShown,
    RolesShown,
)
from services.accounts.identity.service import Act
from shared.auth.principal import Principal
from shared.http.conditional import IfMatch, show_version
from shared.http.dependencies import Now, Session, Today, allowed
from shared.http.moments import Day
from shared.http.routes import Router
from shared.policy.api import Policies

router = Router(tags=["identity"])


@router.get("/users/{user_id}/roles", dependencies=[allowed("users.read")])
async def list_roles(
    user_id: UserPath,
    session: Session,
    on: Annotated[Day | None, Query(description="only those held on this day")] = None,
) -> RolesShown:
    """The roles a user held, holds and will hold."""
    return RolesShown(items=[_role(row) for row in await repository.list_holdings(session, user_id=user_id, on=on)])


@router.post("/users/{user_id}/roles", status_code=201)
async def assign_role(
    *,
    user_id: UserPath,
    wanted: RoleGiven,
    session: Session,
    now: Now,
    today: Today,
    policies: Policies,
    caller: Annotated[Principal, allowed("roles.write")],
) -> RoleShown:
    """Give a role to somebody else, from a day on; where it is held in a branch, in one of the table `branches`."""
    holding = NewHolding(
        role=wanted.role,
        branch=wanted.branch,
        department=wanted.department,
        valid_from=wanted.valid_from or today,
        valid_until=wanted.valid_until,
    )
    branches, act = branches_of(policies.in_force(today)), Act(caller.user_id, now)
    holding_id = await service.assign_role(session, user_id=user_id, wanted=holding, branches=branches, act=act)
    return await _show_role(session, user_id, holding_id)


@router.post("/users/{user_id}/roles/{holding_id}/end")
async def end_role(
    *,
    user_id: UserPath,
    holding_id: Annotated[str, Path(description="the holding's id", max_length=100)],
    wanted: RoleEnded,
    session: Session,
    now: Now,
    today: Today,
    caller: Annotated[Principal, allowed("roles.write")],
) -> RoleShown:
    """End somebody else's role; what was decided in it before stays decided."""
    until = max(wanted.valid_until or today, today)
    act = Act(caller.user_id, now)
    await service.end_role(session, user_id=user_id, holding_id=holding_id, until=until, act=act)
    return await _show_role(session, user_id, holding_id)


@router.get("/users/{user_id}/employment", dependencies=[allowed("employment.read")])
async def read_employment(user_id: UserPath, response: Response, session: Session) -> EmploymentRecorded:
    """When the user joined, left and was away, and who his line manager is."""
    return await _show_employment(session, user_id, response)


@router.put("/users/{user_id}/employment")
async def record_employment(
    *,
    user_id: UserPath,
    wanted: EmploymentRecorded,
    version: IfMatch,
    response: Response,
    session: Session,
    now: Now,
    today: Today,
    caller: Annotated[Principal, allowed("employment.write")],
) -> EmploymentRecorded:
    """Record the whole employment; who has left can no longer act. Another manager leads from today on."""
    employment = Employment(
        joined_on=wanted.joined_on,
        left_on=wanted.left_on,
        manager_id=wanted.manager_id,
        leaves=tuple((leave.since, leave.until) for leave in wanted.leaves),
    )
    act = Act(caller.user_id, now)
    await service.record_employment(
        session, user_id=user_id, employment=employment, expected_version=version, today=today, act=act
    )
    return await _show_employment(session, user_id, response)


async def _show_employment(session: Session, user_id: str, response: Response) -> EmploymentRecorded:
    row = await repository.find_user(session, user_id=user_id)
    if row is None:
        raise UserNotFound
    show_version(response, row.version)
    leaves = [LeaveTaken(since=leave["since"], until=leave["until"]) for leave in row.leaves]
    return EmploymentRecorded(joined_on=row.joined_on, left_on=row.left_on, manager_id=row.manager_id, leaves=leaves)


async def _show_role(session: Session, user_id: str, holding_id: str) -> RoleShown:
    holdings: Sequence[Row[Any]] = await repository.list_holdings(session, user_id=user_id)
    return next(_role(row) for row in holdings if row.holding_id == holding_id)


def _role(row: Row[Any]) -> RoleShown:
    return RoleShown(
        holding_id=row.holding_id,
        role=row.role,
        branch=row.branch,
        department=row.department,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )
