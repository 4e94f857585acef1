"""A rating run says who is core, potential or general; people note what an account needs (A3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, cast

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.segments import repository
from services.accounts.segments.models import NeedsRow, SegmentRow
from shared.errors import FieldError, ValidationProblem, Words
from shared.events.accounts import SegmentChanged
from shared.ids import new_id
from shared.outbox import record_many
from shared.policy.rulebook import Rulebook
from shared.policy.scorecard import Rating, ScorecardPlan
from shared.trace import Decision

SEGMENT_ROW = "A3"
NEED_TAGS = "need-tags"


class UnknownNeed(ValidationProblem):
    code = "unknown_need"
    title: ClassVar[Words] = {"en": "The table need-tags has no such tag", "zh": "需求标签表中没有此标签"}


@dataclass(frozen=True, slots=True)
class Found:
    """What one run found, and by which scorecard."""

    run_id: str
    as_of: date
    card: ScorecardPlan


async def record_segments(
    session: AsyncSession, *, found: Found, decisions: Sequence[Decision[Rating]], who: Whereabouts
) -> None:
    """Keep and tell each segment that is another one than what stands; in force from the day the document says."""
    graded = [decision for decision in decisions if decision.outcome.grade]
    last = await repository.last_segments(session, account_ids=[decision.subject.id for decision in graded])
    rows = [
        _row(decision, found, last.get(decision.subject.id), who)
        for decision in graded
        if last.get(decision.subject.id) != decision.outcome.grade
    ]
    if not rows:
        return
    await session.execute(insert(cast(Table, SegmentRow.__table__)), rows)
    record_many(
        session,
        (
            SegmentChanged(
                occurred_at=who.now,
                account_id=row["account_id"],
                segment=row["segment"],
                valid_from=row["valid_from"],
            )
            for row in rows
        ),
    )


def _row(decision: Decision[Rating], found: Found, standing: str | None, who: Whereabouts) -> dict[str, object]:
    grade = decision.outcome.grade
    ranks = [row.grade for row in found.card.document.grades.rows]
    upwards = standing is None or ranks.index(grade) > ranks.index(standing)
    return {
        "id": str(new_id()),
        "account_id": decision.subject.id,
        "segment": grade,
        "valid_from": found.card.takes_effect(who.today, upwards=upwards),
        "recorded_at": who.now,
        "run_id": found.run_id,
        "as_of": found.as_of,
        "policy": decision.policy,
        "score": decision.outcome.score,
        "decision": decision.to_plain(),
    }


async def note_needs(
    session: AsyncSession, *, account_id: str, tags: Sequence[str], rules: Rulebook, who: Whereabouts
) -> NeedsRow:
    """A3: all that the account needs, by the table need-tags; what was noted before stays readable. UnknownNeed."""
    known = {str(row["tag"]) for row in rules.table(NEED_TAGS)}
    errors = [
        FieldError(f"/tags/{place}", UnknownNeed.code, UnknownNeed.title)
        for place, tag in enumerate(tags)
        if tag not in known
    ]
    if errors:
        raise UnknownNeed(errors=errors)
    row = NeedsRow(
        id=str(new_id()),
        account_id=account_id,
        tags=sorted(set(tags)),
        noted_by=who.user_id,
        recorded_at=who.now,
    )
    session.add(row)
    await session.flush()
    return row
