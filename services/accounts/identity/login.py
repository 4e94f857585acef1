"""Proving oneself: by password, by a machine's key, by the token that continues a session."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.identity import repository
from services.accounts.identity.domain import SessionOver, TooManyAttempts, WrongCredentials, wait_after
from services.accounts.identity.issuer import Subject, sign_token
from services.accounts.identity.models import RefreshToken
from services.accounts.identity.passwords import password_fits
from services.accounts.identity.service import hash_secret
from services.accounts.settings import AccountsSettings
from shared.db.session import Sessions
from shared.errors import Problem
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    expires_in_s: int
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that must be remembered: it is committed before it is answered."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Issuing:
    """The issuer's settings and the system's time."""

    settings: AccountsSettings
    now: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What a password was held against, and whether it fitted; None stands for a login that does not exist."""

    login: str
    password_hash: str | None
    fits: bool


async def prove(sessions: Sessions, *, login: str, password: str, issuing: Issuing) -> Proof | Refused:
    """Hold a password against the one that is kept. Hashing is slow on purpose: no connection is held meanwhile."""
    async with sessions() as session:
        if closed := await _closed(session, login=login, issuing=issuing):
            return closed
        user = await repository.find_user_by_login(session, login=login)
    kept = user.password_hash if user else None
    return Proof(login, kept, await password_fits(password, password_hash=kept))


async def log_in(session: AsyncSession, *, proof: Proof, issuing: Issuing) -> Tokens | Refused:
    """Begin a session; five failures in a row close the name for a growing while.

    Of guesses that were hashed at once each counts after the other: one that finds the name closed is not told
    whether it was right.
    """
    await repository.take_turn_at_login(session, login=proof.login)
    if closed := await _closed(session, login=proof.login, issuing=issuing):
        return closed
    user = await repository.find_user_by_login(session, login=proof.login)
    if user is None or not proof.fits or user.password_hash != proof.password_hash:
        await repository.note_failure(session, login=proof.login, at=issuing.now)
        return Refused(WrongCredentials())
    await repository.forget_failures(session, login=proof.login)
    return await _continue_session(session, user_id=user.user_id, family=new_id(), issuing=issuing)


async def _closed(session: AsyncSession, *, login: str, issuing: Issuing) -> Refused | None:
    failures = await repository.failed_attempts(session, login=login)
    if failures and (wait := failures.last_at + wait_after(failures.count) - issuing.now) > timedelta(0):
        return Refused(TooManyAttempts(int(wait.total_seconds()) + 1))
    return None


async def log_in_machine(session: AsyncSession, *, key_id: str, secret: str, issuing: Issuing) -> Tokens | Refused:
    """A token narrowed to the key's permissions; a key never begins a session that could outlive it."""
    key = await repository.find_api_key(session, key_id=key_id)
    fits = key is not None and secrets.compare_digest(key.secret_hash, hash_secret(secret))
    if key is None or not fits or key.revoked_at is not None or key.expires_at <= issuing.now:
        return Refused(WrongCredentials())
    if not await repository.is_active(session, user_id=key.user_id):
        return Refused(WrongCredentials())
    subject = Subject(key.user_id, frozenset(key.scopes))
    token = await sign_token(session, subject=subject, settings=issuing.settings, now=issuing.now)
    return Tokens(token, issuing.settings.access_token_s)


async def refresh(session: AsyncSession, *, refresh_token: str, issuing: Issuing) -> Tokens | Refused:
    """The next token of a session; one presented twice was stolen from somebody: the whole family ends."""
    link = await repository.find_refresh_token(session, token_hash=hash_secret(refresh_token))
    if link is None:
        return Refused(SessionOver())
    if link.used_at is not None:
        await repository.revoke_family(session, family=link.family, at=issuing.now)
        return Refused(SessionOver())
    if link.revoked_at is not None or link.expires_at <= issuing.now:
        return Refused(SessionOver())
    if not await repository.is_active(session, user_id=link.user_id):
        return Refused(SessionOver())
    link.used_at = issuing.now
    return await _continue_session(session, user_id=link.user_id, family=link.family, issuing=issuing)


async def log_out(session: AsyncSession, *, refresh_token: str, issuing: Issuing) -> None:
    """End the session the token belongs to; a token nobody knows ends nothing."""
    link = await repository.find_refresh_token(session, token_hash=hash_secret(refresh_token))
    if link is not None:
        await repository.revoke_family(session, family=link.family, at=issuing.now)


async def _continue_session(session: AsyncSession, *, user_id: str, family: UUID, issuing: Issuing) -> Tokens:
    settings = issuing.settings
    secret = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            token_hash=hash_secret(secret),
            family=family,
            user_id=user_id,
            expires_at=issuing.now + timedelta(days=settings.refresh_token_days),
        )
    )
    token = await sign_token(session, subject=Subject(user_id), settings=settings, now=issuing.now)
    return Tokens(token, settings.access_token_s, secret)
