"""A contract and the revisions it went through; a submitted revision never changes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.approvals.contracts.domain import State
from services.approvals.database import Base


class RevisionRow(Base):
    """What a revision says and, once submitted, what was frozen with it."""

    __tablename__ = "contract_revision"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    policy: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str | None] = mapped_column(Text)
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    routing_amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    routing_currency: Mapped[str | None] = mapped_column(Text)
    rates: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    approval_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ContractRow(Base):
    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in State)})", name="known_state"),
        Index("ix_contract_account_id", "account_id", "state"),
        Index("ix_contract_branch", "branch", "id"),
    )

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    account_id: Mapped[str] = mapped_column(Text)
    branch: Mapped[str] = mapped_column(Text)
    initiator: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    signed_on: Mapped[date | None] = mapped_column(Date)
    signature: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    active_on: Mapped[date | None] = mapped_column(Date)
    version: Mapped[int] = mapped_column(default=1)

    revisions: Mapped[list[RevisionRow]] = relationship(order_by=RevisionRow.revision, lazy="selectin")


class ContractMoved(Base):
    """Each move of a contract: what happened, by whom, when, in which revision."""

    __tablename__ = "contract_history"
    __table_args__ = (Index("ix_contract_history_contract_id", "contract_id", "at"),)

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    revision: Mapped[int]
    move: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed: Mapped[list[str]] = mapped_column(JSONB, default=list)
