"""Requests, their steps and decisions; segregation of duties stands here as constraints too."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.approvals.database import Base
from services.approvals.requests.domain import Choice
from services.approvals.requests.states import State, StepState
from shared.errors import Words


def _one_of(column: str, words: type[State] | type[StepState] | type[Choice]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class StepRow(Base):
    """A turn's state, and whom it waits for: a role, in a branch or department where these are named."""

    __tablename__ = "request_step"
    __table_args__ = (
        CheckConstraint(_one_of("state", StepState), name="known_state"),
        Index("ix_request_step_active", "role", postgresql_where=text("state = 'active'")),
        Index("ix_request_step_assigned", "assigned_to", postgresql_where=text("assigned_to IS NOT NULL")),
    )

    request_id: Mapped[str] = mapped_column(ForeignKey("request.id"), primary_key=True)
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    branch: Mapped[str | None] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    round: Mapped[int] = mapped_column(default=1)
    assigned_to: Mapped[str | None] = mapped_column(Text)
    assigned_by: Mapped[str | None] = mapped_column(Text)


class DeciderRow(Base):
    """In which one role a person decides on a request."""

    __tablename__ = "request_decider"
    __table_args__ = (UniqueConstraint("request_id", "user_id", "role"),)

    request_id: Mapped[str] = mapped_column(ForeignKey("request.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Text, primary_key=True)
    role: Mapped[str] = mapped_column(Text)


class DecisionRow(Base):
    """One decision for ever. `excluded` repeats the request's, so that a check can hold the decider apart from them."""

    __tablename__ = "step_decision"
    __table_args__ = (
        CheckConstraint(_one_of("choice", Choice), name="known_choice"),
        CheckConstraint("decided_by <> ALL (excluded)", name="nobody_decides_for_himself"),
        CheckConstraint("on_behalf_of <> ALL (excluded)", name="nobody_decides_for_who_asked"),
        UniqueConstraint("request_id", "step", "round", name="uq_step_decision_one_a_round"),
        ForeignKeyConstraint(
            ["request_id", "excluded"], ["request.id", "request.excluded"], name="fk_step_decision_excluded"
        ),
        ForeignKeyConstraint(
            ["request_id", "decided_by", "role"],
            ["request_decider.request_id", "request_decider.user_id", "request_decider.role"],
            name="fk_step_decision_one_role_a_person",
        ),
        ForeignKeyConstraint(
            ["request_id", "on_behalf_of", "role"],
            ["request_decider.request_id", "request_decider.user_id", "request_decider.role"],
            name="fk_step_decision_one_role_on_behalf",
        ),
        ForeignKeyConstraint(
            ["request_id", "step"], ["request_step.request_id", "request_step.step"], name="fk_step_decision_step"
        ),
    )

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    request_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    place: Mapped[int]
    step: Mapped[str] = mapped_column(Text)
    round: Mapped[int] = mapped_column(default=1)
    role: Mapped[str] = mapped_column(Text)
    choice: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(Text)
    on_behalf_of: Mapped[str | None] = mapped_column(Text)
    excluded: Mapped[list[str]] = mapped_column(ARRAY(Text))
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    comment: Mapped[str] = mapped_column(Text)
    evidence_channel: Mapped[str | None] = mapped_column(Text)
    evidence_reference: Mapped[str | None] = mapped_column(Text)
    evidence_received_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    evidence_file_hash: Mapped[str | None] = mapped_column(Text)
    evidence_mail: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class RequestRow(Base):
    """`route` is frozen with its reasons; `excluded` are the initiator, the requester and the beneficiaries (C11)."""

    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="known_state"),
        CheckConstraint("(state = 'granted') = (granted_at IS NOT NULL)", name="granted_when_granted"),
        UniqueConstraint("subject_type", "subject_id", "revision"),
        UniqueConstraint("id", "excluded"),
        Index("ix_request_state", "state", "id"),
        Index("ix_request_branch", "branch", "id"),
    )

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    subject_type: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    content_hash: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    title: Mapped[Words] = mapped_column(JSONB)
    account_id: Mapped[str | None] = mapped_column(Text)
    branch: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    initiator: Mapped[str] = mapped_column(Text)
    requester: Mapped[str] = mapped_column(Text)
    beneficiaries: Mapped[list[str]] = mapped_column(ARRAY(Text))
    excluded: Mapped[list[str]] = mapped_column(ARRAY(Text))
    policy: Mapped[str] = mapped_column(Text)
    route: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    closed_because: Mapped[Words | None] = mapped_column(JSONB)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    granted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lasts_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(default=1)
    added: Mapped[list[Any]] = mapped_column(JSONB, default=list)

    steps: Mapped[list[StepRow]] = relationship(order_by=StepRow.position, lazy="selectin")
    decisions: Mapped[list[DecisionRow]] = relationship(
        order_by=DecisionRow.place,
        lazy="selectin",
        primaryjoin="RequestRow.id == foreign(DecisionRow.request_id)",
        viewonly=True,
    )


class CopyRow(Base):
    """Somebody told of a request by a person (C10); he reads it from then on."""

    __tablename__ = "request_copy"
    __table_args__ = (Index("ix_request_copy_user_id", "user_id"),)

    request_id: Mapped[str] = mapped_column(ForeignKey("request.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Text, primary_key=True)
    told_by: Mapped[str] = mapped_column(Text)
    told_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)


class WithdrawnAsk(Base):
    """An ask taken back before it came: the request, when it comes, is withdrawn at once."""

    __tablename__ = "withdrawn_ask"

    subject_type: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Text, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
