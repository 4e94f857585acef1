"""Programmes over HTTP (A11): evidence, evaluations, memberships, targets, reminders."""

from typing import Annotated

from fastapi import Path, Query

from services.accounts.dossiers import repository as dossiers
from services.accounts.edge import Here
from services.accounts.evidence import require_file
from services.accounts.explanations import Explained, explained
from services.accounts.shown import share_reached
from services.accounts.support import repository, service
from services.accounts.support.domain import Standing
from services.accounts.support.gathering import Asking, known_accounts
from services.accounts.support.models import (
    ProgrammeEvaluation,
    ProgrammeEvidence,
    ProgrammeMembership,
    ProgrammeReminder,
)
from services.accounts.support.schemas import (
    EvaluationOut,
    EvidenceOut,
    Exit,
    MembershipOut,
    NewEvaluation,
    NewEvidence,
    NewMembership,
    ReminderOut,
    Targets,
    TargetYear,
)
from services.accounts.support.targets import Attained, attained, spans_of_years, target_rows
from shared.auth.principal import Principal
from shared.files_api import Files
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.money import Money
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["programmes"])
Programme = Annotated[str, Path(description="the programme", pattern=r"^[a-z][a-z0-9-]{0,40}$", examples=["support"])]
EvaluationId = Annotated[str, Path(description="the evaluation's id")]
MembershipId = Annotated[str, Path(description="the membership's id")]
OfAccount = Annotated[str | None, Query(description="of one account")]
Reader = Annotated[Principal, allowed("programmes.read")]
Writer = Annotated[Principal, allowed("programmes.write")]
Admits = Annotated[Principal, allowed("programmes.admit")]


@router.post("/programmes/{programme}/evidence", status_code=201)
async def show_evidence(
    programme: Programme,
    body: NewEvidence,
    session: Session,
    here: Here,
    policies: Policies,
    files: Files,
    caller: Writer,
) -> EvidenceOut:
    """Record what was seen of an account on a day, under the fact it is evidence for (A11)."""
    who = here.by(caller, "programmes.write")
    await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    if body.file_hash is not None:
        require_file(files, body.file_hash, pointer="/file_hash")
    rules = Rulebook(policies.in_force(who.today))
    return shown_evidence(await service.show_evidence(session, programme=programme, request=body, rules=rules, who=who))


@router.get("/programmes/{programme}/evidence")
async def list_evidence(
    programme: Programme,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    account_id: OfAccount = None,
    fact: Annotated[str | None, Query(description="under one fact")] = None,
) -> Page[EvidenceOut]:
    """What was shown for a programme, newest first (A11)."""
    query = repository.evidence_seen(
        caller.reach("programmes.read"), programme=programme, account_id=account_id, fact=fact
    )
    return await read_page(session, query, asked=asked, by=newest_first(ProgrammeEvidence.id), show=shown_evidence)


@router.post("/programmes/{programme}/evaluations", status_code=201)
async def evaluate(
    programme: Programme, body: NewEvaluation, session: Session, here: Here, policies: Policies, caller: Writer
) -> EvaluationOut:
    """The conditions of a programme for an account: each pass, fail or no evidence, with what is missing (A11)."""
    who = here.by(caller, "programmes.write")
    await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    as_of = body.as_of or who.today
    found = await service.evaluate(
        session,
        programme=programme,
        account_id=body.account_id,
        starts_on=body.starts_on,
        as_of=as_of,
        rules=Rulebook(policies.in_force(as_of)),
        who=who,
    )
    return shown_evaluation(found)


@router.get("/programmes/{programme}/evaluations")
async def list_evaluations(
    programme: Programme,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    account_id: OfAccount = None,
    answer: Annotated[Standing | None, Query(description="as it came out")] = None,
) -> Page[EvaluationOut]:
    """Every evaluation, newest first (A11)."""
    query = repository.evaluations_seen(
        caller.reach("programmes.read"), programme=programme, account_id=account_id, answer=answer
    )
    return await read_page(session, query, asked=asked, by=newest_first(ProgrammeEvaluation.id), show=shown_evaluation)


@router.get("/programmes/{programme}/evaluations/{evaluation_id}")
async def read_evaluation(
    programme: Programme, evaluation_id: EvaluationId, session: Session, caller: Reader
) -> EvaluationOut:
    """One evaluation as it was made (A11)."""
    reach = caller.reach("programmes.read")
    return shown_evaluation(
        await repository.evaluation(session, programme=programme, evaluation_id=evaluation_id, reach=reach)
    )


@router.get("/programmes/{programme}/evaluations/{evaluation_id}/explanation")
async def explain_evaluation(
    programme: Programme, evaluation_id: EvaluationId, session: Session, here: Here, caller: Reader
) -> Explained:
    """The evaluation in words: each condition, what was found, how much is missing and until when (A11)."""
    reach = caller.reach("programmes.read")
    found = await repository.evaluation(session, programme=programme, evaluation_id=evaluation_id, reach=reach)
    return explained(found.decision, here)


@router.post("/programmes/{programme}/memberships", status_code=201)
async def join(
    programme: Programme, body: NewMembership, session: Session, here: Here, policies: Policies, caller: Admits
) -> MembershipOut:
    """Take an account into a programme: every condition is met, or may still be met within its deadline (A11)."""
    who = here.by(caller, "programmes.admit")
    await dossiers.locked_account(session, account_id=body.account_id, reach=who.reach)
    found = await service.join(
        session,
        programme=programme,
        account_id=body.account_id,
        starts_on=body.starts_on,
        rules=Rulebook(policies.in_force(who.today)),
        who=who,
    )
    return shown_membership(found)


@router.get("/programmes/{programme}/memberships")
async def list_memberships(
    programme: Programme,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    account_id: OfAccount = None,
    on: Annotated[Day | None, Query(description="those that cover this local day")] = None,
) -> Page[MembershipOut]:
    """Members past and present, newest first (A11)."""
    query = repository.memberships_seen(
        caller.reach("programmes.read"), programme=programme, account_id=account_id, on=on
    )
    return await read_page(session, query, asked=asked, by=newest_first(ProgrammeMembership.id), show=shown_membership)


@router.get("/programmes/{programme}/memberships/{membership_id}/targets")
async def read_targets(
    programme: Programme,
    membership_id: MembershipId,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Reader,
    as_of: Annotated[Day | None, Query(description="purchases up to this local day; today where left out")] = None,
) -> Targets:
    """What is to be bought in each year of membership, and what has been bought (A11)."""
    who = here.by(caller, "programmes.read")
    member = await repository.membership(session, programme=programme, membership_id=membership_id, reach=who.reach)
    day = as_of or who.today
    asking = Asking(programme, Rulebook(policies.in_force(who.today)), day, here.zone)
    rows = target_rows(asking.rules, programme)
    known = await known_accounts(
        session,
        asking=asking,
        starts={member.account_id: member.starts_on},
        spans_of=lambda first: spans_of_years(first, day, rows),
    )
    years = attained(known[member.account_id], rows, as_of=day)
    return Targets(membership_id=member.id, as_of=day, years=[shown_year(year) for year in years])


@router.post("/programmes/{programme}/memberships/{membership_id}/exit", status_code=201)
async def leave(
    programme: Programme, membership_id: MembershipId, body: Exit, session: Session, here: Here, caller: Admits
) -> MembershipOut:
    """The account leaves the programme, with a reason (A11)."""
    who = here.by(caller, "programmes.admit")
    member = await repository.membership(session, programme=programme, membership_id=membership_id, reach=who.reach)
    return shown_membership(await service.leave(session, membership=member, request=body, who=who))


@router.get("/programmes/{programme}/reminders")
async def list_reminders(
    programme: Programme, session: Session, asked: PageQuery, caller: Reader, account_id: OfAccount = None
) -> Page[ReminderOut]:
    """What members were reminded of, newest first (A11)."""
    query = repository.reminders_seen(caller.reach("programmes.read"), programme=programme, account_id=account_id)
    return await read_page(session, query, asked=asked, by=newest_first(ProgrammeReminder.id), show=shown_reminder)


def shown_evidence(row: ProgrammeEvidence) -> EvidenceOut:
    return EvidenceOut(**{name: getattr(row, name) for name in EvidenceOut.model_fields})


def shown_evaluation(row: ProgrammeEvaluation) -> EvaluationOut:
    return EvaluationOut.model_validate({name: getattr(row, name) for name in EvaluationOut.model_fields})


def shown_membership(row: ProgrammeMembership) -> MembershipOut:
    return MembershipOut(**{name: getattr(row, name) for name in MembershipOut.model_fields})


def shown_reminder(row: ProgrammeReminder) -> ReminderOut:
    return ReminderOut.model_validate({name: getattr(row, name) for name in ReminderOut.model_fields})


def shown_year(found: Attained) -> TargetYear:
    target = found.year.target
    return TargetYear(
        year=found.year.number,
        first=found.year.span.first,
        last=found.year.span.last,
        currency=target.currency,
        target=str(Money(target.target_minor, target.currency)),
        purchases=str(Money(found.purchases_minor, target.currency)),
        attainment=share_reached(found.share),
        reached=found.share >= 1,
        short_by=str(Money(found.short_by_minor, target.currency)),
    )
