"""What every service does by itself, beside its business: seal its audit trail, forget old idempotency keys."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.idempotency import forget_old_answers
from shared.jobs import Job

SEAL_EVERY_S = 10.0
FORGET_EVERY_S = 3600.0


async def _seal_audit(session: AsyncSession, _now: datetime) -> None:
    while await audit.seal(session) is not None:
        pass


async def _forget_answers(session: AsyncSession, _now: datetime) -> None:
    await forget_old_answers(session)


HOUSEKEEPING = (Job("seal_audit", SEAL_EVERY_S, _seal_audit), Job("forget_answers", FORGET_EVERY_S, _forget_answers))
