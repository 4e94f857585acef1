"""Users come, hold roles for a time, and go; every change is an event for the other services and an audit entry."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.identity import repository
from services.accounts.identity.domain import (
    ApiKeyNotFound,
    Employment,
    Holder,
    HoldingNotFound,
    KeyForMachinesOnly,
    LoginTaken,
    NewApiKey,
    NewHolding,
    NewUser,
    OutsideIssuer,
    OwnRole,
    RoleAlreadyEnded,
    RoleAlreadyHeld,
    RoleRule,
    UserChange,
    UserNotFound,
    check_employment,
    check_holding,
)
from services.accounts.identity.issuer import rotate_keys
from services.accounts.identity.models import ApiKey, Leading, User
from services.accounts.settings import AccountsSettings
from shared import audit, outbox
from shared.auth.people import PEOPLE_HANDLERS
from shared.auth.permissions import permission_table
from shared.clock import system_now
from shared.errors import FieldError, ValidationProblem, Words
from shared.events.people import EmploymentChanged, Leave, PeopleEvent, RoleAssigned, RoleEnded, UserChanged
from shared.http.conditional import require_version
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, and when (business time)."""

    actor: str
    now: datetime


async def create_user(session: AsyncSession, *, wanted: NewUser, act: Act) -> str:
    """Returns the new user's id; raises LoginTaken, and ValidationProblem for a customer's user of no account."""
    user_id = wanted.user_id or str(new_id())
    if await repository.user_or_login_exists(session, user_id=user_id, login=wanted.login):
        raise LoginTaken
    if wanted.account_id is not None:
        await _check_account(session, account_id=wanted.account_id)
    session.add(User(user_id=user_id, login=wanted.login, password_hash=wanted.password_hash, version=1))
    await session.flush()
    changed = UserChanged(
        occurred_at=act.now,
        user_id=user_id,
        name=wanted.name,
        kind="machine" if wanted.kind == "machine" else "person",
        active=True,
        account_id=wanted.account_id,
    )
    await _apply(session, changed, act=act, action="user.created", detail={"login": wanted.login})
    return user_id


async def change_user(
    session: AsyncSession, *, user_id: str, change: UserChange, expected_version: int, act: Act
) -> None:
    """Raises UserNotFound, PreconditionFailed; a password or a deactivation ends the user's sessions."""
    user = await _changing(session, user_id=user_id, expected_version=expected_version)
    if change.password_hash is not None:
        await repository.set_password_hash(session, user_id=user_id, password_hash=change.password_hash)
    if change.password_hash is not None or change.active is False:
        await repository.revoke_sessions(session, user_id=user_id, at=system_now())
    changed = UserChanged(
        occurred_at=act.now,
        user_id=user_id,
        name=change.name if change.name is not None else user.name,
        kind=user.kind,
        active=change.active if change.active is not None else user.active,
        account_id=user.account_id,
    )
    detail = {"active": changed.active, "password_set": change.password_hash is not None}
    await _apply(session, changed, act=act, action="user.changed", detail=detail)


async def assign_role(
    session: AsyncSession, *, user_id: str, wanted: NewHolding, branches: Collection[str], act: Act
) -> str:
    """Returns the holding's id; raises OwnRole, UserNotFound, ValidationProblem, RoleAlreadyHeld."""
    user = await _somebody_else(session, user_id=user_id, act=act)
    known = permission_table().roles.get(wanted.role)
    rule = RoleRule(known.name, known.branch_scoped, known.held_by) if known else None
    check_holding(wanted, rule=rule, holder=Holder(user.kind, user.account_id), branches=branches)
    await repository.raise_version(session, user_id=user_id)
    if await repository.same_role_held(session, user_id=user_id, wanted=wanted):
        raise RoleAlreadyHeld
    assigned = RoleAssigned(
        occurred_at=act.now,
        user_id=user_id,
        holding_id=str(new_id()),
        role=wanted.role,
        branch=wanted.branch,
        department=wanted.department,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
    )
    await _apply(session, assigned, act=act, action="role.assigned", detail=assigned.model_dump(mode="json"))
    return assigned.holding_id


async def end_role(session: AsyncSession, *, user_id: str, holding_id: str, until: date, act: Act) -> None:
    """`until` is the first day without the role. Raises OwnRole, HoldingNotFound, RoleAlreadyEnded."""
    await _somebody_else(session, user_id=user_id, act=act)
    holding = await repository.find_holding(session, user_id=user_id, holding_id=holding_id)
    if holding is None:
        raise HoldingNotFound
    if holding.valid_until is not None and holding.valid_until <= until:
        raise RoleAlreadyEnded
    await repository.raise_version(session, user_id=user_id)
    ended = RoleEnded(
        occurred_at=act.now, user_id=user_id, holding_id=holding_id, valid_until=max(until, holding.valid_from)
    )
    await _apply(session, ended, act=act, action="role.ended", detail=ended.model_dump(mode="json"))


async def record_employment(
    session: AsyncSession, *, user_id: str, employment: Employment, expected_version: int, today: date, act: Act
) -> None:
    """Replace the user's whole employment; another manager leads from today on, and who led before stays known.

    Raises UserNotFound, ValidationProblem, PreconditionFailed.
    """
    check_employment(employment)
    if employment.manager_id is not None:
        await _check_manager(session, manager_id=employment.manager_id, user_id=user_id)
    before = await _changing(session, user_id=user_id, expected_version=expected_version)
    if employment.manager_id != before.manager_id:
        await _note_manager(session, user_id=user_id, manager_id=employment.manager_id, today=today, act=act)
    changed = EmploymentChanged(
        occurred_at=act.now,
        user_id=user_id,
        joined_on=employment.joined_on,
        left_on=employment.left_on,
        manager_id=employment.manager_id,
        leaves=tuple(Leave(since=since, until=until) for since, until in employment.leaves),
    )
    await _apply(session, changed, act=act, action="employment.changed", detail=changed.model_dump(mode="json"))


async def rotate_signing_key(session: AsyncSession, *, settings: AccountsSettings, act: Act) -> str:
    """The kid of the key that signs from now on; the old one's tokens stay good. Raises OutsideIssuer."""
    if settings.oidc_issuer:
        raise OutsideIssuer
    kid = await rotate_keys(session, settings=settings, now=system_now())
    await _note(session, act=act, action="signing_key.rotated", subject=f"signing_key/{kid}", detail={})
    return kid


async def issue_api_key(session: AsyncSession, *, user_id: str, wanted: NewApiKey, act: Act) -> tuple[ApiKey, str]:
    """The key and its secret, shown once. Raises UserNotFound, KeyForMachinesOnly, ValidationProblem."""
    user = await _existing(session, user_id=user_id)
    if user.kind != "machine":
        raise KeyForMachinesOnly
    _check_key(wanted)
    secret = secrets.token_urlsafe(32)
    key = ApiKey(
        key_id=f"key_{secrets.token_hex(8)}",
        user_id=user_id,
        name=wanted.name,
        secret_hash=hash_secret(secret),
        scopes=sorted(wanted.scopes),
        created_by=act.actor,
        created_at=system_now(),
        expires_at=wanted.expires_at,
    )
    session.add(key)
    await _note(session, act=act, action="api_key.issued", subject=f"user/{user_id}", detail={"key_id": key.key_id})
    return key, secret


async def revoke_api_key(session: AsyncSession, *, key_id: str, act: Act) -> None:
    """Raises ApiKeyNotFound; a key revoked before stays as it is."""
    key = await repository.find_api_key(session, key_id=key_id)
    if key is None:
        raise ApiKeyNotFound
    if key.revoked_at is None:
        key.revoked_at = system_now()
        detail = {"key_id": key_id}
        await _note(session, act=act, action="api_key.revoked", subject=f"user/{key.user_id}", detail=detail)


def hash_secret(secret: str) -> bytes:
    """For secrets of 256 random bits: nothing slower is needed."""
    return hashlib.sha256(secret.encode()).digest()


def _check_key(wanted: NewApiKey) -> None:
    errors = [
        FieldError("/scopes", "unknown_permission", {"en": f"no permission {scope}", "zh": f"无此权限：{scope}"})
        for scope in sorted(wanted.scopes)
        if scope not in permission_table()
    ]
    if wanted.expires_at <= system_now():
        errors.append(FieldError("/expires_at", "past", {"en": "must be in the future", "zh": "须晚于当前时间"}))
    if errors:
        raise ValidationProblem(errors=errors)


async def _note_manager(session: AsyncSession, *, user_id: str, manager_id: str | None, today: date, act: Act) -> None:
    """The first one recorded has led all along; each later one leads from the day on which he is recorded (S-D1)."""
    known = await repository.is_led(session, user_id=user_id)
    await repository.end_leading(session, user_id=user_id, until=today)
    if manager_id is None:
        return
    session.add(
        Leading(
            id=str(new_id()),
            user_id=user_id,
            manager_id=manager_id,
            valid_from=today if known else None,
            valid_until=None,
            recorded_by=act.actor,
            recorded_at=act.now,
        )
    )


async def _check_manager(session: AsyncSession, *, manager_id: str, user_id: str) -> None:
    known = manager_id != user_id and await repository.find_user(session, user_id=manager_id) is not None
    if not known:
        wrong: Words = {"en": "not another user", "zh": "须为另一位用户"}
        raise ValidationProblem(errors=[FieldError("/manager_id", "unknown_user", wrong)])


async def _check_account(session: AsyncSession, *, account_id: str) -> None:
    if not await repository.account_exists(session, account_id=account_id):
        wrong: Words = {"en": "there is no such account", "zh": "无此客户"}
        raise ValidationProblem(errors=[FieldError("/account_id", "unknown_account", wrong)])


async def _existing(session: AsyncSession, *, user_id: str) -> Row[Any]:
    user = await repository.find_user(session, user_id=user_id)
    if user is None:
        raise UserNotFound
    return user


async def _somebody_else(session: AsyncSession, *, user_id: str, act: Act) -> Row[Any]:
    if user_id == act.actor:
        raise OwnRole
    return await _existing(session, user_id=user_id)


async def _changing(session: AsyncSession, *, user_id: str, expected_version: int) -> Row[Any]:
    """The user, locked and one version on."""
    user = await _existing(session, user_id=user_id)
    require_version(await repository.raise_version(session, user_id=user_id), expected=expected_version)
    return user


async def _apply(
    session: AsyncSession, event: PeopleEvent, *, act: Act, action: str, detail: Mapping[str, Any]
) -> None:
    """The fact becomes true here and, through its event, everywhere else by the same function."""
    await PEOPLE_HANDLERS[type(event)](session, event)
    outbox.record(session, event)
    await _note(session, act=act, action=action, subject=f"user/{event.user_id}", detail=detail)


async def _note(session: AsyncSession, *, act: Act, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    await audit.append(session, audit.Entry(at=act.now, actor=act.actor, action=action, subject=subject, detail=detail))
