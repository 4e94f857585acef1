"""How users prove themselves: logins, sessions, keys of machines, keys that sign."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class User(Base):
    """What only the issuer knows of a user; name, kind and roles are in `person` and `role_holding` everywhere."""

    __tablename__ = "user_login"
    __table_args__ = (Index("uq_user_login_lower_login", text("lower(login)"), unique=True),)

    user_id: Mapped[str] = mapped_column(Text, primary_key=True)
    login: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class Leading(Base):
    """Who was whose line manager on the days `[valid_from, valid_until)`; open ends where nothing says otherwise."""

    __tablename__ = "line_manager"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[str] = mapped_column(Text, index=True)
    manager_id: Mapped[str] = mapped_column(Text, index=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LoginAttempt(Base):
    """Failures in a row, for names that exist and names that do not."""

    __tablename__ = "login_attempt"

    login: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RefreshToken(Base):
    """One link of a session; a link used twice ends the whole family."""

    __tablename__ = "refresh_token"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    family: Mapped[UUID] = mapped_column(index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_login.user_id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ApiKey(Base):
    """A machine's credential; the secret was shown once and only its hash is kept."""

    __tablename__ = "api_key"

    key_id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_login.user_id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SigningKey(Base):
    """A key of the issuer: published from its creation, signing in its time, its private half sealed."""

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(Text, primary_key=True)
    public_jwk: Mapped[dict[str, str]] = mapped_column(JSONB)
    private_sealed: Mapped[bytes]
    signs_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    signs_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
