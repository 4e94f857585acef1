"""A portion of rated accounts becomes proposals, each with the evidence of every criterion, and asks for approval."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings import repository
from services.accounts.ratings.appraising import Appraised
from services.accounts.ratings.domain import ClassFact, ProposalState, rated_class
from services.accounts.ratings.lateness import came_late, last_ratings, rated_on_newer_facts, take_turns
from services.accounts.shown import two_digits
from shared.asking import sought
from shared.db.driver import copy_rows
from shared.events.accounts import ClassProposed
from shared.events.asks import ApprovalAskWithdrawn, ApprovalSought
from shared.ids import new_id
from shared.outbox import record_many
from shared.policy.forms import ByDirection, Scorecard
from shared.policy.scorecard import ScorecardPlan

SUPERSEDED = "a newer rating took its place"


@dataclass(frozen=True, slots=True)
class Graded:
    """An account that its scorecard gave a grade, and its branch."""

    appraised: Appraised
    branch: str


@dataclass(frozen=True, slots=True)
class ProposingRun:
    """The run that proposes, as of the end of which day, and by which scorecard."""

    id: str
    as_of: date
    card: ScorecardPlan


@dataclass(frozen=True, slots=True)
class Proposed:
    """One account's rating on its way to become its class."""

    proposal_id: str
    account_id: str
    branch: str
    state: ProposalState
    takes_effect: str
    policy: str
    appraised: Appraised
    late: Sequence[Mapping[str, Any]]

    @property
    def grade(self) -> str:
        return self.appraised.grade

    @property
    def score(self) -> Decimal:
        return self.appraised.score or Decimal(0)


async def propose(
    session: AsyncSession, *, run: ProposingRun, graded: Sequence[Graded], who: Whereabouts
) -> list[Proposed]:
    """A5: some accounts' ratings as proposals. A class that stays is noted and asks nobody.

    An account has one live proposal: what stands on the facts of an earlier day is withdrawn, and a rating as of an
    earlier day than one that was proposed already is kept, superseded from its start, and asks nobody.
    """
    account_ids = [one.appraised.account_id for one in graded]
    await take_turns(session, account_ids=account_ids)
    classes = await repository.classes_of_all(session, account_ids=account_ids)
    last = await last_ratings(session, account_ids=account_ids)
    late = await came_late(session, last=last, as_of=run.as_of)
    outdated = await rated_on_newer_facts(session, account_ids=account_ids, as_of=run.as_of)
    proposed = [
        _proposed(
            run,
            one,
            rated_class(classes.get(one.appraised.account_id, ())),
            late,
            outdated=one.appraised.account_id in outdated,
        )
        for one in graded
    ]
    await _supersede(session, account_ids=account_ids, as_of=run.as_of, who=who)
    await _save(session, proposed, run=run, who=who)
    record_many(session, _told(proposed, run, who=who))
    return proposed


def _proposed(
    run: ProposingRun,
    graded: Graded,
    current: ClassFact | None,
    late: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    outdated: bool,
) -> Proposed:
    appraised = graded.appraised
    stays = current is not None and current.grade == appraised.grade
    live = ProposalState.unchanged if stays else ProposalState.proposed
    return Proposed(
        proposal_id=str(new_id()),
        account_id=appraised.account_id,
        branch=graded.branch,
        state=ProposalState.superseded if outdated else live,
        takes_effect=effect_start(run.card.document, current, appraised.grade),
        policy=run.card.heading.policy,
        appraised=appraised,
        late=late.get(appraised.account_id, ()),
    )


def effect_start(card: Scorecard, current: ClassFact | None, grade: str) -> str:
    """When a granted grade starts to hold, as `takes_effect_on` reads it; a rise and a fall may differ."""
    ranks = [row.grade for row in card.grades.rows]
    upwards = current is None or ranks.index(grade) >= ranks.index(current.grade)
    rule = card.takes_effect
    word = (rule.up if upwards else rule.down) if isinstance(rule, ByDirection) else rule
    periods = {"at_once": "at_once", "next_month": "month", "window_end": card.window or "month"}
    return periods[word]


async def _save(session: AsyncSession, proposed: Sequence[Proposed], *, run: ProposingRun, who: Whereabouts) -> None:
    rows = (
        (
            one.proposal_id,
            run.id,
            one.account_id,
            run.as_of,
            one.grade,
            one.score,
            one.state.value,
            one.policy,
            one.takes_effect,
            one.appraised.kept,
            who.now,
            orjson.dumps(one.late).decode(),
        )
        for one in proposed
    )
    await copy_rows(session, "rating_proposal", _COLUMNS, rows)


async def _supersede(session: AsyncSession, *, account_ids: Sequence[str], as_of: date, who: Whereabouts) -> None:
    """Before the new ones are written: the database keeps one live proposal of an account."""
    ended = (await session.execute(_SUPERSEDE, {"account_ids": account_ids, "as_of": as_of})).all()
    record_many(
        session,
        (
            ApprovalAskWithdrawn(
                occurred_at=who.now,
                subject_type="rating",
                subject_id=row.id,
                revision=1,
                account_id=row.account_id,
                reason=SUPERSEDED,
            )
            for row in ended
        ),
    )


def _told(
    proposed: Sequence[Proposed], run: ProposingRun, *, who: Whereabouts
) -> Iterator[ClassProposed | ApprovalSought]:
    route = run.card.document.confirm
    for one in proposed:
        if one.state is not ProposalState.proposed:
            continue
        yield ClassProposed(
            occurred_at=who.now,
            account_id=one.account_id,
            proposal_id=one.proposal_id,
            grade=one.grade,
            as_of=run.as_of,
        )
        if route is not None:
            yield _ask(one, route=route, who=who)


def _ask(one: Proposed, *, route: str, who: Whereabouts) -> ApprovalSought:
    """Whoever started the run is not its requester; the evidence is the digest of the whole decision and its points."""
    return sought(
        occurred_at=who.now,
        subject=("rating", one.proposal_id),
        content={"account": one.account_id, "grade": one.grade, "evidence": evidence_of(one)},
        route=route,
        requester="system",
        account_id=one.account_id,
        branch=one.branch,
        title=(
            f"Class {one.grade}, score {two_digits(one.score)}",
            f"{one.grade}类，{two_digits(one.score)}分",
        ),
    )


def evidence_of(proposed: Proposed) -> dict[str, Any]:
    """What an approval is bound to: points by criterion, null where nothing is known, and the whole decision's hash."""
    appraised = proposed.appraised
    return {"policy": proposed.policy, "points": dict(appraised.points), "digest": appraised.digest}


_COLUMNS = (
    "id", "run_id", "account_id", "as_of", "grade", "score", "state", "policy", "takes_effect", "decision",
    "proposed_at", "late",
)  # fmt: skip
_SUPERSEDE = text("""
    UPDATE rating_proposal SET state = 'superseded'
    WHERE account_id = ANY(:account_ids) AND state = 'proposed' AND as_of <= :as_of RETURNING id, account_id
""")
