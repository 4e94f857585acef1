"""Assessments, ratings and classes over HTTP (A2, A5)."""

from collections import Counter
from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import AwareDatetime

from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.api import AccountId
from services.accounts.edge import Here
from services.accounts.ratings import repository, service
from services.accounts.ratings.domain import class_on
from services.accounts.ratings.models import Assessment, RatingProposal
from services.accounts.ratings.schemas import (
    AssessmentOut,
    ClassOut,
    ClassSpan,
    ExplanationOut,
    NewAssessment,
    NewRun,
    ProposalOut,
    RatingOut,
    RunOut,
)
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
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
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    return shown_assessment(await service.assess(session, account_id=account.id, request=body, who=who))


@router.post("/rating-runs", status_code=201)
async def run_ratings(
    body: NewRun,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("ratings.run")],
) -> RunOut:
    """Rate accounts as of the end of a day (A2); unless it is a preview, each rating is proposed and asked for (A5)."""
    run_id, rated = await service.run_ratings(
        session,
        account_ids=body.accounts,
        as_of=body.as_of,
        preview=body.preview,
        rules=Rulebook(policies.in_force(body.as_of)),
        who=here.by(caller, "ratings.run"),
    )
    results = [shown_rating(one) for one in rated]
    return RunOut(
        run_id=run_id,
        as_of=body.as_of,
        preview=body.preview,
        policy=rated[0].decision.policy if rated else None,
        grades=dict(sorted(Counter(one.grade for one in results if one.grade).items())),
        results=results,
    )


@router.get("/rating-proposals/{proposal_id}")
async def read_proposal(
    proposal_id: ProposalId,
    session: Session,
    caller: Annotated[Principal, allowed("classes.read")],
) -> ProposalOut:
    """A proposal with the evidence of every criterion (A5)."""
    return shown_proposal(
        await repository.proposal(session, proposal_id=proposal_id, reach=caller.reach("classes.read"))
    )


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
    decision = Decision.read_plain(proposal.decision)
    return ExplanationOut(language=here.language, lines=list(explain(decision, here.language)), trace=proposal.decision)


@router.get("/accounts/{account_id}/classes")
async def read_class(
    account_id: AccountId,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("classes.read")],
    as_of: Annotated[
        date | None, Query(description="the class in force on this local day; today where left out")
    ] = None,
    known_at: Annotated[
        AwareDatetime | None, Query(description="as it was known at this instant; now where left out")
    ] = None,
) -> ClassOut:
    """The class on any day, as known at any instant, and every class ever recorded (A5)."""
    who = here.by(caller, "classes.read")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    on, known = as_of or who.today, known_at or who.now
    recorded = await repository.classes_of(session, account_id=account.id)
    current = class_on((fact for fact, _ in recorded), on, known)
    return ClassOut(
        account_id=account.id,
        as_of=on,
        known_at=known,
        grade=current.grade if current else None,
        valid_from=current.valid_from if current else None,
        proposal_id=next((proposal for fact, proposal in recorded if fact == current), None),
        history=[
            ClassSpan(
                grade=fact.grade,
                valid_from=fact.valid_from,
                valid_until=fact.valid_until,
                recorded_at=fact.recorded_at,
                proposal_id=proposal,
            )
            for fact, proposal in recorded
            if fact.recorded_at <= known
        ],
    )


def shown_rating(rated: service.Rated) -> RatingOut:
    outcome = rated.decision.outcome
    score = None if outcome.score is None else service.two_digits(outcome.score)
    return RatingOut(
        account_id=rated.account_id,
        number=rated.number,
        score=score,
        grade=outcome.grade or None,
        proposal_id=rated.proposal_id,
    )


def shown_proposal(row: RatingProposal) -> ProposalOut:
    fields = {name: getattr(row, name) for name in ProposalOut.model_fields if name != "score"}
    return ProposalOut(score=service.two_digits(row.score), **fields)


def shown_assessment(row: Assessment) -> AssessmentOut:
    return AssessmentOut(**{name: getattr(row, name) for name in AssessmentOut.model_fields})
