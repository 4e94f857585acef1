"""A class is recorded once it is granted, beside every one before it, and told (A5)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.ratings import repository
from services.accounts.ratings.domain import ClassFact, class_on
from services.accounts.ratings.models import ClassRow
from shared.events.accounts import ClassChanged
from shared.ids import new_id
from shared.outbox import record


@dataclass(frozen=True, slots=True)
class NewClass:
    """A class from a day on: of a proposal, or of an override until the day `valid_until`."""

    account_id: str
    grade: str
    valid_from: date
    valid_until: date | None = None
    proposal_id: str | None = None
    override_id: str | None = None


async def record_class(session: AsyncSession, *, granted: NewClass, now: datetime) -> None:
    """`ClassChanged` names in `proposal_id` what was granted: the proposal or the override."""
    session.add(
        ClassRow(
            id=str(new_id()),
            account_id=granted.account_id,
            grade=granted.grade,
            valid_from=granted.valid_from,
            valid_until=granted.valid_until,
            recorded_at=now,
            proposal_id=granted.proposal_id,
            override_id=granted.override_id,
        )
    )
    await session.flush()
    record(
        session,
        ClassChanged(
            occurred_at=now,
            account_id=granted.account_id,
            grade=granted.grade,
            valid_from=granted.valid_from,
            valid_until=granted.valid_until,
            proposal_id=granted.proposal_id or granted.override_id or "",
        ),
    )


async def class_in_force(session: AsyncSession, *, account_id: str, on: date, known_at: datetime) -> ClassFact | None:
    """The account's class on a day as it was known at an instant."""
    rows = await repository.classes_of(session, account_id=account_id)
    return class_on((repository.class_fact(row) for row in rows), on, known_at)
