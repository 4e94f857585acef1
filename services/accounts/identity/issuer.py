"""The embedded issuer: signs ES256 tokens with a key that changes by itself and is published before it signs."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.identity import repository
from services.accounts.identity.models import SigningKey
from services.accounts.settings import AccountsSettings
from shared.auth.tokens import ALGORITHM

PUBLISHED_AHEAD = timedelta(hours=1)
KEPT_AFTER = timedelta(hours=2)
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Subject:
    """For whom a token is made; `scopes` narrows it to some permissions."""

    user_id: str
    scopes: frozenset[str] | None = None


async def sign_token(session: AsyncSession, *, subject: Subject, settings: AccountsSettings, now: datetime) -> str:
    """An access token; `now` is the system's time."""
    key = await current_key(session, settings=settings, now=now)
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "sub": subject.user_id,
        "iat": issued_at,
        "exp": issued_at + settings.access_token_s,
        "jti": secrets.token_urlsafe(12),
    }
    if subject.scopes is not None:
        claims["scope"] = " ".join(sorted(subject.scopes))
    private = ECKey.import_key(_open_sealed(key, secret=settings.signing_key_secret))
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, private, algorithms=[ALGORITHM])


async def current_key(session: AsyncSession, *, settings: AccountsSettings, now: datetime) -> SigningKey:
    """The key that signs now; makes the first, and publishes the next an hour before it is needed."""
    keys = await repository.published_keys(session, still_needed_at=now)
    if not keys or keys[-1].signs_until < now + PUBLISHED_AHEAD:
        await repository.take_turn_at_issuing(session)
        keys = await repository.published_keys(session, still_needed_at=now)
        if not keys or keys[-1].signs_until < now + PUBLISHED_AHEAD:
            signs_from = keys[-1].signs_until if keys else now
            keys = [*keys, make_key(settings=settings, signs_from=signs_from)]
            session.add(keys[-1])
    return next(key for key in keys if key.signs_until > now)


async def rotate_keys(session: AsyncSession, *, settings: AccountsSettings, now: datetime) -> str:
    """Stop signing with the present key at once; what it signed stays good until it expires. Returns the new kid."""
    await repository.take_turn_at_issuing(session)
    for key in await repository.published_keys(session, still_needed_at=now):
        key.signs_until = now
    fresh = make_key(settings=settings, signs_from=now)
    session.add(fresh)
    return fresh.kid


async def key_set(session: AsyncSession, *, now: datetime) -> dict[str, Any]:
    """The JWKS: every key of which a token may be about, and the coming one."""
    keys = await repository.published_keys(session, still_needed_at=now - KEPT_AFTER)
    return {"keys": [key.public_jwk for key in keys]}


def make_key(*, settings: AccountsSettings, signs_from: datetime) -> SigningKey:
    made = ECKey.generate_key("P-256")
    kid = made.thumbprint()
    public = {**made.as_dict(private=False), "kid": kid, "use": "sig", "alg": ALGORITHM}
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(settings.signing_key_secret).encrypt(nonce, made.as_pem(private=True), kid.encode())
    return SigningKey(
        kid=kid,
        public_jwk=orjson.loads(orjson.dumps(public)),
        private_sealed=nonce + sealed,
        signs_from=signs_from,
        signs_until=signs_from + timedelta(days=settings.signing_key_days),
    )


def _open_sealed(key: SigningKey, *, secret: str) -> bytes:
    """Raises cryptography's InvalidTag where SIGNING_KEY_SECRET is not the one it was sealed with."""
    nonce, sealed = key.private_sealed[:NONCE_BYTES], key.private_sealed[NONCE_BYTES:]
    return _cipher(secret).decrypt(nonce, sealed, key.kid.encode())


def _cipher(secret: str) -> AESGCM:
    return AESGCM(hashlib.sha256(secret.encode()).digest())
