"""Showing evidence, evaluating the conditions, joining and leaving a programme (A11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings.domain import DayAhead
from services.accounts.support import repository
from services.accounts.support.domain import (
    AlreadyLeft,
    AlreadyMember,
    ConditionsNotMet,
    JoinsAhead,
    Judged,
    LeavesBeforeJoining,
    Standing,
    UnknownProgramme,
    covered,
    judged,
    standing_of,
)
from services.accounts.support.evidence import check_evidence, check_seen
from services.accounts.support.facts import FUNCTIONS, ProgrammeFacts, SupportedAccount
from services.accounts.support.gathering import Asking, known_accounts
from services.accounts.support.models import ProgrammeEvaluation, ProgrammeEvidence, ProgrammeMembership
from services.accounts.support.schemas import Exit, NewEvidence
from shared.errors import FieldError
from shared.events.accounts import ProgrammeJoined, ProgrammeLeft
from shared.ids import new_id
from shared.money import Money
from shared.outbox import record
from shared.policy.condition import AllOf
from shared.policy.conditions import Finding
from shared.policy.evaluation import Case
from shared.policy.rulebook import Rulebook
from shared.trace import Decision, Node, Subject


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The conditions as they stand on a day, with the decisions behind them: as asked, and as judged today."""

    starts_on: date
    as_of: date
    conditions: tuple[Judged, ...]
    asked: Decision[Finding]
    final: Decision[Finding]

    @property
    def standing(self) -> Standing:
        return standing_of(self.conditions)


async def show_evidence(
    session: AsyncSession, *, programme: str, request: NewEvidence, rules: Rulebook, who: Whereabouts
) -> ProgrammeEvidence:
    """A dated thing that was seen; later ones stand beside it. Raises UnknownProgramme, NotEvidence."""
    asking = Asking(programme, rules, who.today, who.zone)
    if not asking.is_governed:
        raise UnknownProgramme(programme)
    check_evidence(
        request.fact,
        request.value,
        item=request.item,
        currency=request.currency,
        checklist=[row.item for row in asking.checklist],
    )
    check_seen(request.seen_on, today=who.today)
    row = ProgrammeEvidence(
        id=str(new_id()),
        programme=programme,
        recorded_by=who.user_id,
        recorded_at=who.now,
        **request.model_dump(),
    )
    session.add(row)
    await session.flush()
    return row


def evaluated(asking: Asking, account: SupportedAccount) -> Evaluated:
    """Every condition as of the end of a local day."""
    plan, moment = asking.plan, asking.moment
    facts = ProgrammeFacts(FUNCTIONS, account, asking.zone)
    subject = Subject("programme", account.bought.account_id, Subject("account", account.bought.account_id))
    asked = plan.decide(Case(facts, subject, moment))
    final = plan.decide(Case(facts, subject, moment, final=True))
    named = plan.document.require
    ids = [part.id or str(place) for place, part in enumerate(named.all)] if isinstance(named, AllOf) else ["all"]
    return Evaluated(account.starts_on, asking.as_of, judged(ids, required(asked), required(final)), asked, final)


def required(decision: Decision[Finding]) -> tuple[Node, ...]:
    """The nodes of the conditions that are all required; none where the document says nothing of that day."""
    whole = next((node for node in decision.trace.inside if node.rule.rule == "require"), None)
    if whole is None:
        return ()
    return whole.inside if whole.rule.what == "all" else (whole,)


async def evaluate(
    session: AsyncSession,
    *,
    programme: str,
    account_id: str,
    starts_on: date | None,
    as_of: date,
    rules: Rulebook,
    who: Whereabouts,
) -> ProgrammeEvaluation:
    """A11: the conditions as of a day, kept with their evidence. A member's years count from his own first day.

    Raises UnknownProgramme, DayAhead.
    """
    if as_of > who.today:
        raise DayAhead
    asking = Asking(programme, rules, as_of, who.zone)
    member = await repository.open_membership(session, programme=programme, account_id=account_id)
    first = member.starts_on if member else starts_on or date(as_of.year, 1, 1)
    known = await known_accounts(session, asking=asking, starts={account_id: first}, spans_of=asking.spans_asked)
    found = evaluated(asking, known[account_id])
    return await keep_evaluation(session, programme=programme, account_id=account_id, found=found, who=who)


async def keep_evaluation(
    session: AsyncSession, *, programme: str, account_id: str, found: Evaluated, who: Whereabouts
) -> ProgrammeEvaluation:
    row = ProgrammeEvaluation(
        id=str(new_id()),
        programme=programme,
        account_id=account_id,
        starts_on=found.starts_on,
        as_of=found.as_of,
        answer=found.standing,
        policy=found.final.policy,
        conditions=[plain_condition(one) for one in found.conditions],
        decision={"decisions": [found.asked.to_plain()]},
        evaluated_by=who.user_id,
        evaluated_at=who.now,
    )
    session.add(row)
    await session.flush()
    return row


async def join(
    session: AsyncSession, *, programme: str, account_id: str, starts_on: date | None, rules: Rulebook, who: Whereabouts
) -> ProgrammeMembership:
    """A11: what is not met must still be open; the caller holds the account's lock, and no day is of two memberships.

    Without a first day it is the first of the year, or the day on which an earlier membership of the year ended.
    Raises UnknownProgramme, JoinsAhead, AlreadyMember, ConditionsNotMet.
    """
    first = starts_on or date(who.today.year, 1, 1)
    if first > who.today:
        raise JoinsAhead
    former = await repository.membership_after(session, programme=programme, account_id=account_id, first=first)
    if former is not None and starts_on is None and former.leaves_on is not None and former.leaves_on <= who.today:
        first = former.leaves_on
    elif former is not None:
        raise AlreadyMember(covered(former.starts_on, former.leaves_on))
    asking = Asking(programme, rules, who.today, who.zone)
    known = await known_accounts(session, asking=asking, starts={account_id: first}, spans_of=asking.spans_asked)
    found = evaluated(asking, known[account_id])
    refuse_unless_open(found.conditions)
    evaluation = await keep_evaluation(session, programme=programme, account_id=account_id, found=found, who=who)
    membership = ProgrammeMembership(
        id=str(new_id()),
        programme=programme,
        account_id=account_id,
        starts_on=first,
        evaluation_id=evaluation.id,
        admitted_by=who.user_id,
        admitted_at=who.now,
    )
    session.add(membership)
    await session.flush()
    joined = ProgrammeJoined(
        occurred_at=who.now,
        account_id=account_id,
        membership_id=membership.id,
        programme=programme,
        valid_from=first,
    )
    record(session, joined)
    return membership


def refuse_unless_open(conditions: Sequence[Judged]) -> None:
    """Raises ConditionsNotMet with every condition that is neither met nor still open."""
    blocking = [one for one in conditions if one.stands_in_the_way]
    if blocking:
        raise ConditionsNotMet(
            errors=[
                FieldError(
                    f"/{one.id}",
                    one.verdict,
                    {"en": one.title.get("en", one.id), "zh": one.title.get("zh", one.id)},
                    where="policy",
                )
                for one in blocking
            ]
        )


async def leave(
    session: AsyncSession, *, membership: ProgrammeMembership, request: Exit, who: Whereabouts
) -> ProgrammeMembership:
    """A11: the account leaves, with a reason; an exit that is still to come may be moved.

    Raises AlreadyLeft, LeavesBeforeJoining.
    """
    leaves_on = request.leaves_on or who.today
    if membership.leaves_on is not None and (membership.leaves_on <= who.today or membership.leaves_on == leaves_on):
        raise AlreadyLeft
    if leaves_on < membership.starts_on:
        raise LeavesBeforeJoining(membership.starts_on)
    membership.leaves_on, membership.left_because = leaves_on, request.reason
    await session.flush()
    left = ProgrammeLeft(
        occurred_at=who.now,
        account_id=membership.account_id,
        membership_id=membership.id,
        programme=membership.programme,
        valid_from=membership.starts_on,
        valid_until=leaves_on,
        reason=request.reason,
    )
    record(session, left)
    return membership


def plain_condition(one: Judged) -> dict[str, Any]:
    """A condition as it is kept and shown: figures as decimal strings."""
    return {
        "id": one.id,
        "title": dict(one.title),
        "answer": one.verdict,
        "deadline": one.deadline.isoformat() if one.deadline else None,
        "missing": plain_missing(one),
    }


def plain_missing(one: Judged) -> list[dict[str, Any]]:
    return [
        {
            "fact": lacking.fact,
            "title": dict(lacking.title),
            "verdict": lacking.verdict,
            "short_by": None if lacking.short_by is None else str(lacking.short_by),
            "currency": lacking.short_by.currency if isinstance(lacking.short_by, Money) else None,
        }
        for lacking in one.missing
    ]
