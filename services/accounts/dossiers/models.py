"""Tables of the dossier; amounts in minor units, days local, instants in UTC."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Numeric, func, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class Account(Base):
    __tablename__ = "account"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    number: Mapped[str] = mapped_column(unique=True)
    filed_on: Mapped[date]
    legal_name: Mapped[str]
    nature: Mapped[str | None]
    address: Mapped[str | None]
    postcode: Mapped[str | None]
    phone: Mapped[str | None]
    fax: Mapped[str | None]
    email: Mapped[str | None]
    founded_on: Mapped[date | None]
    registered_capital_minor: Mapped[int | None] = mapped_column(BigInteger)
    registered_capital_currency: Mapped[str | None]
    shareholders: Mapped[str | None]
    head_count_local: Mapped[int | None]
    head_count_foreign: Mapped[int | None]
    branch: Mapped[str]
    channel: Mapped[str]
    sales_class: Mapped[str]
    industry: Mapped[str | None]
    size: Mapped[str | None]
    industrial: Mapped[bool]
    developer: Mapped[str | None]
    frozen: Mapped[bool] = mapped_column(default=False)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_account_branch", "branch", "id"),
        Index(
            "ix_account_legal_name",
            func.lower(literal_column("legal_name")).label("by_name"),
            "id",
            postgresql_ops={"by_name": "text_pattern_ops"},
        ),
    )


class AccountPerson(Base):
    __tablename__ = "account_person"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str]
    name: Mapped[str]
    title: Mapped[str | None]
    email: Mapped[str | None]
    education: Mapped[str | None]
    birth_date: Mapped[date | None]
    interests: Mapped[str | None]
    family_notes: Mapped[str | None]
    left_on: Mapped[date | None]


class AccountPaper(Base):
    __tablename__ = "account_paper"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    type: Mapped[str]
    number: Mapped[str]
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    file_reference: Mapped[str | None]
    file_hash: Mapped[str | None]


class TeamRow(Base):
    """Who worked for an account, as known in `[recorded_at, superseded_at)`: what was corrected stays (S-D1)."""

    __tablename__ = "team_member"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    user_id: Mapped[str]
    duty: Mapped[str]
    share: Mapped[Decimal] = mapped_column(Numeric())
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_by: Mapped[str | None]
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("share > 0 AND share <= 1", name="share_of_one"),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="has_a_day"),
    )
