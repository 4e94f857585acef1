"""Assessments, ratings and classes over HTTP (A2, A5)."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.api import AccountId
from services.accounts.edge import Here
from services.accounts.ratings import repository, service
from services.accounts.ratings.domain import ProposalState, class_on
from services.accounts.ratings.kept_decisions import whole_decisions
from services.accounts.ratings.models import Assessment, ClassRow, RatingProposal, RatingRun
from services.accounts.ratings.running import Rated
from services.accounts.ratings.schemas import (
    AssessmentOut,
    ClassOut,
    ClassSpan,
    ExplanationOut,
    NewAssessment,
    NewRun,
    ProposalOut,
    RatingOut,
    RatingRunOut,
    RunOut,
)
from services.accounts.shown import two_digits
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day, Moment
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.explain import explain
from shared.policy.rulebook import Rulebook
from shared.trace import Decision

router = Router(tags=["ratings"])
ProposalId = Annotated[str, Path(description="the proposal's id")]


@router.post("/accounts/{account_id}/assessments", status_code=201)
async def assess(
    account_id: AccountId,
    body: NewAssessment,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("assessments.write")],
) -> AssessmentOut:
    """Record a dated judgement with its evidence; ratings use the latest whose own expiry has not passed (A2)."""
    who = here.by(caller, "assessments.write")
    account = await dossiers.account_going_on(session, account_id=account_id, reach=who.reach)
    return shown_assessment(await service.assess(session, account_id=account.id, request=body, who=who))


@router.get("/accounts/{account_id}/assessments")
async def list_assessments(
    account_id: AccountId,
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("classes.read")],
    fact: Annotated[str | None, Query(description="of this fact", examples=["account.credit"])] = None,
) -> Page[AssessmentOut]:
    """Every judgement recorded of the account, the oldest first; nothing is overwritten (A2)."""
    account = await dossiers.account(session, account_id=account_id, reach=caller.reach("classes.read"))
    query = select(Assessment).where(Assessment.account_id == account.id)
    if fact is not None:
        query = query.where(Assessment.fact == fact)
    return await read_page(session, query, asked=asked, by=oldest_first(Assessment.id), show=shown_assessment)


@router.post("/rating-runs", status_code=201)
async def run_ratings(
    body: NewRun,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("ratings.run")],
) -> RunOut:
    """Rate accounts as of the end of a day (A2); unless it is a preview, each rating is proposed and asked for (A5)."""
    run, rated = await service.run_ratings(
        session,
        account_ids=body.accounts,
        as_of=body.as_of,
        preview=body.preview,
        rules=Rulebook(policies.in_force(body.as_of)),
        who=here.by(caller, "ratings.run"),
    )
    results = [shown_rating(one) for one in rated]
    return RunOut(
        run_id=run.id,
        as_of=body.as_of,
        preview=body.preview,
        policy=run.policy if rated else None,
        grades=dict(sorted(Counter(one.grade for one in results if one.grade).items())),
        results=results,
    )


@router.get("/rating-runs")
async def list_runs(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("ratings.run")],
    period: Annotated[str | None, Query(description="started by the end of this half year")] = None,
) -> Page[RatingRunOut]:
    """The runs that proposed something, the oldest first (A5)."""
    query = select(RatingRun)
    if period is not None:
        query = query.where(RatingRun.period == period)
    return await read_page(session, query, asked=asked, by=oldest_first(RatingRun.id), show=shown_run)


@router.get("/rating-proposals")
async def list_proposals(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("classes.read")],
    account_id: Annotated[str | None, Query(description="of this account")] = None,
    run_id: Annotated[str | None, Query(description="of this run")] = None,
    state: Annotated[ProposalState | None, Query(description="in this state")] = None,
) -> Page[ProposalOut]:
    """Proposals the caller may see, the oldest first (A5)."""
    query = repository.seen_proposals(caller.reach("classes.read"))
    for column, wanted in (
        (RatingProposal.account_id, account_id),
        (RatingProposal.run_id, run_id),
        (RatingProposal.state, state),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    page = await read_page(session, query, asked=asked, by=oldest_first(RatingProposal.id), show=_as_it_is)
    return Page(items=await shown_proposals(session, page.items), next=page.next)


@router.get("/rating-proposals/{proposal_id}")
async def read_proposal(
    proposal_id: ProposalId,
    session: Session,
    caller: Annotated[Principal, allowed("classes.read")],
) -> ProposalOut:
    """A proposal with the evidence of every criterion (A5)."""
    row = await repository.proposal(session, proposal_id=proposal_id, reach=caller.reach("classes.read"))
    [shown] = await shown_proposals(session, [row])
    return shown


@router.get("/rating-proposals/{proposal_id}/explanation")
async def explain_proposal(
    proposal_id: ProposalId,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("classes.read")],
) -> ExplanationOut:
    """The rating in words: each criterion, what was found, its points, and the grade."""
    proposal = await repository.proposal(session, proposal_id=proposal_id, reach=caller.reach("classes.read"))
    [whole] = await whole_decisions(session, kept=[proposal.decision])
    lines = explain(Decision.read_plain(whole), here.language)
    return ExplanationOut(language=here.language, lines=list(lines), trace=whole)


@router.get("/accounts/{account_id}/classes")
async def read_class(
    account_id: AccountId,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("classes.read")],
    as_of: Annotated[
        Day | None, Query(description="the class in force on this local day; today where left out")
    ] = None,
    known_at: Annotated[Moment | None, Query(description="as it was known at this instant; now where left out")] = None,
) -> ClassOut:
    """The class on any day, as known at any instant, and every class ever recorded (A5)."""
    who = here.by(caller, "classes.read")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    on, known_by = as_of or who.today, known_at or who.now
    recorded = [
        row for row in await repository.classes_of(session, account_id=account.id) if row.recorded_at <= known_by
    ]
    held = class_on(map(repository.class_fact, recorded), on, known_by)
    current = next((row for row in recorded if repository.class_fact(row) == held), None)
    return ClassOut(
        account_id=account.id,
        as_of=on,
        known_at=known_by,
        grade=current.grade if current else None,
        valid_from=current.valid_from if current else None,
        valid_until=current.valid_until if current else None,
        proposal_id=current.proposal_id if current else None,
        override_id=current.override_id if current else None,
        history=[shown_span(row) for row in recorded],
    )


def shown_rating(rated: Rated) -> RatingOut:
    return RatingOut(
        account_id=rated.account_id,
        number=rated.number,
        score=two_digits(rated.score),
        grade=rated.grade or None,
        proposal_id=rated.proposal_id,
    )


def shown_run(row: RatingRun) -> RatingRunOut:
    return RatingRunOut(**{name: getattr(row, name) for name in RatingRunOut.model_fields})


def shown_span(row: ClassRow) -> ClassSpan:
    return ClassSpan(**{name: getattr(row, name) for name in ClassSpan.model_fields})


async def shown_proposals(session: AsyncSession, rows: Sequence[RatingProposal]) -> list[ProposalOut]:
    """Each with its whole trace, by which a stranger computes it again."""
    decisions = await whole_decisions(session, kept=[row.decision for row in rows])
    return [_shown_proposal(row, whole) for row, whole in zip(rows, decisions, strict=True)]


def _shown_proposal(row: RatingProposal, whole: dict[str, Any]) -> ProposalOut:
    fields = {name: getattr(row, name) for name in ProposalOut.model_fields if name not in ("score", "decision")}
    return ProposalOut(score=two_digits(row.score), decision=whole, **fields)


def _as_it_is(row: RatingProposal) -> RatingProposal:
    return row


def shown_assessment(row: Assessment) -> AssessmentOut:
    return AssessmentOut(**{name: getattr(row, name) for name in AssessmentOut.model_fields})
