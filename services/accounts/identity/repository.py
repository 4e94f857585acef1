"""Users, their roles and their credentials, asked for in the words of the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.identity.domain import NewHolding
from services.accounts.identity.models import ApiKey, Leading, LoginAttempt, RefreshToken, SigningKey, User
from shared.db.mechanisms import person, role_holding

ISSUING = 0x49535355  # advisory lock: two processes never make the next signing key, or the first user, at once


def users_with_persons() -> Select[Any]:
    """Each user with what every service knows of him."""
    return select(
        person.c.user_id,
        person.c.name,
        person.c.kind,
        person.c.active,
        person.c.account_id,
        person.c.joined_on,
        person.c.left_on,
        person.c.manager_id,
        person.c.leaves,
        User.login,
        User.version,
    ).join(User, User.user_id == person.c.user_id)


def has_login(login: str) -> ColumnElement[bool]:
    return func.lower(User.login) == login.lower()


async def find_user(session: AsyncSession, *, user_id: str) -> Row[Any] | None:
    query = users_with_persons().where(person.c.user_id == user_id)
    user: Row[Any] | None = (await session.execute(query)).one_or_none()
    return user


async def find_user_by_login(session: AsyncSession, *, login: str) -> User | None:
    """The active user of that login, upper or lower case."""
    query = select(User).join(person, person.c.user_id == User.user_id)
    return await session.scalar(query.where(has_login(login), person.c.active))


async def user_or_login_exists(session: AsyncSession, *, user_id: str, login: str | None) -> bool:
    same = or_(User.user_id == user_id, has_login(login or ""))
    return bool(await session.scalar(select(func.count()).select_from(User).where(same)))


async def account_exists(session: AsyncSession, *, account_id: str) -> bool:
    return await session.get(Account, account_id) is not None


async def any_user_exists(session: AsyncSession) -> bool:
    """Asked alone: whoever asks too waits until this transaction has ended."""
    await session.execute(select(func.pg_advisory_xact_lock(ISSUING)))
    return bool(await session.scalar(select(func.count()).select_from(select(person).limit(1).subquery())))


async def raise_version(session: AsyncSession, *, user_id: str) -> int:
    """Lock the user for this transaction and count the change; returns the version before."""
    changed = update(User).where(User.user_id == user_id).values(version=User.version + 1).returning(User.version)
    return int((await session.execute(changed)).scalar_one()) - 1


async def set_password_hash(session: AsyncSession, *, user_id: str, password_hash: str) -> None:
    await session.execute(update(User).where(User.user_id == user_id).values(password_hash=password_hash))


async def list_holdings(session: AsyncSession, *, user_id: str, on: date | None = None) -> Sequence[Row[Any]]:
    """Past, present and coming holdings, or those of one day."""
    held = role_holding.c
    query = select(role_holding).where(held.user_id == user_id).order_by(held.valid_from, held.holding_id)
    if on is not None:
        query = query.where(held.valid_from <= on, or_(held.valid_until.is_(None), held.valid_until > on))
    return (await session.execute(query)).all()


async def find_holding(session: AsyncSession, *, user_id: str, holding_id: str) -> Row[Any] | None:
    held = role_holding.c
    query = select(role_holding).where(held.user_id == user_id, held.holding_id == holding_id)
    return (await session.execute(query.with_for_update())).one_or_none()


async def same_role_held(session: AsyncSession, *, user_id: str, wanted: NewHolding) -> bool:
    """Whether the user holds the same role in the same place on any day of the wanted time."""
    held = role_holding.c
    overlap = and_(
        or_(held.valid_until.is_(None), held.valid_until > wanted.valid_from),
        held.valid_from < (wanted.valid_until or date.max),
        or_(held.valid_until.is_(None), held.valid_until > held.valid_from),
    )
    same = and_(
        held.user_id == user_id,
        held.role == wanted.role,
        held.branch.is_not_distinct_from(wanted.branch),
        held.department.is_not_distinct_from(wanted.department),
    )
    return bool(await session.scalar(select(func.count()).select_from(role_holding).where(same, overlap)))


def people_led_by(manager_id: str, *, on: date) -> Select[Any]:
    """The ids of those whose line manager somebody was on a day."""
    begun = or_(Leading.valid_from.is_(None), Leading.valid_from <= on)
    still = or_(Leading.valid_until.is_(None), Leading.valid_until > on)
    return select(Leading.user_id).where(Leading.manager_id == manager_id, begun, still)


async def is_led(session: AsyncSession, *, user_id: str) -> bool:
    """Whether a line manager was ever recorded for somebody."""
    return await session.scalar(select(Leading.id).where(Leading.user_id == user_id).limit(1)) is not None


async def end_leading(session: AsyncSession, *, user_id: str, until: date) -> None:
    open_ended = Leading.user_id == user_id, Leading.valid_until.is_(None)
    await session.execute(update(Leading).where(*open_ended).values(valid_until=until))


@dataclass(frozen=True, slots=True)
class Failures:
    count: int
    last_at: datetime


async def failed_attempts(session: AsyncSession, *, login: str) -> Failures | None:
    """Failures in a row."""
    attempt = await session.get(LoginAttempt, login.lower())
    return None if attempt is None else Failures(attempt.failures, attempt.last_failed_at)


async def take_turn_at_login(session: AsyncSession, *, login: str) -> None:
    """Guesses of one name are counted one after the other, the first ones too, of which no row tells yet."""
    key = func.hashtextextended(f"login/{login.lower()}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))


async def note_failure(session: AsyncSession, *, login: str, at: datetime) -> None:
    first = insert(LoginAttempt).values(login=login.lower(), failures=1, last_failed_at=at)
    again = {"failures": LoginAttempt.failures + 1, "last_failed_at": at}
    await session.execute(first.on_conflict_do_update(index_elements=["login"], set_=again))


async def forget_failures(session: AsyncSession, *, login: str) -> None:
    await session.execute(delete(LoginAttempt).where(LoginAttempt.login == login.lower()))


async def find_refresh_token(session: AsyncSession, *, token_hash: bytes) -> RefreshToken | None:
    """Locked: of two that present the same token only one can be first."""
    return await session.get(RefreshToken, token_hash, with_for_update=True)


async def revoke_family(session: AsyncSession, *, family: UUID, at: datetime) -> None:
    alive = (RefreshToken.family == family, RefreshToken.revoked_at.is_(None))
    await session.execute(update(RefreshToken).where(*alive).values(revoked_at=at))


async def revoke_sessions(session: AsyncSession, *, user_id: str, at: datetime) -> None:
    alive = (RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None))
    await session.execute(update(RefreshToken).where(*alive).values(revoked_at=at))


async def is_active(session: AsyncSession, *, user_id: str) -> bool:
    return bool(await session.scalar(select(person.c.active).where(person.c.user_id == user_id)))


async def find_api_key(session: AsyncSession, *, key_id: str) -> ApiKey | None:
    return await session.get(ApiKey, key_id)


async def published_keys(session: AsyncSession, *, still_needed_at: datetime) -> Sequence[SigningKey]:
    """Keys whose tokens may still be presented, and the next one, before its time; oldest first."""
    query = select(SigningKey).where(SigningKey.signs_until > still_needed_at).order_by(SigningKey.signs_from)
    return (await session.scalars(query)).all()


async def take_turn_at_issuing(session: AsyncSession) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(ISSUING)))
