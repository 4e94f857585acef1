"""Recording what ratings rest on, running them when asked, and the class that follows when a proposal is granted."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings import repository
from services.accounts.ratings.assessing import check_assessable, check_dates
from services.accounts.ratings.classes import NewClass, record_class
from services.accounts.ratings.domain import AlreadyAnswered, Answer, Heard, ProposalState, answered, takes_effect_on
from services.accounts.ratings.models import Assessment, RatingProposal
from services.accounts.ratings.repository import AccountsWanted
from services.accounts.ratings.running import Rated, Run, Wanted, begin_run, end_run, portions
from services.accounts.ratings.schemas import NewAssessment
from shared.ids import new_id
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook


async def assess(session: AsyncSession, *, account_id: str, request: NewAssessment, who: Whereabouts) -> Assessment:
    """A dated judgement; later ones stand beside it, nothing is overwritten. Raises NotAssessable."""
    check_assessable(load_registry(), request.fact, request.value)
    check_dates(request.assessed_on, request.expires_on, today=who.today)
    row = Assessment(
        id=str(new_id()),
        account_id=account_id,
        assessed_by=who.user_id,
        recorded_at=who.now,
        **request.model_dump(),
    )
    session.add(row)
    await session.flush()
    return row


async def run_ratings(
    session: AsyncSession,
    *,
    account_ids: Collection[str] | None,
    as_of: date,
    preview: bool,
    rules: Rulebook,
    who: Whereabouts,
) -> tuple[Run, list[Rated]]:
    """A2: rate the accounts as of the end of a day; unless it is a preview each rating becomes a proposal that asks.

    Returns the run and the ratings by account id. Raises DayAhead, NotFound, NotGoverned.
    """
    wanted = Wanted(as_of, AccountsWanted(who.reach, account_ids), preview=preview)
    run = await begin_run(session, wanted=wanted, rules=rules, who=who)
    rated = [one async for portion in portions(session, run=run, who=who) for one in portion]
    await end_run(session, run=run, who=who)
    return run, rated


async def answer_proposal(session: AsyncSession, *, proposal_id: str, answer: Answer, when: Heard) -> bool:
    """A5: granted, the class holds from the day its document says; an answer that comes twice changes nothing.

    Returns whether there is such a proposal.
    """
    proposal = await repository.locked_proposal(session, proposal_id=proposal_id)
    if proposal is None:
        return False
    try:
        proposal.state = answered(ProposalState(proposal.state), answer)
    except AlreadyAnswered:
        return True
    if answer is Answer.grant:
        await _take_effect(session, proposal, when)
    return True


async def _take_effect(session: AsyncSession, proposal: RatingProposal, when: Heard) -> None:
    granted = NewClass(
        account_id=proposal.account_id,
        grade=proposal.grade,
        valid_from=takes_effect_on(proposal.takes_effect, when.on),
        proposal_id=proposal.id,
    )
    await record_class(session, granted=granted, now=when.recorded_at)
