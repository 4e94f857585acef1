"""Joining and leaving the membership programme, and the tiers that follow what members buy (A6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.membership import repository
from services.accounts.membership.domain import (
    AlreadyEnrolled,
    Days,
    EndsThenAlready,
    Move,
    NotEnrolled,
    check_begin,
    check_end,
    covered,
    tier_move,
)
from services.accounts.membership.models import Enrolment, TierRound, TierRow
from services.accounts.ratings.facts import RatingFacts
from services.accounts.ratings.gathering import Ground, common_ground, what_is_known
from services.accounts.ratings.questions import asked_by
from services.accounts.ratings.running import compared_in, last_moment
from shared import outbox
from shared.calendar import Duration, period_of
from shared.events.accounts import TierChanged
from shared.ids import new_id
from shared.outbox import record, record_many
from shared.policy.evaluation import Case
from shared.policy.forms import ByDirection
from shared.policy.rulebook import Rulebook
from shared.policy.scorecard import Rating, ScorecardPlan
from shared.trace import Decision, Subject

TIER_ROW = "A6"
TERMS = "tier-terms"
PORTION = 500


@dataclass(frozen=True, slots=True)
class TierRules:
    """The scorecard of tiers, and how long one that is no longer reached is kept after its window."""

    card: ScorecardPlan
    grace: Duration

    @property
    def ranks(self) -> list[str]:
        return [row.grade or "" for row in self.card.document.grades.rows]

    def days(self, today: date) -> Days:
        rule = self.card.document.takes_effect
        word = rule.down if isinstance(rule, ByDirection) else rule
        if word == "at_once":
            return Days(today, today)
        window = self.card.document.window if word == "window_end" else None
        return Days(today, self.grace.after(period_of(window or "month", today).until))


def tier_rules(rules: Rulebook) -> TierRules:
    """Raises NotGoverned where no scorecard or no terms are in force."""
    [terms] = rules.table(TERMS)
    return TierRules(rules.scorecard(row=TIER_ROW, subject="account"), Duration.parse(str(terms["grace"])))


async def enrol(
    session: AsyncSession, *, account_id: str, enrolled_on: date | None, rules: Rulebook, who: Whereabouts
) -> Enrolment:
    """A member from today or an earlier day, with its tier at once; no day is of two memberships.

    Raises AlreadyEnrolled, WrongMembershipDay.
    """
    first = enrolled_on or who.today
    check_begin(first, today=who.today)
    await repository.take_turn(session, account_id=account_id)
    standing = await repository.enrolment_after(session, account_id=account_id, first=first)
    if standing is not None:
        raise AlreadyEnrolled(covered(standing.enrolled_on, standing.left_on))
    row = Enrolment(
        id=str(new_id()),
        account_id=account_id,
        enrolled_on=first,
        left_on=None,
        left_because=None,
        recorded_by=who.user_id,
        recorded_at=who.now,
    )
    session.add(row)
    await session.flush()
    await compute_tiers(session, account_ids=[account_id], rules=tier_rules(rules), who=who)
    return row


async def leave(session: AsyncSession, *, account_id: str, left_on: date, reason: str, who: Whereabouts) -> Enrolment:
    """No tier from `left_on`, today or later, on; an end still to come may be moved.

    Raises NotEnrolled, EndsThenAlready, WrongMembershipDay.
    """
    await repository.take_turn(session, account_id=account_id)
    row = await repository.enrolment_to_end(session, account_id=account_id, today=who.today)
    if row is None:
        raise NotEnrolled
    if row.left_on == left_on:
        raise EndsThenAlready
    check_end(left_on, enrolled_on=row.enrolled_on, today=who.today)
    row.left_on, row.left_because = left_on, reason
    await session.flush()
    await end_tiers(session, who=who)
    return row


async def end_tiers(session: AsyncSession, *, who: Whereabouts) -> None:
    """Who has left by today has no tier any more; said once, on the day."""
    for row in await repository.departed(session, today=who.today):
        session.add(
            TierRow(
                id=str(new_id()),
                account_id=row.account_id,
                tier=None,
                valid_from=row.left_on,
                recorded_at=who.now,
                as_of=who.today,
                policy=None,
                score=None,
                decision=None,
            )
        )
        ended = TierChanged(occurred_at=who.now, account_id=row.account_id, tier=None, valid_from=row.left_on)
        record(session, ended)
    await session.flush()


async def follow_purchases(session: AsyncSession, *, rules: TierRules, who: Whereabouts) -> int:
    """Members whose orders moved since the last round, all of them on a new day; returns how many were looked at."""
    await end_tiers(session, who=who)
    newest = await repository.newest_positions(session)
    known = await repository.round_of_tiers(session)
    since = None if known is None or known.day < who.today else (known.movement, known.placed)
    seen, after = 0, ""
    while members := await repository.members_after(
        session, today=who.today, after=after, most=PORTION, moved_since=since
    ):
        after, seen = members[-1], seen + len(members)
        await compute_tiers(session, account_ids=members, rules=rules, who=who)
        await outbox.flush(session)
    await session.merge(TierRound(one=True, day=who.today, movement=newest[0], placed=newest[1]))
    return seen


async def compute_tiers(
    session: AsyncSession, *, account_ids: Sequence[str], rules: TierRules, who: Whereabouts
) -> None:
    """The tiers of some members as of today; each that changes something is recorded with its evidence and told."""
    decisions = await _decide(session, account_ids, rules, who)
    recorded = await repository.tiers_of_all(session, account_ids=account_ids)
    days, ranks = rules.days(who.today), rules.ranks
    moves = [
        (decision, move)
        for decision in decisions
        if decision.outcome.grade
        and (move := tier_move(ranks, recorded.get(decision.subject.id, ()), decision.outcome.grade, days=days))
    ]
    if not moves:
        return
    await session.execute(insert(TierRow), [_row(decision, move, who) for decision, move in moves])
    record_many(
        session,
        (
            TierChanged(occurred_at=who.now, account_id=decision.subject.id, tier=move.tier, valid_from=move.valid_from)
            for decision, move in moves
        ),
    )


async def _decide(
    session: AsyncSession, account_ids: Sequence[str], rules: TierRules, who: Whereabouts
) -> list[Decision[Rating]]:
    moment, ground = last_moment(who.today, who.zone), await _ground(session, rules, who)
    known = await what_is_known(session, account_ids=account_ids, ground=ground)
    members = {account_id: replace(account, enrolled=True) for account_id, account in known.items()}
    return [
        rules.card.decide(Case(RatingFacts(members[account_id]), Subject("account", account_id), moment))
        for account_id in account_ids
    ]


async def _ground(session: AsyncSession, rules: TierRules, who: Whereabouts) -> Ground:
    moment = last_moment(who.today, who.zone)
    asked = asked_by([rules.card], as_of=moment, currency=compared_in([rules.card]))
    return await common_ground(session, asked=asked, as_of=who.today, zone=who.zone)


def _row(decision: Decision[Rating], move: Move, who: Whereabouts) -> dict[str, object]:
    return {
        "id": str(new_id()),
        "account_id": decision.subject.id,
        "tier": move.tier,
        "valid_from": move.valid_from,
        "recorded_at": who.now,
        "as_of": who.today,
        "policy": decision.policy,
        "score": decision.outcome.score,
        "decision": decision.to_plain(),
    }
