"""Rounds over everybody, once for each calendar period; those that were missed are made up for."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.flags import repository
from shared.calendar import Period, preceding

MADE_UP_FOR = 24  # periods of a kind; what lies further back is not looked at any more


def periods_missed(last_over: Period, *, done: Collection[str]) -> list[Period]:
    """The periods after the newest one done, up to the last that is over, oldest first; `done` are keys of its kind.

    Where none was ever done there is nothing to make up for: the last one alone.
    """
    if not done:
        return [last_over]
    newest, missed = max(done), list[Period]()
    span = last_over
    while span.key > newest and len(missed) < MADE_UP_FOR:
        missed.append(span)
        span = preceding(span)
    return missed[::-1]


async def take_missed_rounds(session: AsyncSession, *, job: str, last_over: Period, now: datetime) -> list[Period]:
    """The rounds still to be done, oldest first; from the end of this transaction on they are."""
    missed = periods_missed(last_over, done=await repository.rounds_done(session, job=job))
    return [span for span in missed if await repository.take_round(session, job=job, period=span.key, now=now)]
