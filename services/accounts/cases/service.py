"""Moving a development case along, asking for its two reviews, and telling how it ended (A7)."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.branches import UnknownBranch
from services.accounts.cases import repository
from services.accounts.cases.domain import (
    ANSWERED,
    CLOSED,
    MOVES,
    UNDER_REVIEW,
    AccountOfAnotherBranch,
    CaseMove,
    NoGroup,
    Stage,
    check_details,
)
from services.accounts.cases.facts import FUNCTIONS, SurveyedCandidate
from services.accounts.cases.models import CaseStep, DevelopmentCase
from services.accounts.cases.schemas import Advance, NewCase
from services.accounts.dossiers.domain import BranchOutOfReach
from services.accounts.dossiers.repository import account_going_on
from services.accounts.dossiers.service import Whereabouts
from services.accounts.moves import MoveNotAllowed, allowed_from, moved
from services.accounts.ratings.repository import exchange_rates
from services.accounts.staff import require_working
from shared.asking import sought
from shared.events.accounts import DevelopmentCaseLost, DevelopmentCaseWon
from shared.events.asks import ApprovalAskWithdrawn
from shared.ids import new_id
from shared.money import Money
from shared.outbox import record
from shared.policy.evaluation import Case
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

ADVANCING, SCREENING_ROW = "case.advancing", "A7"
SUBJECT = "case"
MANAGER_STEP = "manager"


async def pick(
    session: AsyncSession, *, request: NewCase, branches: Collection[str], who: Whereabouts
) -> DevelopmentCase:
    """A7: somebody picks a candidate; raises UnknownBranch, BranchOutOfReach."""
    if request.branch not in branches:
        raise UnknownBranch(request.branch)
    if not who.reach.covers(branch=request.branch):
        raise BranchOutOfReach
    row = DevelopmentCase(
        id=str(new_id()),
        stage=Stage.pick,
        revision=0,
        picked_by=who.user_id,
        picked_on=who.today,
        project_group=[],
        **request.model_dump(),
    )
    session.add(row)
    await session.flush()
    return row


@dataclass(frozen=True, slots=True)
class Advancing:
    """One move of a case: what it brings, under which rules, by whom."""

    case: DevelopmentCase
    request: Advance
    rules: Rulebook
    who: Whereabouts


async def advance(session: AsyncSession, *, advancing: Advancing) -> DevelopmentCase:
    """A7: one move by a person; raises MoveNotAllowed, ValidationProblem, PolicyRefuses, NoGroup."""
    case, request = advancing.case, advancing.request
    before = Stage(case.stage)
    if request.move in ANSWERED:
        raise MoveNotAllowed(before, tuple(move for move in allowed_from(MOVES, before) if move not in ANSWERED))
    after = moved(MOVES, before, request.move)
    check_details(request.move, request.model_fields_set - {"move"})
    material = await surveyed(session, case=case, to=after)
    facts = FactsOf(FUNCTIONS, material, advancing.who.zone)
    advancing.rules.ask(ADVANCING, Case(facts, subject_of(case), advancing.who.now), subject=SUBJECT)
    if deed := DEEDS.get(request.move):
        await deed(session, advancing)
    note = request.report or request.reason
    await keep_step(session, case=case, move=request.move, by=(advancing.who.user_id, advancing.who.now), note=note)
    return case


def subject_of(case: DevelopmentCase) -> Subject:
    return Subject(SUBJECT, case.id, Subject("account", case.account_id) if case.account_id else None)


async def surveyed(session: AsyncSession, *, case: DevelopmentCase, to: Stage) -> SurveyedCandidate:
    """What the survey said, for the facts of the screening and of its gate."""
    words = {name: getattr(case, name) for name in ("cost_fit", "technology_fit", "environment_fit")}
    known = {name: said for name, said in words.items() if said is not None}
    expected = None
    if case.expected_minor is not None and case.expected_currency is not None:
        expected = Money(case.expected_minor, case.expected_currency)
    return SurveyedCandidate(to, known, expected, case.surveyed_on, await exchange_rates(session))


async def keep_step(
    session: AsyncSession, *, case: DevelopmentCase, move: CaseMove, by: tuple[str, datetime], note: str | None = None
) -> None:
    """The case at its new stage, and the move beside those before."""
    case.stage = moved(MOVES, Stage(case.stage), move)
    made_by, made_at = by
    session.add(
        CaseStep(
            id=str(new_id()),
            case_id=case.id,
            move=move,
            stage=case.stage,
            made_by=made_by,
            made_at=made_at,
            note=note,
        )
    )
    await session.flush()


async def note_survey(session: AsyncSession, advancing: Advancing) -> None:
    survey, case = advancing.request.survey, advancing.case
    assert survey is not None
    expected = Money.parse(survey.expected_purchases.amount, survey.expected_purchases.currency)
    case.cost_fit, case.technology_fit = survey.cost_fit, survey.technology_fit
    case.environment_fit, case.surveyed_on = survey.environment_fit, advancing.who.today
    case.expected_minor, case.expected_currency = expected.amount_minor, expected.currency
    case.screening = None


async def screen(session: AsyncSession, advancing: Advancing) -> None:
    """The scorecard over the survey; whether it passed is what the gate asks at the next move."""
    case, who = advancing.case, advancing.who
    material = await surveyed(session, case=case, to=Stage.screening)
    card = advancing.rules.scorecard(row=SCREENING_ROW, subject=SUBJECT)
    decision = card.decide(Case(FactsOf(FUNCTIONS, material, who.zone), subject_of(case), who.now))
    case.screening = decision.to_plain()


async def note_application(session: AsyncSession, advancing: Advancing) -> None:
    application, case = advancing.request.application, advancing.case
    assert application is not None
    budget = Money.parse(application.budget.amount, application.budget.currency)
    case.plan, case.budget_minor, case.budget_currency = application.plan, budget.amount_minor, budget.currency


async def seek_reviews(session: AsyncSession, advancing: Advancing) -> None:
    """Ask the manager and the sales director, for exactly this candidate, plan and budget."""
    case, who = advancing.case, advancing.who
    case.revision += 1
    budget = Money(case.budget_minor or 0, case.budget_currency or "")
    ask = sought(
        occurred_at=who.now,
        subject=(SUBJECT, case.id),
        revision=case.revision,
        content={
            "candidate": case.candidate,
            "plan": case.plan,
            "budget": {"amount": str(budget), "currency": budget.currency},
        },
        route=advancing.rules.route_for(SUBJECT),
        requester=who.user_id,
        account_id=case.account_id,
        branch=case.branch,
        title=(f"Development of {case.candidate}", f"开发大客户：{case.candidate}"),
    )
    record(session, ask)


async def form_group(session: AsyncSession, advancing: Advancing) -> None:
    named = {f"/group/{place}": user_id for place, user_id in enumerate(advancing.request.group or ())}
    await require_working(session, named=named, on=advancing.who.today)
    advancing.case.project_group = list(dict.fromkeys(advancing.request.group or ()))


async def link_dossier(session: AsyncSession, advancing: Advancing) -> None:
    """The dossier that was opened for the candidate, in the case's own branch; raises NoGroup, NotFound."""
    case, account_id = advancing.case, advancing.request.account_id
    if not case.project_group:
        raise NoGroup
    account = await account_going_on(session, account_id=account_id or "", reach=advancing.who.reach)
    if account.branch != case.branch:
        raise AccountOfAnotherBranch
    case.account_id = account.id


async def win(session: AsyncSession, advancing: Advancing) -> None:
    """Won: whoever picked the candidate developed the customer (R3)."""
    case, who = advancing.case, advancing.who
    case.closed_on = who.today
    won = DevelopmentCaseWon(
        occurred_at=who.now,
        case_id=case.id,
        account_id=case.account_id,
        branch=case.branch,
        picked_by=case.picked_by,
        picked_on=case.picked_on,
        on=who.today,
    )
    record(session, won)


async def lose(session: AsyncSession, advancing: Advancing) -> None:
    """Lost: an ask that still waits is taken back."""
    case, who = advancing.case, advancing.who
    if case.stage in UNDER_REVIEW:
        withdrawn = ApprovalAskWithdrawn(
            occurred_at=who.now,
            subject_type=SUBJECT,
            subject_id=case.id,
            revision=case.revision,
            account_id=case.account_id,
            reason="the case is lost",
        )
        record(session, withdrawn)
    case.closed_on, case.lost_because = who.today, advancing.request.reason
    lost = DevelopmentCaseLost(
        occurred_at=who.now,
        case_id=case.id,
        account_id=case.account_id,
        branch=case.branch,
        picked_by=case.picked_by,
        picked_on=case.picked_on,
        on=who.today,
    )
    record(session, lost)


DEEDS: Mapping[CaseMove, Callable[[AsyncSession, Advancing], Awaitable[None]]] = {
    CaseMove.survey: note_survey,
    CaseMove.screen: screen,
    CaseMove.apply: note_application,
    CaseMove.submit: seek_reviews,
    CaseMove.form_group: form_group,
    CaseMove.open_dossier: link_dossier,
    CaseMove.win: win,
    CaseMove.lose: lose,
}


async def answer_case(
    session: AsyncSession, *, case_id: str, revision: int, moves: Collection[CaseMove], answered_at: datetime
) -> None:
    """What approvals said, move by move; one that is past, or of an older submission, changes nothing."""
    case = await repository.locked_case(session, case_id=case_id)
    if case is None or case.revision != revision or case.stage in CLOSED:
        return
    for move in moves:
        if (Stage(case.stage), move) in MOVES:
            await keep_step(session, case=case, move=move, by=("approvals", answered_at))
