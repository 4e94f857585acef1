"""What the clock has done about each opening of a step; a step that opens again is watched anew."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.approvals.database import Base


class StepWatch(Base):
    """`next_at` is when the worker looks again; empty once nothing can fall due any more."""

    __tablename__ = "step_watch"
    __table_args__ = (
        ForeignKeyConstraint(
            ["request_id", "step"], ["request_step.request_id", "request_step.step"], name="fk_step_watch_step"
        ),
        Index("ix_step_watch_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    request_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    remind_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    escalated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    escalated_to: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
