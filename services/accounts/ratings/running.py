"""A rating run, portion by portion: what one is needed for is read ahead, judged, and written with its events."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings import repository
from services.accounts.ratings.appraisers import Appraiser, Judging, appraiser
from services.accounts.ratings.appraising import Appraisals, Cards, cards_of
from services.accounts.ratings.domain import DayAhead
from services.accounts.ratings.facts import Purchased, RatedAccount, Span
from services.accounts.ratings.gathering import Ground, common_ground, what_is_known
from services.accounts.ratings.kept_decisions import keep_rules
from services.accounts.ratings.models import RatingRun
from services.accounts.ratings.proposing import Graded, ProposingRun, propose
from services.accounts.ratings.questions import asked_by
from services.accounts.ratings.repository import AccountsWanted, Step
from services.accounts.segments.service import Found, record_segments
from shared import outbox
from shared.ids import new_id
from shared.policy.plan import Plans
from shared.policy.rulebook import NotGoverned, Rulebook
from shared.policy.scorecard import ScorecardPlan

PORTION = 500
AHEAD = 3  # portions judged or waiting for it while the one before them is written


class RunGoesOnElsewhere(Exception):
    """Another process has rated this portion: it goes on with the run, this one leaves it."""


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
    cards: Cards
    plans: Plans
    ground: Ground
    rated_to: str = ""
    rated: int = 0
    proposed: int = 0

    @property
    def policy(self) -> str:
        return self.cards.rating.heading.policy


@dataclass(frozen=True, slots=True)
class Portion:
    """The accounts after one id, what is known of them, and what they are found to be."""

    after: str
    rows: Sequence[Row[str, str, str]]
    known: dict[str, RatedAccount]
    appraised: Awaitable[Appraisals]


async def begin_run(session: AsyncSession, *, wanted: Wanted, rules: Rulebook, who: Whereabouts) -> Run:
    """Unless it is a preview, the run is kept from its start.

    Raises DayAhead for a day that lies ahead, NotFound for an account that is not there, NotGoverned.
    """
    if wanted.as_of > who.today:
        raise DayAhead
    await repository.check_all_are_there(session, wanted=wanted.accounts)
    run = await _laid_out(session, run_id=str(new_id()), wanted=wanted, rules=rules, who=who)
    if not wanted.preview:
        session.add(
            RatingRun(
                id=run.id,
                as_of=wanted.as_of,
                period=wanted.period,
                started_by=who.user_id,
                started_at=who.now,
                policies=run.cards.policies,
                rated=0,
                proposed=0,
                rated_to="",
            )
        )
        await session.flush()
    return run


async def resume_run(
    session: AsyncSession, *, begun: RatingRun, wanted: Wanted, rules: Rulebook, who: Whereabouts
) -> Run:
    """A run whose process ended before it did, after the last account it had rated. Raises NotGoverned."""
    run = await _laid_out(session, run_id=begun.id, wanted=wanted, rules=rules, who=who)
    run.rated_to, run.rated, run.proposed = begun.rated_to, begun.rated, begun.proposed
    return run


async def _laid_out(session: AsyncSession, *, run_id: str, wanted: Wanted, rules: Rulebook, who: Whereabouts) -> Run:
    cards = cards_of(rules)
    asked = asked_by(cards.all, as_of=last_moment(wanted.as_of, who.zone), currency=compared_in(cards.all))
    ground = await common_ground(session, asked=asked, as_of=wanted.as_of, zone=who.zone)
    return Run(run_id, wanted, cards, rules.plans, ground)


async def portions(session: AsyncSession, *, run: Run, who: Whereabouts) -> AsyncGenerator[list[Rated], None]:
    """Rates the next portion each time; unless it is a preview, its proposals and events are written with it.

    The caller may commit after each. Raises RunGoesOnElsewhere.
    """
    waiting = await repository.how_many(session, wanted=run.wanted.accounts, after=run.rated_to)
    judging = Judging(run.plans, last_moment(run.wanted.as_of, who.zone), written=not run.wanted.preview)
    with appraiser(judging, accounts=waiting) as appraise:
        ahead = deque[Portion]()
        async for portion in _read(session, run=run, appraise=appraise):
            ahead.append(portion)
            if len(ahead) > AHEAD:
                yield await _settle(session, run=run, portion=ahead.popleft(), who=who)
        while ahead:
            yield await _settle(session, run=run, portion=ahead.popleft(), who=who)


async def _read(session: AsyncSession, *, run: Run, appraise: Appraiser) -> AsyncIterator[Portion]:
    after, wanted = run.rated_to, run.wanted.accounts
    while rows := await repository.accounts_to_rate(session, wanted=wanted, after=after, most=PORTION):
        known = await what_is_known(session, account_ids=[row.id for row in rows], ground=run.ground)
        yield Portion(after, rows, known, appraise([replace(known[row.id], parts=()) for row in rows]))
        after = rows[-1].id


async def end_run(session: AsyncSession, *, run: Run, who: Whereabouts) -> None:
    """A preview leaves nothing behind."""
    if not run.wanted.preview:
        await repository.end_run(session, run_id=run.id, now=who.now)


async def _settle(session: AsyncSession, *, run: Run, portion: Portion, who: Whereabouts) -> list[Rated]:
    appraised = await portion.appraised
    proposals: dict[str, str] = {}
    if not run.wanted.preview:
        proposals = await _write(session, run=run, portion=portion, appraised=appraised, who=who)
    run.rated += len(portion.rows)
    run.proposed += len(proposals)
    run.rated_to = portion.rows[-1].id
    return [
        Rated(row.id, row.number, one.score, one.grade, proposals.get(row.id))
        for row, one in zip(portion.rows, appraised.ratings, strict=True)
    ]


async def _write(
    session: AsyncSession, *, run: Run, portion: Portion, appraised: Appraisals, who: Whereabouts
) -> dict[str, str]:
    """Proposal ids by account; the events are written with the portion, so that none are held until the end."""
    graded = [Graded(one, row.branch) for row, one in zip(portion.rows, appraised.ratings, strict=True) if one.grade]
    step = Step(run.id, portion.after, portion.rows[-1].id, len(portion.rows), len(graded))
    if not await repository.advance_run(session, step=step):
        raise RunGoesOnElsewhere
    await keep_rules(session, wordings=appraised.wordings)
    if run.cards.segments is not None:
        found = Found(run.id, run.wanted.as_of, run.cards.segments)
        await record_segments(session, found=found, appraised=appraised.segments, who=who)
    await _freeze(session, run=run, known=portion.known, now=who.now)
    proposing = ProposingRun(run.id, run.wanted.as_of, run.cards.rating)
    made = await propose(session, run=proposing, graded=graded, who=who)
    await outbox.flush(session)
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


def last_moment(day: date, zone: str) -> datetime:
    """The end of a local day: what happened on it counts."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)) - timedelta(microseconds=1)
