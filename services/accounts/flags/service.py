"""A document's flag becomes one row, however often it is asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.flags import repository
from shared.ids import new_id
from shared.trace import Decision


@dataclass(frozen=True, slots=True)
class Flagged:
    """A decision about something of an account, and the period its flag counts once in, such as "2021-03"."""

    decision: Decision[Any]
    account_id: str
    period: str


async def raise_flag(session: AsyncSession, *, flagged: Flagged, now: datetime) -> bool:
    """Record the flag a decision raises; False where it raises none, or did before."""
    decision = flagged.decision
    if decision.outcome.action != "flag":
        return False
    return await repository.add_flag(
        session,
        values={
            "id": str(new_id()),
            "code": decision.outcome.code,
            "subject_type": decision.subject.kind,
            "subject_id": decision.subject.id,
            "account_id": flagged.account_id,
            "period": flagged.period,
            "policy": decision.policy,
            "decision": decision.to_plain(),
            "raised_at": now,
        },
    )
