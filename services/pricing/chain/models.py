"""What the rewards service told that orders and contracts earned."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base


class RewardRow(Base):
    """One public event about a reward, by its own id; a correction is another one."""

    __tablename__ = "known_reward"
    __table_args__ = (
        Index("ix_known_reward_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index("ix_known_reward_contract_id", "contract_id", postgresql_where=text("contract_id IS NOT NULL")),
        Index("ix_known_reward_reward_id", "reward_id"),
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    reward_id: Mapped[str]
    event: Mapped[str]
    beneficiary: Mapped[str]
    policy: Mapped[str]
    period: Mapped[str]
    state: Mapped[str]
    amount: Mapped[str]
    currency: Mapped[str]
    order_id: Mapped[str | None]
    contract_id: Mapped[str | None]
    line: Mapped[int | None]
    explanation: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
