"""Routes of users, roles, employment and API keys."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy import Row, select

from services.accounts.branches import branches_of
from services.accounts.edge import settings_of
from services.accounts.identity import repository, service
from services.accounts.identity.domain import (
    Employment,
    NewApiKey,
    NewHolding,
    NewUser,
    UserChange,
    UserNotFound,
)
from services.accounts.identity.hashing import hash_for_changed_user, hash_for_new_user
from services.accounts.identity.models import ApiKey
from services.accounts.identity.schemas import (
    ApiKeyIssued,
    ApiKeyShown,
    ApiKeyWithSecret,
    EmploymentRecorded,
    LeaveTaken,
    Me,
    PermissionShown,
    RoleEnded,
    RoleGiven,
    RoleShown,
    RolesShown,
    SigningKeyRotated,
    UserChanged,
    UserCreated,
    UserShown,
)
from services.accounts.identity.service import Act
from shared.auth.permissions import permission_table
from shared.auth.principal import Principal
from shared.db.mechanisms import person
from shared.errors import Language, in_language
from shared.http.conditional import IfMatch, show_version
from shared.http.dependencies import Now, Session, Today, allowed
from shared.http.moments import Day
from shared.http.pages import Page, PageQuery, newest_first, oldest_first, read_page
from shared.http.problems import language_of
from shared.http.routes import Router, shown_once
from shared.policy.api import Policies

router = Router(tags=["identity"])

UserPath = Annotated[str, Path(description="the user's id", max_length=100)]


@router.get("/me")
async def read_me(request: Request, caller: Annotated[Principal, allowed("me.read")]) -> Me:
    """Who you are here, and what you may do today."""
    language = language_of(request.headers)
    return Me(
        user_id=caller.user_id,
        name=caller.name,
        kind=caller.kind,
        account_id=caller.account_id,
        roles=sorted(caller.roles),
        permissions=[_permission(caller, name, language) for name in permission_table().names if caller.may(name)],
    )


@router.post("/users", status_code=201, dependencies=[Depends(hash_for_new_user)])
async def create_user(
    *,
    wanted: UserCreated,
    password_hash: Annotated[str | None, Depends(hash_for_new_user)],
    response: Response,
    session: Session,
    now: Now,
    caller: Annotated[Principal, allowed("users.write")],
) -> UserShown:
    """Create a person or a machine; roles are given separately, by somebody else than who gets them."""
    new = NewUser(
        name=wanted.name,
        kind=wanted.kind,
        login=wanted.login,
        password_hash=password_hash,
        account_id=wanted.account_id,
        user_id=wanted.user_id,
    )
    user_id = await service.create_user(session, wanted=new, act=Act(caller.user_id, now))
    response.headers["Location"] = f"/v1/users/{user_id}"
    return await _show_user(session, user_id, response)


@router.get("/users", dependencies=[allowed("users.read")])
async def list_users(
    session: Session,
    page: PageQuery,
    kind: Annotated[
        str | None, Query(pattern="^(person|machine)$", description="person or machine", examples=["person"])
    ] = None,
    active: Annotated[bool | None, Query(description="only active users, or only those who are not")] = None,
    login: Annotated[str | None, Query(max_length=100, description="the user of this login")] = None,
) -> Page[UserShown]:
    """Users, oldest first."""
    query = repository.users_with_persons()
    if kind is not None:
        query = query.where(person.c.kind == kind)
    if active is not None:
        query = query.where(person.c.active.is_(active))
    if login is not None:
        query = query.where(repository.has_login(login))
    return await read_page(session, query, asked=page, by=oldest_first(person.c.user_id), show=_user)


@router.get("/users/{user_id}", dependencies=[allowed("users.read")])
async def read_user(user_id: UserPath, response: Response, session: Session) -> UserShown:
    """One user; the ETag is needed to change him."""
    return await _show_user(session, user_id, response)


@router.patch("/users/{user_id}", dependencies=[Depends(hash_for_changed_user)])
async def change_user(
    *,
    user_id: UserPath,
    wanted: UserChanged,
    password_hash: Annotated[str | None, Depends(hash_for_changed_user)],
    version: IfMatch,
    response: Response,
    session: Session,
    now: Now,
    caller: Annotated[Principal, allowed("users.write")],
) -> UserShown:
    """Rename, deactivate or set a new password; the last two end the user's sessions."""
    change = UserChange(name=wanted.name, active=wanted.active, password_hash=password_hash)
    act = Act(caller.user_id, now)
    await service.change_user(session, user_id=user_id, change=change, expected_version=version, act=act)
    return await _show_user(session, user_id, response)


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


@router.post("/api-keys", status_code=201)
@shown_once("secret")
async def issue_api_key(
    wanted: ApiKeyIssued, session: Session, now: Now, caller: Annotated[Principal, allowed("api_keys.write")]
) -> ApiKeyWithSecret:
    """Issue a key for a machine; its secret is shown this once."""
    new = NewApiKey(wanted.name, frozenset(wanted.scopes), wanted.expires_at)
    act = Act(caller.user_id, now)
    key, secret = await service.issue_api_key(session, user_id=wanted.user_id, wanted=new, act=act)
    return ApiKeyWithSecret(**_api_key(key).model_dump(), secret=secret)


@router.get("/api-keys", dependencies=[allowed("api_keys.read")])
async def list_api_keys(
    session: Session,
    page: PageQuery,
    user_id: Annotated[str | None, Query(max_length=100, description="only this machine's keys")] = None,
) -> Page[ApiKeyShown]:
    """Keys, newest first, without their secrets."""
    query = select(ApiKey)
    if user_id is not None:
        query = query.where(ApiKey.user_id == user_id)
    return await read_page(session, query, asked=page, by=newest_first(ApiKey.created_at, ApiKey.key_id), show=_api_key)


@router.post("/signing-keys/rotate", status_code=201)
async def rotate_signing_key(
    request: Request, session: Session, now: Now, caller: Annotated[Principal, allowed("signing_keys.rotate")]
) -> SigningKeyRotated:
    """Sign with a fresh key from now on; what the old one signed stays good until it expires."""
    kid = await service.rotate_signing_key(session, settings=settings_of(request), act=Act(caller.user_id, now))
    return SigningKeyRotated(kid=kid)


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(
    key_id: Annotated[str, Path(description="the key's id", max_length=100)],
    session: Session,
    now: Now,
    caller: Annotated[Principal, allowed("api_keys.write")],
) -> None:
    """Revoke a key: no further token is made for it."""
    await service.revoke_api_key(session, key_id=key_id, act=Act(caller.user_id, now))


async def _show_user(session: Session, user_id: str, response: Response) -> UserShown:
    row = await repository.find_user(session, user_id=user_id)
    if row is None:
        raise UserNotFound
    show_version(response, row.version)
    return _user(row)


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


def _user(row: Row[Any]) -> UserShown:
    return UserShown(
        user_id=row.user_id,
        name=row.name,
        kind=row.kind,
        login=row.login,
        active=row.active,
        account_id=row.account_id,
        version=row.version,
    )


def _role(row: Row[Any]) -> RoleShown:
    return RoleShown(
        holding_id=row.holding_id,
        role=row.role,
        branch=row.branch,
        department=row.department,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _api_key(key: ApiKey) -> ApiKeyShown:
    return ApiKeyShown.model_validate(key, from_attributes=True)


def _permission(caller: Principal, name: str, language: Language) -> PermissionShown:
    reach = caller.reach(name)
    return PermissionShown(
        permission=name,
        title=in_language(permission_table()[name].title, language),
        everywhere=reach.everywhere,
        branches=sorted(reach.branches),
    )
