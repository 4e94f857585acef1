"""Routes of users, and of who you are."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy import Row

from services.accounts.identity import repository, service
from services.accounts.identity.domain import NewUser, UserChange, UserNotFound
from services.accounts.identity.hashing import hash_for_changed_user, hash_for_new_user
from services.accounts.identity.schemas import Me, PermissionShown, UserChanged, UserCreated, UserShown
from services.accounts.identity.service import Act
from shared.auth.permissions import permission_table
from shared.auth.principal import Principal
from shared.db.mechanisms import person
from shared.errors import Language, in_language
from shared.http.conditional import IfMatch, show_version
from shared.http.dependencies import Now, Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.problems import language_of
from shared.http.routes import Router

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


async def _show_user(session: Session, user_id: str, response: Response) -> UserShown:
    row = await repository.find_user(session, user_id=user_id)
    if row is None:
        raise UserNotFound
    show_version(response, row.version)
    return _user(row)


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


def _permission(caller: Principal, name: str, language: Language) -> PermissionShown:
    reach = caller.reach(name)
    return PermissionShown(
        permission=name,
        title=in_language(permission_table()[name].title, language),
        everywhere=reach.everywhere,
        branches=sorted(reach.branches),
    )
