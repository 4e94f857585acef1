"""Development cases over HTTP (A7)."""

from typing import Annotated, Any

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.branches import branches_of
from services.accounts.cases import repository, service
from services.accounts.cases.domain import ANSWERED, MOVES, Stage
from services.accounts.cases.models import CaseStep, DevelopmentCase
from services.accounts.cases.schemas import Advance, CandidateSurvey, CaseOut, CaseStepOut, CaseWhole, NewCase
from services.accounts.dossiers.schemas import MoneyText
from services.accounts.edge import Here
from services.accounts.moves import allowed_from
from services.accounts.ratings.schemas import ExplanationOut
from services.accounts.shown import two_digits
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.money import Money
from shared.policy.api import Policies
from shared.policy.explain import explain
from shared.policy.rulebook import Rulebook
from shared.trace import Decision

router = Router(tags=["work"])
CaseId = Annotated[str, Path(description="the development case's id")]
Reader = Annotated[Principal, allowed("cases.read")]
Writer = Annotated[Principal, allowed("cases.write")]


@router.post("/development-cases", status_code=201)
async def pick_candidate(
    body: NewCase, caller: Writer, session: Session, here: Here, policies: Policies, response: Response
) -> CaseWhole:
    """Pick a candidate to be developed into a key account (A7); the answer says which moves there are."""
    who = here.by(caller, "cases.write")
    branches = branches_of(policies.in_force(who.today))
    case = await service.pick(session, request=body, branches=branches, who=who)
    response.headers["Location"] = f"/v1/development-cases/{case.id}"
    return await whole(session, case)


@router.get("/development-cases")
async def list_development_cases(
    caller: Reader,
    session: Session,
    asked: PageQuery,
    branch: Annotated[str | None, Query(description="of this branch", examples=["kinshasa"])] = None,
    stage: Annotated[Stage | None, Query(description="at this stage")] = None,
    picked_by: Annotated[str | None, Query(description="picked by this user")] = None,
) -> Page[CaseOut]:
    """The development cases of the caller's branches, newest first."""
    query = repository.cases_within(caller.reach("cases.read"))
    wanted = (
        (DevelopmentCase.branch, branch),
        (DevelopmentCase.stage, stage),
        (DevelopmentCase.picked_by, picked_by),
    )
    for column, value in wanted:
        query = query if value is None else query.where(column == value)
    return await read_page(
        session,
        query,
        asked=asked,
        by=newest_first(DevelopmentCase.id),
        show=lambda case: CaseOut(**fields_of(case)),
    )


@router.get("/development-cases/{case_id}")
async def read_development_case(case_id: CaseId, caller: Reader, session: Session) -> CaseWhole:
    """One case with every move it made."""
    return await whole(session, await repository.case(session, case_id=case_id, reach=caller.reach("cases.read")))


@router.post("/development-cases/{case_id}/advance")
async def advance_development_case(
    case_id: CaseId, body: Advance, caller: Writer, session: Session, here: Here, policies: Policies
) -> CaseWhole:
    """Make the next move; one that is not next is a 409 that names the moves there are (A7)."""
    who = here.by(caller, "cases.write")
    case = await repository.case(session, case_id=case_id, reach=who.reach, lock=True)
    rules = Rulebook(policies.in_force(who.today))
    advanced = await service.advance(session, advancing=service.Advancing(case, body, rules, who))
    return await whole(session, advanced)


@router.get("/development-cases/{case_id}/explanation")
async def explain_screening(case_id: CaseId, caller: Reader, session: Session, here: Here) -> ExplanationOut:
    """How the candidate's survey made its screening."""
    case = await repository.case(session, case_id=case_id, reach=caller.reach("cases.read"))
    if case.screening is None:
        raise NotFound({"en": "The candidate is not screened yet.", "zh": "尚未筛选。"})
    lines = list(explain(Decision.read_plain(case.screening), here.language))
    return ExplanationOut(language=here.language, lines=lines, trace=case.screening)


async def whole(session: AsyncSession, case: DevelopmentCase) -> CaseWhole:
    steps = await repository.steps(session, case_id=case.id)
    return CaseWhole(steps=[shown_step(step) for step in steps], **fields_of(case))


def shown_step(step: CaseStep) -> CaseStepOut:
    return CaseStepOut(**{name: getattr(step, name) for name in CaseStepOut.model_fields})


DERIVED = frozenset(("allowed", "survey", "score", "grade", "budget", "group"))


def fields_of(case: DevelopmentCase) -> dict[str, Any]:
    rating = Decision.read_plain(case.screening).outcome if case.screening else None
    moves = allowed_from(MOVES, Stage(case.stage))
    return {name: getattr(case, name) for name in CaseOut.model_fields if name not in DERIVED} | {
        "allowed": [move for move in moves if move not in ANSWERED],
        "survey": shown_survey(case),
        "score": two_digits(rating.score) if rating else None,
        "grade": (rating.grade or None) if rating else None,
        "budget": shown_money(case.budget_minor, case.budget_currency),
        "group": case.project_group,
    }


def shown_survey(case: DevelopmentCase) -> CandidateSurvey | None:
    expected = shown_money(case.expected_minor, case.expected_currency)
    if expected is None:
        return None
    words = {name: getattr(case, name) for name in ("cost_fit", "technology_fit", "environment_fit")}
    return CandidateSurvey(expected_purchases=expected, **words)


def shown_money(amount_minor: int | None, currency: str | None) -> MoneyText | None:
    if amount_minor is None or currency is None:
        return None
    return MoneyText(amount=str(Money(amount_minor, currency)), currency=currency)
