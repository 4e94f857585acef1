"""A portion of rated accounts becomes proposals, each with the evidence of every criterion, and asks for approval."""

import hashlib
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
from services.accounts.ratings.domain import ClassFact, ProposalState, rated_class
from services.accounts.ratings.lateness import LastRating, came_late, last_ratings
from shared.asking import sought
from shared.canonical import canonical
from shared.events.accounts import ClassProposed
from shared.events.asks import ApprovalAskWithdrawn
from shared.ids import new_id
from shared.outbox import record_many
from shared.policy.forms import ByDirection, Scorecard
from shared.policy.scorecard import Rating
from shared.trace import Decision

SUPERSEDED = "a newer rating took its place"


@dataclass(frozen=True, slots=True)
class Proposed:
    """One account's rating on its way to become its class."""

    proposal_id: str
    account_id: str
    branch: str
    state: ProposalState
    takes_effect: str
    decision: Decision[Rating]
    late: Sequence[Mapping[str, Any]]
    written: bytes

    @property
    def grade(self) -> str:
        return self.decision.outcome.grade

    @property
    def score(self) -> Decimal:
        return self.decision.outcome.score or Decimal(0)


async def propose(
    session: AsyncSession,
    *,
    run_id: str,
    as_of: date,
    card: Scorecard,
    rated: Sequence[tuple[Decision[Rating], str]],
    who: Whereabouts,
) -> list[Proposed]:
    """A5: `(decision, branch)` of some accounts as proposals. A class that stays is noted and asks nobody.

    What an earlier run still asks for is withdrawn: it would decide on older facts.
    """
    account_ids = [decision.subject.id for decision, _ in rated]
    classes = await repository.classes_of_all(session, account_ids=account_ids)
    last = await last_ratings(session, account_ids=account_ids)
    late = await came_late(session, last=last, as_of=as_of)
    proposed = [
        _proposed(card, decision, branch, rated_class(classes.get(decision.subject.id, ())), late)
        for decision, branch in rated
    ]
    await _save(session, proposed, run_id=run_id, as_of=as_of, who=who)
    await _supersede(session, [(key, one) for key, one in last.items() if one.as_of <= as_of], who=who)
    record_many(session, _told(proposed, card, as_of=as_of, who=who))
    return proposed


def _proposed(
    card: Scorecard,
    decision: Decision[Rating],
    branch: str,
    current: ClassFact | None,
    late: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Proposed:
    account_id, grade = decision.subject.id, decision.outcome.grade
    stays = current is not None and current.grade == grade
    return Proposed(
        proposal_id=str(new_id()),
        account_id=account_id,
        branch=branch,
        state=ProposalState.unchanged if stays else ProposalState.proposed,
        takes_effect=effect_start(card, current, grade),
        decision=decision,
        late=late.get(account_id, ()),
        written=canonical(decision),
    )


def effect_start(card: Scorecard, current: ClassFact | None, grade: str) -> str:
    """When a granted grade starts to hold, as `takes_effect_on` reads it; a rise and a fall may differ."""
    ranks = [row.grade for row in card.grades.rows]
    upwards = current is None or ranks.index(grade) >= ranks.index(current.grade)
    rule = card.takes_effect
    word = (rule.up if upwards else rule.down) if isinstance(rule, ByDirection) else rule
    periods = {"at_once": "at_once", "next_month": "month", "window_end": card.window or "month"}
    return periods[word]


async def _save(
    session: AsyncSession, proposed: Sequence[Proposed], *, run_id: str, as_of: date, who: Whereabouts
) -> None:
    columns = {
        "ids": [one.proposal_id for one in proposed],
        "accounts": [one.account_id for one in proposed],
        "grades": [one.grade for one in proposed],
        "scores": [one.score for one in proposed],
        "states": [str(one.state) for one in proposed],
        "policies": [one.decision.policy for one in proposed],
        "effects": [one.takes_effect for one in proposed],
        "decisions": [one.written.decode() for one in proposed],
        "late": [orjson.dumps(one.late).decode() for one in proposed],
    }
    await session.execute(_SAVE, columns | {"run": run_id, "as_of": as_of, "now": who.now})


async def _supersede(session: AsyncSession, last: Sequence[tuple[str, LastRating]], *, who: Whereabouts) -> None:
    standing = {one.proposal_id: key for key, one in last if one.state == ProposalState.proposed}
    if not standing:
        return
    ended = await session.scalars(_SUPERSEDE, {"ids": list(standing)})
    record_many(
        session,
        (
            ApprovalAskWithdrawn(
                occurred_at=who.now,
                subject_type="rating",
                subject_id=proposal_id,
                revision=1,
                account_id=standing[proposal_id],
                reason=SUPERSEDED,
            )
            for proposal_id in ended
        ),
    )


def _told(
    proposed: Sequence[Proposed], card: Scorecard, *, as_of: date, who: Whereabouts
) -> Iterator[ClassProposed | Any]:
    for one in proposed:
        if one.state is not ProposalState.proposed:
            continue
        yield ClassProposed(
            occurred_at=who.now,
            account_id=one.account_id,
            proposal_id=one.proposal_id,
            grade=one.grade,
            as_of=as_of,
        )
        if card.confirm is not None:
            yield _ask(one, route=card.confirm, who=who)


def _ask(one: Proposed, *, route: str, who: Whereabouts) -> Any:
    """Whoever started the run is not its requester; the evidence is the digest of the whole decision and its points."""
    return sought(
        occurred_at=who.now,
        subject=("rating", one.proposal_id),
        content={"account": one.account_id, "grade": one.grade, "evidence": evidence_of(one.decision, one.written)},
        route=route,
        requester="system",
        account_id=one.account_id,
        branch=one.branch,
        title=(
            f"Class {one.grade}, score {two_digits(one.score)}",
            f"{one.grade}类，{two_digits(one.score)}分",
        ),
    )


def evidence_of(decision: Decision[Rating], written: bytes) -> dict[str, Any]:
    """What an approval is bound to: points by criterion (null where nothing is known), and the stored decision's hash.

    It is hashed as it is written, so that a hundred thousand traces are turned into text once and not twice.
    """
    points = {
        node.rule.written["id"]: None if node.result is None else f"{node.result}"
        for node in decision.trace.inside
        if node.rule.what == "criterion" and node.rule.written
    }
    return {"policy": decision.policy, "points": points, "digest": hashlib.sha256(written).hexdigest()}


def two_digits(score: Decimal) -> str:
    """A score as it is shown; it is compared unrounded."""
    return str(score.quantize(Decimal("0.01")))


_SAVE = text("""
    INSERT INTO rating_proposal (id, run_id, account_id, as_of, grade, score, state, policy, takes_effect, decision,
                                 proposed_at, late)
    SELECT id, :run, account_id, :as_of, grade, score, state, policy, effect, CAST(decision AS jsonb), :now,
           CAST(late AS jsonb)
    FROM unnest(CAST(:ids AS text[]), CAST(:accounts AS text[]), CAST(:grades AS text[]), CAST(:scores AS numeric[]),
                CAST(:states AS text[]), CAST(:policies AS text[]), CAST(:effects AS text[]),
                CAST(:decisions AS text[]), CAST(:late AS text[]))
         AS one (id, account_id, grade, score, state, policy, effect, decision, late)
""")
_SUPERSEDE = text("""
    UPDATE rating_proposal SET state = 'superseded' WHERE id = ANY(:ids) AND state = 'proposed' RETURNING id
""")
