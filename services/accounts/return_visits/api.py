"""Return visits and their spot checks over HTTP (A9)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Query

from services.accounts.asked_facts import FactsOf
from services.accounts.contacts.repository import listed_accounts
from services.accounts.dossiers import repository as dossiers
from services.accounts.edge import Here
from services.accounts.evidence import require_file
from services.accounts.happened import check_happened
from services.accounts.ratings.schemas import ExplanationOut
from services.accounts.return_visits import repository, service, spot_checks, terms
from services.accounts.return_visits.domain import Finding
from services.accounts.return_visits.facts import MONTH_FUNCTIONS
from services.accounts.return_visits.models import (
    MeetingMinutes,
    ReportedContact,
    ReturnVisit,
    SpotCheck,
    SpotCheckSample,
)
from services.accounts.return_visits.schemas import (
    DueOut,
    Dues,
    MinutesOut,
    NewFinding,
    NewMinutes,
    NewReportedContact,
    NewReturnVisit,
    NewSample,
    ReportedContactOut,
    ReturnVisitOut,
    SampleOut,
    Scores,
    SpotCheckOut,
)
from services.accounts.shown import two_digits
from services.accounts.surveys.repository import is_person_of
from shared.auth.principal import Principal
from shared.calendar import period
from shared.errors import FieldError, ValidationProblem, Words
from shared.files_api import Files
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.explain import explain
from shared.policy.rulebook import Rulebook
from shared.trace import Decision, Subject

router = Router(tags=["work"])
VisitId = Annotated[str, Path(description="the return visit's id")]
Writer = Annotated[Principal, allowed("return_visits.write")]
Reader = Annotated[Principal, allowed("return_visits.read")]
Checker = Annotated[Principal, allowed("spot_checks.write")]
MonthKey = Annotated[str, Query(pattern=r"^[12]\d{3}-(0[1-9]|1[0-2])$", description="the month", examples=["2021-03"])]


@router.post("/return-visits", status_code=201)
async def file_return_visit(
    body: NewReturnVisit, caller: Writer, session: Session, here: Here, policies: Policies, files: Files
) -> ReturnVisitOut:
    """File the month's form of an account with its eight scores; it is received now, and due by the 25th (A9)."""
    who = here.by(caller, "return_visits.write")
    account = await dossiers.locked_account(session, account_id=body.account_id, reach=who.reach)
    require_file(files, body.form_hash, pointer="/form_hash")
    rules = Rulebook(policies.in_force(who.today))
    return shown(await service.file_form(session, account=account, request=body, rules=rules, who=who))


@router.get("/return-visits")
async def list_return_visits(
    caller: Reader,
    session: Session,
    asked: PageQuery,
    account_id: Annotated[str | None, Query(description="of this account")] = None,
    month: Annotated[str | None, Query(description="of this month", examples=["2021-03"])] = None,
    branch: Annotated[str | None, Query(description="of this branch", examples=["kinshasa"])] = None,
) -> Page[ReturnVisitOut]:
    """The forms of the accounts the caller may see, newest first."""
    query = repository.visits_within(caller.reach("return_visits.read"))
    wanted = ((ReturnVisit.account_id, account_id), (ReturnVisit.month, month), (ReturnVisit.branch, branch))
    for column, value in wanted:
        query = query if value is None else query.where(column == value)
    return await read_page(session, query, asked=asked, by=newest_first(ReturnVisit.id), show=shown)


@router.get("/return-visits/due")
async def read_return_visits_due(
    caller: Reader, session: Session, here: Here, policies: Policies, month: MonthKey
) -> Dues:
    """Where each listed account of the caller's branches stands with the month's papers, and what is missing (A9)."""
    who, span = here.by(caller, "return_visits.read"), period(month)
    rules = Rulebook(policies.in_force(min(span.last, who.today)))
    due = terms.due_day(rules, span)
    as_of = min(who.now, terms.end_of(due, who.zone))
    listed = {row.id: row.branch for row in await listed_accounts(session, on=due)}
    listed = {one: branch for one, branch in listed.items() if who.reach.covers(branch=branch, account_id=one)}
    known = await service.reported_months(session, account_ids=tuple(listed), month=span)
    items = []
    for account_id, material in known.items():
        facts = FactsOf(MONTH_FUNCTIONS, material, who.zone)
        asked = facts.ask(rules, terms.DUE, Subject("account", account_id), as_of, final=who.today > due)
        items += [
            DueOut(
                account_id=account_id,
                branch=listed[account_id],
                answer=decision.outcome.answer,
                lines=list(explain(decision, here.language)),
            )
            for decision in asked
        ]
    return Dues(month=month, due_on=due, items=items)


@router.get("/return-visits/{visit_id}")
async def read_return_visit(visit_id: VisitId, caller: Reader, session: Session) -> ReturnVisitOut:
    """One form with its score."""
    reach = caller.reach("return_visits.read")
    return shown(await repository.return_visit(session, visit_id=visit_id, reach=reach))


@router.get("/return-visits/{visit_id}/explanation")
async def explain_return_visit(visit_id: VisitId, caller: Reader, session: Session, here: Here) -> ExplanationOut:
    """How the eight scores made the form's score."""
    row = await repository.return_visit(session, visit_id=visit_id, reach=caller.reach("return_visits.read"))
    lines = list(explain(Decision.read_plain(row.decision), here.language))
    return ExplanationOut(language=here.language, lines=lines, trace=row.decision)


@router.post("/return-visits/minutes", status_code=201)
async def file_minutes(body: NewMinutes, caller: Writer, session: Session, here: Here, files: Files) -> MinutesOut:
    """File the scanned minutes of a meeting the customer called (A9)."""
    who = here.by(caller, "return_visits.write")
    contact = await repository.contact(session, contact_id=body.contact_id, reach=who.reach)
    require_file(files, body.file_hash, pointer="/file_hash")
    return shown_minutes(await service.file_minutes(session, contact=contact, request=body, who=who))


@router.post("/return-visits/contacts", status_code=201)
async def report_contact(body: NewReportedContact, caller: Writer, session: Session, here: Here) -> ReportedContactOut:
    """Name the month's contact of an account, a person of its dossier (A9)."""
    who = here.by(caller, "return_visits.write")
    account = await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    check_happened(period(body.month).first, today=who.today, pointer="/month")
    if not await is_person_of(session, person_id=body.person_id, account_id=account.id, on=period(body.month).first):
        wrong: Words = {"en": "no person of this account", "zh": "该客户无此联系人"}
        raise ValidationProblem(errors=[FieldError("/person_id", "unknown_person", wrong)])
    row = await service.report_contact(session, account=account, month=body.month, person_id=body.person_id, who=who)
    return shown_contact(row)


@router.post("/spot-check-samples", status_code=201)
async def draw_spot_checks(
    body: NewSample, caller: Checker, session: Session, here: Here, policies: Policies
) -> SampleOut:
    """Draw the month's forms to check, once, by a seed that lets anybody draw them again (A9)."""
    who = here.by(caller, "spot_checks.write")
    rules = Rulebook(policies.in_force(who.today))
    row = await spot_checks.draw_sample(session, request=body, caller=caller, rules=rules, who=who)
    return shown_sample(row, await repository.checks_of_sample(session, sample_id=row.id))


@router.get("/spot-check-samples/{sample_id}")
async def read_spot_check_sample(
    sample_id: Annotated[str, Path(description="the sample's id")],
    caller: Annotated[Principal, allowed("spot_checks.read")],
    session: Session,
) -> SampleOut:
    """A sample: its seed, what it was drawn from, and what the checks found."""
    row = await repository.sample(session, sample_id=sample_id)
    return shown_sample(row, await repository.checks_of_sample(session, sample_id=row.id))


@router.post("/spot-checks/{check_id}/finding")
async def record_finding(
    check_id: Annotated[str, Path(description="the spot check's id")],
    body: NewFinding,
    caller: Checker,
    session: Session,
    here: Here,
    policies: Policies,
) -> SpotCheckOut:
    """Say whether a form was truthful; a falsified one stands against its branch (A9)."""
    who = here.by(caller, "spot_checks.write")
    rules = Rulebook(policies.in_force(who.today))
    spot_checks.require_checker(caller, terms.terms_of(rules))
    check = await repository.locked_check(session, check_id=check_id)
    return shown_check(await spot_checks.record_finding(session, check=check, request=body, rules=rules, who=who))


@router.get("/spot-checks")
async def list_spot_checks(
    caller: Reader,
    session: Session,
    asked: PageQuery,
    branch: Annotated[str | None, Query(description="against this branch", examples=["kinshasa"])] = None,
    month: Annotated[str | None, Query(description="of this month", examples=["2021-03"])] = None,
    finding: Annotated[Finding | None, Query(description="with this result")] = None,
) -> Page[SpotCheckOut]:
    """The spot checks of the branches the caller may see; `finding=falsified` is what stands against a branch."""
    query = repository.checks_within(caller.reach("return_visits.read"))
    for column, value in ((SpotCheck.branch, branch), (SpotCheck.month, month), (SpotCheck.finding, finding)):
        query = query if value is None else query.where(column == value)
    return await read_page(session, query, asked=asked, by=newest_first(SpotCheck.id), show=shown_check)


def shown(row: ReturnVisit) -> ReturnVisitOut:
    decision = Decision.read_plain(row.decision)
    derived = {"scores", "policy", "score", "grade", "warnings"}
    fields = {name: getattr(row, name) for name in ReturnVisitOut.model_fields if name not in derived}
    return ReturnVisitOut(
        scores=Scores(**row.scores),
        policy=decision.policy,
        score=two_digits(decision.outcome.score),
        grade=decision.outcome.grade or None,
        warnings=list(decision.outcome.warnings),
        **fields,
    )


def shown_minutes(row: MeetingMinutes) -> MinutesOut:
    return MinutesOut(**{name: getattr(row, name) for name in MinutesOut.model_fields})


def shown_contact(row: ReportedContact) -> ReportedContactOut:
    return ReportedContactOut(**{name: getattr(row, name) for name in ReportedContactOut.model_fields})


def shown_check(row: SpotCheck) -> SpotCheckOut:
    return SpotCheckOut(**{name: getattr(row, name) for name in SpotCheckOut.model_fields})


def shown_sample(row: SpotCheckSample, checks: Sequence[SpotCheck]) -> SampleOut:
    fields = {name: getattr(row, name) for name in SampleOut.model_fields if name != "checks"}
    return SampleOut(checks=[shown_check(check) for check in checks], **fields)
