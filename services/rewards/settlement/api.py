"""Routes of settlement: periods, their closing, and statements."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.dependencies import (
    Beneficiary,
    Judges,
    KnownAt,
    benefits_of,
    check_seen,
    language,
    own_account,
    own_user,
)
from services.rewards.accrual.explaining import Explained, explain
from services.rewards.accrual.judging import Judge
from services.rewards.accrual.schemas import MoneyShown
from services.rewards.accrual.working import told
from services.rewards.facts.models import AccountState
from services.rewards.ledger.domain import Posting
from services.rewards.settlement import repository, statements
from services.rewards.settlement.domain import closes_from, month, state_on
from services.rewards.settlement.models import ClosedPeriod, StatementRow
from services.rewards.settlement.schemas import (
    ExplainedLine,
    PeriodShown,
    StatementExplained,
    StatementShown,
    statement_shown,
)
from services.rewards.settlement.service import Closing, close_period
from services.rewards.settlement.words import KINDS
from shared.auth.principal import Principal
from shared.auth.scope import within
from shared.calendar import Duration, Period, period_of, preceding
from shared.errors import NotFound
from shared.http.dependencies import Now, Session, Today, allowed
from shared.http.exchange import runtime_of
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.compiled import PolicySet
from shared.policy.explain import explain as in_words
from shared.policy.rulebook import Rulebook
from shared.policy.speech import Language

CALENDAR = "settlement-calendar"

router = Router(tags=["settlement"])

PeriodPath = Annotated[str, Path(max_length=20, description="a month such as 2021-03")]
StatementPath = Annotated[UUID, Path(description="the statement's id")]
Reader = Annotated[Principal, allowed("statements.read")]


@router.get("/periods", dependencies=[allowed("periods.read")])
async def list_periods(session: Session, today: Today, policies: Policies) -> Page[PeriodShown]:
    """From the first month anything was booked in to the present one, newest first."""
    first = await repository.first_month(session)
    shown: list[PeriodShown] = []
    at = period_of("month", today)
    while first is not None and at.key >= first and len(shown) < 200:
        shown.append(_shown(at, await repository.closed_period(session, at.key), today, policies))
        at = preceding(at)
    return Page(items=shown, next=None)


@router.get("/periods/{period}", dependencies=[allowed("periods.read")])
async def read_period(period: PeriodPath, session: Session, today: Today, policies: Policies) -> PeriodShown:
    """Where one month stands, and from when it may be closed."""
    asked = month(period)
    row = await repository.closed_period(session, asked.key)
    return await _with_sums(session, _shown(asked, row, today, policies), row)


@router.post("/periods/{period}/close")
async def close_month(
    *,
    period: PeriodPath,
    request: Request,
    session: Session,
    now: Now,
    today: Today,
    policies: Policies,
    caller: Annotated[Principal, allowed("periods.close")],
) -> PeriodShown:
    """Close a month whose grace is over, and each earlier one still open: accrued becomes payable, statements issue."""
    asked = month(period)
    zone = runtime_of(request).settings.zone
    closing = Closing(now, caller.user_id, grace_of(policies, asked), zone)
    closed = await close_period(session, period=asked.key, closing=closing, policies=benefits_of(request))
    shown = await _with_sums(session, _shown(asked, closed.row, today, policies), closed.row)
    return shown.model_copy(update={"closed": list(closed.closed)})


async def _with_sums(session: AsyncSession, shown: PeriodShown, row: ClosedPeriod | None) -> PeriodShown:
    """What all statements of a closed month add up to; an open month has none."""
    if row is None:
        return shown
    sums = await repository.month_sums(session, period=row.period, until=row.position)
    totals = [MoneyShown.of(int(one.amount), one.currency) for one in sums]
    adjustments = [MoneyShown.of(int(one.adjusted), one.currency) for one in sums]
    return shown.model_copy(update={"totals": totals, "adjustments": adjustments})


@router.get("/statements")
async def list_statements(
    *,
    session: Session,
    page: PageQuery,
    now: Now,
    today: Today,
    judges: Judges,
    caller: Reader,
    beneficiary: Beneficiary = None,
    period: Annotated[
        str | None, Query(pattern=r"^\d{4}-\d{2}$", description="the month", examples=["2021-03"])
    ] = None,
    known_at: KnownAt = None,
) -> Page[StatementShown]:
    """Issued statements; of one beneficiary and month also the provisional one of a month that is not closed."""
    reach = caller.reach("statements.read")
    if beneficiary is not None and period is not None:
        await check_seen(session, reach, beneficiary)
        this_month = period_of("month", today).key
        asked = statements.Asked(beneficiary, month(period).key, known_at, now, this_month)
        found = await statements.statement(session, asked)
        return Page(items=[statement_shown(found, judges)] if found else [], next=None)
    query = (
        select(StatementRow)
        .outerjoin(AccountState, AccountState.account_id == own_account(StatementRow.beneficiary))
        .where(
            within(
                reach,
                branch=AccountState.branch,
                account=own_account(StatementRow.beneficiary),
                user=own_user(StatementRow.beneficiary),
            )
        )
    )
    query = query.where(StatementRow.beneficiary == beneficiary) if beneficiary else query
    query = query.where(StatementRow.period == period) if period else query
    by = oldest_first(StatementRow.period, StatementRow.beneficiary)
    rows = await read_page(session, query, asked=page, by=by, show=lambda row: row)
    shown = [statement_shown(await statements.issued(session, row), judges) for row in rows.items]
    return Page(items=shown, next=rows.next)


@router.get("/statements/{statement_id}")
async def read_statement(
    statement_id: StatementPath, session: Session, judges: Judges, caller: Reader
) -> StatementShown:
    """One issued statement, as it was printed."""
    row = await _find(session, statement_id, caller)
    return statement_shown(await statements.issued(session, row), judges)


@router.get("/statements/{statement_id}/explanation")
async def explain_statement(
    statement_id: StatementPath, request: Request, session: Session, judges: Judges, caller: Reader
) -> StatementExplained:
    """Every line in words, in the language of Accept-Language."""
    row = await _find(session, statement_id, caller)
    found = await statements.issued(session, row)
    explained = await explain(session, [line.posting for line in found.lines], judges=judges)
    spoken = language(request)
    lines = [
        ExplainedLine(
            reward_id=line.posting.posting_id,
            amount=MoneyShown.of(line.amount.amount_minor, line.amount.currency),
            says=KINDS[line.posting.kind][spoken],
            text=_told(line.posting, explained[line.posting.posting_id], judges, spoken),
            same_trace=explained[line.posting.posting_id].same_trace,
        )
        for line in found.lines
        if line.posting.posting_id in explained
    ]
    return StatementExplained(
        id=row.statement_id, beneficiary=row.beneficiary, period=row.period, language=spoken, lines=lines
    )


def _told(posting: Posting, explained: Explained, known: Mapping[str, Judge], spoken: Language) -> list[str]:
    """The window's decision, then how the line's own amount follows from it."""
    measured_in = known[f"{posting.policy_id}@{posting.version}"].plan.currency
    return [*in_words(explained.decision, spoken), *told(posting, explained.working, measured_in, spoken)]


def grace_of(policies: PolicySet, asked: Period) -> Duration:
    """How long after its end the month still takes facts: the row of the calendar in force on its last day (R13)."""
    rows = Rulebook(policies.in_force(asked.last)).table(CALENDAR)
    return Duration.parse(str(next(row["grace"] for row in rows if row["period"] == "month")))


def _shown(asked: Period, row: ClosedPeriod | None, today: date, policies: PolicySet) -> PeriodShown:
    return PeriodShown(
        period=asked.key,
        state=state_on(asked, today, closed=row is not None),
        first_day=asked.first,
        last_day=asked.last,
        closes_from=closes_from(asked, grace_of(policies, asked)),
        journal_position=row.position if row else None,
        closed_at=row.closed_at if row else None,
        closed_by=row.closed_by if row else None,
        statements=row.statements if row else None,
    )


async def _find(session: Session, statement_id: UUID, caller: Principal) -> StatementRow:
    row = await repository.find_statement(session, statement_id)
    if row is None:
        raise NotFound
    await check_seen(session, caller.reach("statements.read"), row.beneficiary)
    return row
