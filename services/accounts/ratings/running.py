"""A rating run goes by portions: a hundred thousand accounts need no more memory than a thousand (A2, A5)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings import repository
from services.accounts.ratings.domain import DayAhead
from services.accounts.ratings.facts import Purchased, RatedAccount, RatingFacts, Span
from services.accounts.ratings.gathering import Ground, common_ground, what_is_known
from services.accounts.ratings.models import RatingRun
from services.accounts.ratings.proposing import propose
from services.accounts.ratings.questions import asked_by
from services.accounts.ratings.repository import AccountsWanted
from services.accounts.segments.service import SEGMENT_ROW, Found, record_segments
from shared import outbox
from shared.ids import new_id
from shared.policy.evaluation import Case
from shared.policy.rulebook import NotGoverned, Rulebook
from shared.policy.scorecard import Rating, ScorecardPlan
from shared.trace import Decision, Subject

RATING_ROW = "A2"
PORTION = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run: which accounts, as of the end of which day; `period` where no person started it."""

    as_of: date
    accounts: AccountsWanted
    preview: bool = False
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Rated:
    """One account's rating; no proposal in a preview, and no grade where nothing is known."""

    account_id: str
    number: str
    score: Decimal | None
    grade: str
    proposal_id: str | None


@dataclass(slots=True)
class Run:
    """A run at work, and what came of it so far."""

    id: str
    wanted: Wanted
    card: ScorecardPlan
    ground: Ground
    segments: ScorecardPlan | None
    rated: int = 0
    proposed: int = 0

    @property
    def policy(self) -> str:
        return self.card.heading.policy

    @property
    def policies(self) -> list[str]:
        return [card.heading.policy for card in (self.card, self.segments) if card is not None]


async def begin_run(session: AsyncSession, *, wanted: Wanted, rules: Rulebook, who: Whereabouts) -> Run:
    """Raises DayAhead for a day that lies ahead, NotFound for an account that is not there, NotGoverned."""
    if wanted.as_of > who.today:
        raise DayAhead
    await repository.check_all_are_there(session, wanted=wanted.accounts)
    card, segments = rules.scorecard(row=RATING_ROW, subject="account"), segment_card(rules)
    cards = [card] if segments is None else [card, segments]
    asked = asked_by(cards, as_of=last_moment(wanted.as_of, who.zone), currency=compared_in(cards))
    ground = await common_ground(session, asked=asked, as_of=wanted.as_of, zone=who.zone)
    return Run(str(new_id()), wanted, card, ground, segments)


async def portions(session: AsyncSession, *, run: Run, who: Whereabouts) -> AsyncIterator[list[Rated]]:
    """Rates the next portion each time; unless it is a preview, its proposals and events are written with it."""
    after = ""
    while rows := await repository.accounts_to_rate(session, wanted=run.wanted.accounts, after=after, most=PORTION):
        after = rows[-1].id
        known = await what_is_known(session, account_ids=[row.id for row in rows], ground=run.ground)
        yield await _rate_portion(session, run=run, rows=rows, known=known, who=who)


async def end_run(session: AsyncSession, *, run: Run, who: Whereabouts) -> None:
    """Keep what the run was and came to; a preview leaves nothing behind."""
    if run.wanted.preview:
        return
    row = RatingRun(
        id=run.id,
        as_of=run.wanted.as_of,
        period=run.wanted.period,
        started_by=who.user_id,
        started_at=who.now,
        policies=run.policies,
        rated=run.rated,
        proposed=run.proposed,
    )
    session.add(row)
    await session.flush()


async def _rate_portion(
    session: AsyncSession,
    *,
    run: Run,
    rows: Sequence[Row[str, str, str]],
    known: dict[str, RatedAccount],
    who: Whereabouts,
) -> list[Rated]:
    moment = last_moment(run.wanted.as_of, who.zone)
    cases = [Case(RatingFacts(known[row.id]), Subject("account", row.id), moment) for row in rows]
    decided = [(row, run.card.decide(case)) for row, case in zip(rows, cases, strict=True)]
    proposals: dict[str, str] = {}
    if not run.wanted.preview:
        if run.segments is not None:
            found = Found(run.id, run.wanted.as_of, run.segments)
            segments = [run.segments.decide(case) for case in cases]
            await record_segments(session, found=found, decisions=segments, who=who)
        graded = [(decision, row.branch) for row, decision in decided if decision.outcome.grade]
        proposals = await _propose_portion(session, run=run, graded=graded, known=known, who=who)
    run.rated += len(rows)
    return [
        Rated(row.id, row.number, decision.outcome.score, decision.outcome.grade, proposals.get(row.id))
        for row, decision in decided
    ]


async def _propose_portion(
    session: AsyncSession,
    *,
    run: Run,
    graded: Sequence[tuple[Decision[Rating], str]],
    known: dict[str, RatedAccount],
    who: Whereabouts,
) -> dict[str, str]:
    """Proposal ids by account; the events are written with the portion, so that none are held until the end."""
    await _freeze(session, run=run, known=known, now=who.now)
    made = await propose(session, run_id=run.id, as_of=run.wanted.as_of, card=run.card.document, rated=graded, who=who)
    await outbox.flush(session)
    run.proposed += len(made)
    return {one.account_id: one.proposal_id for one in made}


async def _freeze(session: AsyncSession, *, run: Run, known: dict[str, RatedAccount], now: datetime) -> None:
    """Growth is measured against what is known today, also when today's figures are corrected later (S-A8)."""
    spans = run.ground.asked.baselines()
    frozen = [
        (part.account_id, span, part.bought[span].paid_minor)
        for account in known.values()
        for part in account.parts
        for span in spans
        if _can_be_frozen(part, span)
    ]
    await repository.freeze_baselines(session, frozen=frozen, recorded_at=now)


def _can_be_frozen(part: Purchased, span: Span) -> bool:
    """Something is known of it, and not frozen yet."""
    bought = part.bought.get(span)
    return bought is not None and not bought.unconverted and span not in part.baselines


def compared_in(cards: Sequence[ScorecardPlan]) -> str:
    """The currency in which accounts are compared: the first one their scorecards name. Raises NotGoverned."""
    named = (criterion.measure.currency for card in cards for criterion in card.document.criteria)
    found = next((currency for currency in named if currency), None)
    if found is None:
        raise NotGoverned(
            {"en": "No criterion names the currency of a comparison.", "zh": "评分卡未指明比较所用币种。"}
        )
    return found


def segment_card(rules: Rulebook) -> ScorecardPlan | None:
    """A3 is rated in the same run where a scorecard says how."""
    try:
        return rules.scorecard(row=SEGMENT_ROW, subject="account")
    except NotGoverned:
        return None


def last_moment(day: date, zone: str) -> datetime:
    """The end of a local day: what happened on it counts."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)) - timedelta(microseconds=1)
