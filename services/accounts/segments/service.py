"""A rating run says who is core, potential or general; people note what an account needs (A3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings.appraising import Appraised
from services.accounts.segments import repository
from services.accounts.segments.models import NeedsRow
from shared.db.driver import copy_rows
from shared.errors import FieldError, ValidationProblem, Words
from shared.events.accounts import SegmentChanged
from shared.ids import new_id
from shared.outbox import record_many
from shared.policy.rulebook import Rulebook
from shared.policy.scorecard import ScorecardPlan

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
    session: AsyncSession, *, found: Found, appraised: Sequence[Appraised], who: Whereabouts
) -> None:
    """Keep and tell each segment that is another one than what stands; in force from the day the document says."""
    graded = [one for one in appraised if one.grade]
    last = await repository.last_segments(session, account_ids=[one.account_id for one in graded])
    changed = [
        (one, _first_day(found, one.grade, last.get(one.account_id), who))
        for one in graded
        if last.get(one.account_id) != one.grade
    ]
    if not changed:
        return
    await copy_rows(session, "account_segment", _COLUMNS, (_row(one, first, found, who) for one, first in changed))
    record_many(
        session,
        (
            SegmentChanged(occurred_at=who.now, account_id=one.account_id, segment=one.grade, valid_from=first)
            for one, first in changed
        ),
    )


def _first_day(found: Found, segment: str, standing: str | None, who: Whereabouts) -> date:
    ranks = [row.grade for row in found.card.document.grades.rows]
    upwards = standing is None or ranks.index(segment) > ranks.index(standing)
    return found.card.takes_effect(who.today, upwards=upwards)


_COLUMNS = (
    "id", "account_id", "segment", "valid_from", "recorded_at", "run_id", "as_of", "policy", "score", "decision",
)  # fmt: skip


def _row(one: Appraised, first: date, found: Found, who: Whereabouts) -> tuple[object, ...]:
    policy, now = found.card.heading.policy, who.now
    return (
        str(new_id()), one.account_id, one.grade, first, now, found.run_id, found.as_of, policy, one.score, one.kept,
    )  # fmt: skip


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
