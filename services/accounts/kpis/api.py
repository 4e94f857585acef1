"""Boards, appraisals and warnings over HTTP (KPI)."""

from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, ClassVar

from fastapi import Path, Query, Response
from sqlalchemy import select

from services.accounts.edge import Edge, Here
from services.accounts.kpis import repository, service
from services.accounts.kpis.domain import Board, KpiLine, check_day
from services.accounts.kpis.models import Appraisal, KpiWarning
from services.accounts.kpis.picture import draw
from services.accounts.kpis.schemas import (
    AppraisalExplained,
    AppraisalOut,
    BoardOut,
    BoardScope,
    KpiOut,
    NewAppraisal,
    TargetOut,
    WarningOut,
)
from services.accounts.kpis.service import NamedScope, Occasion
from services.accounts.targets.domain import Scope, ScopeKind, UnknownScope, named_span
from shared.auth.principal import Principal, Reach
from shared.calendar import Period, local_day
from shared.db.mechanisms import person
from shared.errors import Language, NotFound, in_language
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day, Moment
from shared.http.pages import Page, PageQuery, newest_first, oldest_first, read_page
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.explain import explain
from shared.trace import Decision

router = Router(tags=["kpis"])
MOST_ROWS = 40  # a picture that can still be read
SIX, TWO = Decimal("0.000001"), Decimal("0.01")

Reader = Annotated[Principal, allowed("kpis.read")]
PeriodKey = Annotated[
    str, Query(alias="period", max_length=10, description="a month, quarter or year", examples=["2021-Q1"])
]
AsOf = Annotated[Day | None, Query(description="as known at the end of this local day; today where left out")]
KnownAt = Annotated[
    Moment | None, Query(description="without what was recorded after this instant, such as orders that came late")
]
OfScope = Annotated[
    str | None, Query(pattern="^(rep|manager|branch|employee)$", description="of which kind", examples=["branch"])
]
ScopeId = Annotated[
    str | None, Query(alias="id", max_length=100, description="only this one's: a user's id, or a branch")
]


class NoSuchAppraisal(NotFound):
    code: ClassVar[str] = "appraisal_not_found"


@router.get("/kpis")
async def read_kpis(
    *,
    session: Session,
    here: Here,
    caller: Reader,
    policies: Policies,
    asked: PageQuery,
    scope: BoardScope,
    period: PeriodKey,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    scope_id: ScopeId = None,
) -> Page[BoardOut]:
    """The board of each rep, manager or branch within reach, by id.

    `as_of` shows it as it stood on a past day; `known_at` beside it leaves out what was recorded only later.
    """
    occasion = occasion_of(here, policies, named_span(period), as_of, known_at)
    kind, reach = ScopeKind(scope.value), caller.reach("kpis.read")
    if kind is ScopeKind.branch:
        scopes = await service.scopes_of(session, kind=kind, occasion=occasion, reach=reach, only=scope_id)
        page: Page[NamedScope] = Page(items=scopes, next=None)
    else:
        query = service.people_query(kind=kind, occasion=occasion, reach=reach, only=scope_id)
        page = await read_page(
            session,
            query,
            asked=asked,
            by=oldest_first(person.c.user_id),
            show=lambda row: (Scope(kind, row.user_id), row.name),
        )
    found = await service.boards(session, scopes=page.items, occasion=occasion, reach=reach)
    return Page(items=[shown_board(board, known_at, here.language) for board in found], next=page.next)


@router.get("/kpis/picture", response_class=Response, responses={200: {"content": {"image/svg+xml": {}}}})
async def draw_kpis(
    *,
    session: Session,
    here: Here,
    caller: Reader,
    policies: Policies,
    scope: BoardScope,
    period: PeriodKey,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    scope_id: ScopeId = None,
) -> Response:
    """The same boards as lights: an SVG with a row for each scope, the first forty."""
    occasion = occasion_of(here, policies, named_span(period), as_of, known_at)
    kind, reach = ScopeKind(scope.value), caller.reach("kpis.read")
    scopes = await service.scopes_of(session, kind=kind, occasion=occasion, reach=reach, only=scope_id)
    boards = await service.boards(session, scopes=scopes[:MOST_ROWS], occasion=occasion, reach=reach)
    picture = draw(boards, period=period, as_of=occasion.known_on.isoformat(), language=here.language)
    return Response(picture, media_type="image/svg+xml")


@router.post("/appraisals", status_code=201)
async def appraise(
    body: NewAppraisal,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("appraisals.write")],
    policies: Policies,
) -> AppraisalOut:
    """Keep the weighted score of a quarter or year that is over, once, with its warning where it is too low."""
    who = here.by(caller, "appraisals.write")
    span = named_span(body.period, where="body")
    occasion = occasion_of(here, policies, span)
    if body.scope == "employee":
        await _check_clerk(session, body.scope_id, span, who.reach)
        answers = {f"employee.{name}": level for name, level in (body.answers or body).model_dump().items()}
        row = await service.appraise_clerk(session, user_id=body.scope_id, answers=answers, occasion=occasion, who=who)
        return shown_appraisal(row)
    scope = Scope(ScopeKind(body.scope), body.scope_id)
    found = await service.scopes_of(session, kind=scope.kind, occasion=occasion, reach=who.reach, only=scope.id)
    if not found:
        raise UnknownScope(scope)
    return shown_appraisal(await service.appraise(session, scope=found[0], occasion=occasion, who=who))


@router.get("/appraisals")
async def list_appraisals(
    *,
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("appraisals.read")],
    scope: OfScope = None,
    scope_id: ScopeId = None,
    period: Annotated[str | None, Query(max_length=10, description="of this period", examples=["2021-Q1"])] = None,
) -> Page[AppraisalOut]:
    """Appraisals within reach, newest first."""
    query = select(Appraisal).where(repository.seen(caller.reach("appraisals.read"), Appraisal))
    wanted = (Appraisal.scope, scope), (Appraisal.scope_id, scope_id), (Appraisal.period, period)
    query = query.where(*(column == value for column, value in wanted if value is not None))
    by = newest_first(Appraisal.appraised_at, Appraisal.id)
    return await read_page(session, query, asked=asked, by=by, show=shown_appraisal)


@router.get("/appraisals/{appraisal_id}/explanation")
async def explain_appraisal(
    appraisal_id: Annotated[str, Path(description="the appraisal's id")],
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("appraisals.read")],
) -> AppraisalExplained:
    """The score in words: each criterion, what was found, its points, and the grade."""
    reach = caller.reach("appraisals.read")
    row = await repository.appraisal(session, appraisal_id=appraisal_id, reach=reach)
    if row is None:
        raise NoSuchAppraisal
    lines = list(explain(Decision.read_plain(row.decision), here.language))
    return AppraisalExplained(language=here.language, lines=lines, decision=row.decision)


@router.get("/kpi-warnings")
async def list_kpi_warnings(
    *,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    scope: OfScope = None,
    scope_id: ScopeId = None,
    period: Annotated[str | None, Query(max_length=10, description="of this period", examples=["2021-Q1"])] = None,
) -> Page[WarningOut]:
    """KPIs that ended a period under their threshold, newest first."""
    query = select(KpiWarning).where(repository.seen(caller.reach("kpis.read"), KpiWarning))
    wanted = (KpiWarning.scope, scope), (KpiWarning.scope_id, scope_id), (KpiWarning.period, period)
    query = query.where(*(column == value for column, value in wanted if value is not None))
    by = newest_first(KpiWarning.recorded_at, KpiWarning.id)
    return await read_page(session, query, asked=asked, by=by, show=shown_warning)


def occasion_of(
    here: Edge, policies: Policies, span: Period, as_of: date | None = None, known_at: datetime | None = None
) -> Occasion:
    """Raises NotYetKnown for a day to come or before the period, and for an instant before it."""
    today = local_day(here.now, here.zone)
    known_on = as_of or today
    check_day(span, known_on, today=today)
    if known_at is None:
        return Occasion(span, known_on, policies.in_force(min(known_on, span.last)), here.zone)
    written_on = local_day(known_at, here.zone)
    check_day(span, written_on, today=max(today, written_on), at="/known_at")
    known_on = min(known_on, written_on)
    plans = policies.as_known(known_at).in_force(min(known_on, span.last))
    return Occasion(span, known_on, plans, here.zone, known_at)


async def _check_clerk(session: Session, user_id: str, span: Period, reach: Reach) -> None:
    if not await repository.is_clerk(session, user_id=user_id, span=span, reach=reach):
        raise UnknownScope(Scope(ScopeKind.rep, user_id))


def shown_board(board: Board, known_at: datetime | None, language: Language) -> BoardOut:
    return BoardOut(
        scope=BoardScope(board.scope.kind.value),
        scope_id=board.scope.id,
        name=board.name,
        period=board.span.key,
        as_of=board.as_of,
        known_at=known_at,
        policy=board.decision.policy,
        score=two_digits(board.score),
        grade=board.grade,
        warning=board.warn or None,
        kpis=[shown_line(line, language) for line in board.lines],
    )


def shown_line(line: KpiLine, language: Language) -> KpiOut:
    return KpiOut(
        kpi=line.kpi,
        fact=line.fact,
        title=in_language(line.title, language),
        weight=f"{line.weight:f}",
        target=TargetOut(sign=line.target.sign, figure=line.target.figure) if line.target else None,
        value=shown_value(line),
        unit=line.unit,
        light=line.light,
        score=None if line.score is None else f"{line.score:f}",
        warning=line.warn or None,
        because=line.because or None,
    )


def shown_value(line: KpiLine) -> str | None:
    if line.value is None:
        return None
    return f"{line.value:f}" if line.unit == "count" else f"{line.value.quantize(SIX, ROUND_DOWN):f}"


def shown_appraisal(row: Appraisal) -> AppraisalOut:
    fields = {name: getattr(row, name) for name in AppraisalOut.model_fields if name != "score"}
    return AppraisalOut(score=two_digits(row.score), **fields)


def shown_warning(row: KpiWarning) -> WarningOut:
    return WarningOut(**{name: getattr(row, name) for name in WarningOut.model_fields})


def two_digits(score: Decimal | None) -> str | None:
    return None if score is None else f"{score.quantize(TWO, ROUND_DOWN):f}"
