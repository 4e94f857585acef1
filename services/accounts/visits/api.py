"""Visits and receptions over HTTP (A8); a reception moves under `/visits` too."""

from typing import Annotated

import orjson
from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.schemas import MoneyText
from services.accounts.edge import Edge, Here
from services.accounts.evidence import require_file
from services.accounts.moves import allowed_from
from services.accounts.ratings.schemas import ExplanationOut
from services.accounts.visits import asking, paying, repository, service
from services.accounts.visits.domain import MOVES, VisitKind, VisitState
from services.accounts.visits.models import Visit
from services.accounts.visits.schemas import (
    CheckNote,
    Claim,
    Commitment,
    NewVisit,
    PlanChange,
    Reason,
    VisitOut,
    VisitReport,
)
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.files_api import Files
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageAsked, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.money import Money
from shared.policy.api import Policies
from shared.policy.explain import explain
from shared.policy.rulebook import Rulebook
from shared.trace import Decision

router = Router(tags=["work"])
VisitId = Annotated[str, Path(description="the visit's or reception's id")]
Reader = Annotated[Principal, allowed("visits.read")]
Writer = Annotated[Principal, allowed("visits.write")]
Checker = Annotated[Principal, allowed("visits.check")]
Payer = Annotated[Principal, allowed("visits.pay")]
OfAccount = Annotated[str | None, Query(description="of this account")]
InState = Annotated[VisitState | None, Query(description="in this state")]


@router.post("/visits", status_code=201)
async def plan_visit(body: NewVisit, caller: Writer, session: Session, here: Here, response: Response) -> VisitOut:
    """Plan a visit to an account, with its budget (A8)."""
    return await planned(session, VisitKind.visit, body, (caller, here, response))


@router.post("/receptions", status_code=201)
async def plan_reception(body: NewVisit, caller: Writer, session: Session, here: Here, response: Response) -> VisitOut:
    """Plan the reception of an account, with its budget (A8)."""
    return await planned(session, VisitKind.reception, body, (caller, here, response))


async def planned(
    session: AsyncSession, kind: VisitKind, body: NewVisit, edge: tuple[Principal, Edge, Response]
) -> VisitOut:
    caller, here, response = edge
    who = here.by(caller, "visits.write")
    account = await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    visit = await service.plan_visit(session, account=account, kind=kind, request=body, who=who)
    response.headers["Location"] = f"/v1/visits/{visit.id}"
    return shown(visit)


@router.get("/visits")
async def list_visits(
    caller: Reader, session: Session, asked: PageQuery, account_id: OfAccount = None, state: InState = None
) -> Page[VisitOut]:
    """The visits to accounts the caller may see, newest first."""
    return await listed(session, VisitKind.visit, (caller, asked), {"account_id": account_id, "state": state})


@router.get("/receptions")
async def list_receptions(
    caller: Reader, session: Session, asked: PageQuery, account_id: OfAccount = None, state: InState = None
) -> Page[VisitOut]:
    """The receptions of accounts the caller may see, newest first."""
    return await listed(session, VisitKind.reception, (caller, asked), {"account_id": account_id, "state": state})


async def listed(
    session: AsyncSession, kind: VisitKind, edge: tuple[Principal, PageAsked], wanted: dict[str, str | None]
) -> Page[VisitOut]:
    caller, asked = edge
    query = repository.visits_within(caller.reach("visits.read")).where(Visit.kind == kind)
    for name, value in wanted.items():
        query = query if value is None else query.where(getattr(Visit, name) == value)
    return await read_page(session, query, asked=asked, by=newest_first(Visit.id), show=shown)


@router.get("/visits/{visit_id}")
async def read_visit(visit_id: VisitId, caller: Reader, session: Session) -> VisitOut:
    """One visit or reception, with the moves there are."""
    return shown(await repository.visit(session, visit_id=visit_id, reach=caller.reach("visits.read")))


@router.put("/visits/{visit_id}/plan")
async def revise_plan(visit_id: VisitId, body: PlanChange, caller: Writer, session: Session, here: Here) -> VisitOut:
    """Change the plan while nobody reviews it."""
    who = here.by(caller, "visits.write")
    visit = await locked(session, visit_id, caller, "visits.write")
    return shown(await service.revise_plan(session, visit=visit, request=body, who=who))


@router.post("/visits/{visit_id}/submit")
async def submit_plan(visit_id: VisitId, caller: Writer, session: Session, here: Here, policies: Policies) -> VisitOut:
    """Ask the manager to review and the director to approve this plan and budget (A8)."""
    who = here.by(caller, "visits.write")
    visit = await locked(session, visit_id, caller, "visits.write")
    rules, branch = Rulebook(policies.in_force(who.today)), await branch_of(session, visit)
    return shown(await asking.submit_plan(session, visit=visit, branch=branch, rules=rules, who=who))


@router.post("/visits/{visit_id}/call-off")
async def call_off(visit_id: VisitId, body: Reason, caller: Writer, session: Session, here: Here) -> VisitOut:
    """Say that it will not happen; a waiting approval is taken back."""
    who = here.by(caller, "visits.write")
    visit = await locked(session, visit_id, caller, "visits.write")
    return shown(await service.call_off(session, visit=visit, reason=body.reason, who=who))


@router.post("/visits/{visit_id}/commit")
async def commit_budget(visit_id: VisitId, body: Commitment, caller: Payer, session: Session, here: Here) -> VisitOut:
    """Commit money for an approved visit, at most its budget (A8)."""
    who = here.by(caller, "visits.pay")
    visit = await locked(session, visit_id, caller, "visits.pay")
    return shown(await paying.commit_budget(session, visit=visit, amount=body.amount, who=who))


@router.post("/visits/{visit_id}/report")
async def report_visit(
    visit_id: VisitId, body: VisitReport, caller: Writer, session: Session, here: Here, files: Files
) -> VisitOut:
    """Report what came of it: needs, objections, gifts, the next visit; it stands in the contact log too (A8, A10)."""
    who = here.by(caller, "visits.write")
    visit = await locked(session, visit_id, caller, "visits.write")
    if body.form_hash is not None:
        require_file(files, body.form_hash, pointer="/form_hash")
    return shown(await service.report_visit(session, visit=visit, request=body, who=who))


@router.post("/visits/{visit_id}/check")
async def check_report(visit_id: VisitId, body: CheckNote, caller: Checker, session: Session, here: Here) -> VisitOut:
    """Find a report good; nobody checks his own (A8)."""
    who = here.by(caller, "visits.check")
    visit = await locked(session, visit_id, caller, "visits.check")
    return shown(await service.check_report(session, visit=visit, note_text=body.note, who=who))


@router.post("/visits/{visit_id}/return-report")
async def return_report(visit_id: VisitId, body: CheckNote, caller: Checker, session: Session, here: Here) -> VisitOut:
    """Ask for another report."""
    who = here.by(caller, "visits.check")
    visit = await locked(session, visit_id, caller, "visits.check")
    return shown(await service.return_report(session, visit=visit, note_text=body.note, who=who))


@router.post("/visits/{visit_id}/claim")
async def claim_expense(
    visit_id: VisitId, body: Claim, caller: Writer, session: Session, here: Here, files: Files
) -> VisitOut:
    """Claim what was spent, with the receipts, once the report is checked (A8)."""
    who = here.by(caller, "visits.write")
    visit = await locked(session, visit_id, caller, "visits.write")
    for index, receipt in enumerate(body.receipts):
        require_file(files, receipt, pointer=f"/receipts/{index}")
    return shown(await paying.claim_expense(session, visit=visit, request=body, who=who))


@router.post("/visits/{visit_id}/reimburse")
async def reimburse(visit_id: VisitId, caller: Payer, session: Session, here: Here, policies: Policies) -> VisitOut:
    """Reimburse the claim; above the commitment a new approval is asked instead: the answer's state says which (A8)."""
    who = here.by(caller, "visits.pay")
    visit = await locked(session, visit_id, caller, "visits.pay")
    rules, branch = Rulebook(policies.in_force(who.today)), await branch_of(session, visit)
    await paying.reimburse(session, visit=visit, branch=branch, rules=rules, who=who)
    return shown(visit)


@router.get("/visits/{visit_id}/explanation")
async def explain_reimbursement(visit_id: VisitId, caller: Reader, session: Session, here: Here) -> ExplanationOut:
    """Why the claim was reimbursed, or needed another approval."""
    visit = await repository.visit(session, visit_id=visit_id, reach=caller.reach("visits.read"))
    if visit.decision is None:
        raise NotFound({"en": "Nothing was reimbursed yet.", "zh": "尚未办理报销。"})
    lines = list(explain(Decision.read_plain(visit.decision), here.language))
    return ExplanationOut(language=here.language, lines=lines, trace=visit.decision)


async def locked(session: AsyncSession, visit_id: str, caller: Principal, permission: str) -> Visit:
    return await repository.visit(session, visit_id=visit_id, reach=caller.reach(permission), lock=True)


async def branch_of(session: AsyncSession, visit: Visit) -> str:
    account = await session.get_one(Account, visit.account_id)
    return account.branch


DERIVED = frozenset(("allowed", "budget", "committed", "claimed", "extra_granted", "report"))


def shown(visit: Visit) -> VisitOut:
    fields = {name: getattr(visit, name) for name in VisitOut.model_fields if name not in DERIVED}

    def money(amount_minor: int | None) -> MoneyText | None:
        if amount_minor is None:
            return None
        return MoneyText(amount=str(Money(amount_minor, visit.currency)), currency=visit.currency)

    return VisitOut(
        allowed=list(allowed_from(MOVES, VisitState(visit.state))),
        budget=MoneyText(amount=str(Money(visit.budget_minor, visit.currency)), currency=visit.currency),
        committed=money(visit.committed_minor),
        claimed=money(visit.claimed_minor),
        extra_granted=money(visit.extra_minor),
        report=VisitReport.model_validate_json(orjson.dumps(visit.report)) if visit.report else None,
        **fields,
    )
