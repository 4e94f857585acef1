"""Boards, appraisals and warnings; a board is computed when it is asked for, what is warned of is recorded once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.branches import branches_of
from services.accounts.dossiers.service import Whereabouts
from services.accounts.kpis import customers, repository
from services.accounts.kpis.customers import Customers, Whose
from services.accounts.kpis.domain import (
    CLERK,
    SUBJECTS,
    AlreadyAppraised,
    Board,
    PeriodNotOver,
    Warned,
    card_for,
    judge,
    kind_of,
    overall,
    overall_warning,
    warnings_of,
)
from services.accounts.kpis.facts import ClerkFacts
from services.accounts.kpis.life import end_of
from services.accounts.kpis.material import Planned, SalesPlan, ScopeMaterial
from services.accounts.kpis.models import Appraisal
from services.accounts.kpis.vantage import Day
from services.accounts.kpis.work import work_of
from services.accounts.merges.repository import heirs_at
from services.accounts.ratings.repository import exchange_rates
from services.accounts.targets import repository as targets
from services.accounts.targets.domain import PlannedKpi, Scope, ScopeKind
from services.accounts.targets.models import KpiTarget
from shared.auth.principal import Reach
from shared.calendar import Period
from shared.calendar import period as calendar_period
from shared.db.mechanisms import person
from shared.errors import Words
from shared.events.accounts import KpiWarningRaised
from shared.ids import new_id
from shared.money import Money
from shared.outbox import record
from shared.policy.conditions import ConditionsPlan
from shared.policy.evaluation import Case
from shared.policy.plan import Plans
from shared.policy.rulebook import NotGoverned
from shared.policy.scorecard import Rating, ScorecardPlan
from shared.trace import Decision, Subject

LOST, NEW = "lost-account", "new-customer"
APPRAISED: Mapping[str, Words] = {
    "salesperson": {"en": "salesperson", "zh": "业务员"},
    "manager": {"en": "manager", "zh": "经理"},
    "branch": {"en": "branch", "zh": "分公司"},
    CLERK: {"en": "clerk", "zh": "内勤"},
}
BY_PERIOD: Mapping[str, str] = {"month": "月", "quarter": "季度", "year": "年度"}


@dataclass(frozen=True, slots=True)
class Occasion:
    """Which period is looked at, as it had happened by which day, under which policies, in which zone.

    `known_at` leaves out what was recorded only later.
    """

    span: Period
    known_on: date
    plans: Plans
    zone: str
    known_at: datetime | None = None

    @property
    def day(self) -> Day:
        return Day(self.known_on, self.plans, self.zone, self.known_at)


NamedScope = tuple[Scope, str]


async def scopes_of(
    session: AsyncSession, *, kind: ScopeKind, occasion: Occasion, reach: Reach, only: str | None = None
) -> list[NamedScope]:
    """The scopes of a kind within reach, with their names, by id."""
    if kind is ScopeKind.branch:
        names = sorted(branch for branch in branches_of(occasion.plans) if reach.covers(branch=branch))
        return [(Scope(kind, branch), branch) for branch in names if only in (None, branch)]
    rows = await session.execute(people_query(kind=kind, occasion=occasion, reach=reach, only=only))
    return sorted((Scope(kind, user_id), name) for user_id, name in rows)


def people_query(*, kind: ScopeKind, occasion: Occasion, reach: Reach, only: str | None) -> Select[Any]:
    """`(user_id, name)` of the reps or managers of the period."""
    query = targets.people(kind, span=occasion.span, reach=reach)
    return query if only is None else query.where(person.c.user_id == only)


def card_of(occasion: Occasion, *, subject: str) -> ScorecardPlan:
    """Raises NotGoverned where no document appraises that subject by such a period."""
    kind = kind_of(occasion.span)
    card = card_for(occasion.plans, subject=subject, kind=kind)
    if card is None:
        raise NotGoverned(
            {
                "en": f"No scorecard appraises a {APPRAISED[subject]['en']} by {kind}.",
                "zh": f"没有按{BY_PERIOD[kind]}考核{APPRAISED[subject]['zh']}的评分卡。",
            }
        )
    return card


async def boards(
    session: AsyncSession, *, scopes: Sequence[NamedScope], occasion: Occasion, reach: Reach
) -> list[Board]:
    """What each KPI says of each scope, as of the occasion's day; of somebody else only what he did within reach."""
    if not scopes:
        return []
    card = card_of(occasion, subject=SUBJECTS[scopes[0][0].kind])
    return [
        judge(card, await gather(session, scope=scope, occasion=occasion, reach=reach), name=name)
        for scope, name in scopes
    ]


def branches_shown(scope: Scope, reach: Reach) -> frozenset[str] | None:
    """The branches whose figures a caller may see of a scope; None where he sees all of it, as of his own."""
    return None if reach.everywhere or scope.id == reach.user_id else reach.branches


async def gather(session: AsyncSession, *, scope: Scope, occasion: Occasion, reach: Reach) -> ScopeMaterial:
    """Everything the twelve facts may ask about one scope."""
    span, day = occasion.span, occasion.day
    last, shown = min(day.known_on, span.last), branches_shown(scope, reach)
    people = await _people(session, scope, on=last)
    accounts = repository.accounts_in(scope, people, last, known_at=day.known_at, branches=shown)
    who = Customers(accounts, await heirs_at(session, moment=day.known_at), day.known_at)
    return ScopeMaterial(
        scope=scope,
        span=span,
        known_on=day.known_on,
        zone=occasion.zone,
        sales=await repository.sales_of(session, whose=repository.sold_by(scope, people, shown), span=span, day=day),
        sales_plans=await _sales_plans(session, scope=scope, people=people, occasion=occasion),
        planned=await _planned(session, scope=scope, occasion=occasion),
        rates=await exchange_rates(session),
        accounts=await customers.listed_lives(session, customers=who, day=day),
        newcomers=await customers.newcomer_lives(session, customers=who, span=span, day=day),
        customers_before=await customers.customers_before(session, customers=who, span=span, day=day),
        lists=await repository.list_spans(session, day=day),
        completeness=await repository.mean_share(session, accounts=who.going_on, day=last),
        work=await work_of(
            session,
            whose=Whose(scope, people, who, await customers.listed_days(session, customers=who, day=day), shown),
            span=span,
            day=day,
        ),
        lost=_conditions(occasion.plans, LOST),
        new=_conditions(occasion.plans, NEW),
    )


async def _people(session: AsyncSession, scope: Scope, *, on: date) -> tuple[str, ...]:
    if scope.kind is ScopeKind.manager:
        return await repository.people_of(session, manager_id=scope.id, on=on)
    return (scope.id,)


async def _sales_plans(
    session: AsyncSession, *, scope: Scope, people: Collection[str], occasion: Occasion
) -> tuple[SalesPlan, ...]:
    """The scope's own targets, and for a manager those of his people."""
    reps = [Scope(ScopeKind.rep, user) for user in people] if scope.kind is ScopeKind.manager else []
    rows = await targets.sales_targets_known(
        session, scopes=[scope, *reps], span=occasion.span, known_at=occasion.day.known_at
    )
    return tuple(
        SalesPlan(Scope(ScopeKind(row.scope), row.scope_id), row.period, Money(row.amount_minor, row.currency))
        for row in rows
    )


async def _planned(session: AsyncSession, *, scope: Scope, occasion: Occasion) -> tuple[Planned, ...]:
    rows = await targets.kpi_targets_known(session, scopes=[scope], span=occasion.span, known_at=occasion.day.known_at)
    return tuple(Planned(PlannedKpi(row.kpi), row.period, _figure(row)) for row in rows)


def _figure(row: KpiTarget) -> int | Money:
    if row.amount_minor is None:
        return row.planned or 0
    return Money(row.amount_minor, row.currency or "")


def _conditions(plans: Plans, name: str) -> ConditionsPlan | None:
    plan = plans.by_id.get(name)
    return plan if isinstance(plan, ConditionsPlan) else None


async def appraise(session: AsyncSession, *, scope: NamedScope, occasion: Occasion, who: Whereabouts) -> Appraisal:
    """The weighted score of a period that is over, kept with its trace. Raises PeriodNotOver, AlreadyAppraised."""
    _check_over(occasion.span, who)
    [board] = await boards(session, scopes=[scope], occasion=occasion, reach=who.reach)
    row = await _keep(session, kind=scope[0].kind.value, decision=board.decision, occasion=occasion, who=who)
    row.warning = board.warn or None
    await warn_of(session, found=warnings_of(board), period=board.span.key, now=who.now)
    return row


async def appraise_clerk(
    session: AsyncSession, *, user_id: str, answers: Mapping[str, str], occasion: Occasion, who: Whereabouts
) -> Appraisal:
    """An office clerk is judged by the appraiser's answers, by fact. Raises PeriodNotOver, AlreadyAppraised."""
    _check_over(occasion.span, who)
    card = card_of(occasion, subject=CLERK)
    case = Case(ClerkFacts(answers), Subject(CLERK, user_id), end_of(occasion.span.last, occasion.zone))
    decision = card.decide(case)
    row = await _keep(session, kind=CLERK, decision=decision, occasion=occasion, who=who)
    row.warning = overall_warning(card, decision.outcome) or None
    if row.warning:
        warned = overall(CLERK, user_id, row.warning, decision)
        await warn_of(session, found=[warned], period=occasion.span.key, now=who.now)
    return row


def _check_over(span: Period, who: Whereabouts) -> None:
    if not span.is_over(who.today):
        raise PeriodNotOver({"en": f"{span.key} ends on {span.last}.", "zh": f"{span.key}于{span.last}结束。"})


async def _keep(
    session: AsyncSession, *, kind: str, decision: Decision[Rating], occasion: Occasion, who: Whereabouts
) -> Appraisal:
    """One for each scope and period, whoever else appraises at once."""
    subject, period = decision.subject.id, occasion.span.key
    await repository.take_turn_at_appraising(session, kind=kind, scope_id=subject, period=period)
    if await repository.is_appraised(session, scope=kind, scope_id=subject, period=period):
        raise AlreadyAppraised
    row = Appraisal(
        id=str(new_id()),
        scope=kind,
        scope_id=subject,
        period=period,
        valid_from=occasion.span.first,
        valid_until=occasion.span.until,
        as_of=occasion.known_on,
        policy=decision.policy,
        score=decision.outcome.score,
        grade=decision.outcome.grade or None,
        warning=None,
        decision=decision.to_plain(),
        appraised_by=who.user_id,
        appraised_at=who.now,
    )
    session.add(row)
    await session.flush()
    return row


async def watch_period(session: AsyncSession, *, occasion: Occasion, now: datetime) -> int:
    """Record the warnings of every scope for a period that is over; returns how many were new."""
    found: list[Warned] = []
    everybody = Reach(True, frozenset(), "system", None)
    for kind, subject in SUBJECTS.items():
        if card_for(occasion.plans, subject=subject, kind=kind_of(occasion.span)) is None:
            continue
        scopes = await scopes_of(session, kind=kind, occasion=occasion, reach=everybody)
        for board in await boards(session, scopes=scopes, occasion=occasion, reach=everybody):
            found += warnings_of(board)
    return await warn_of(session, found=found, period=occasion.span.key, now=now)


async def warn_of(session: AsyncSession, *, found: Sequence[Warned], period: str, now: datetime) -> int:
    """Once per (KPI, scope, period), each with its event; returns how many were new."""
    return sum([await _warn(session, one, period=period, now=now) for one in found])


async def _warn(session: AsyncSession, one: Warned, *, period: str, now: datetime) -> bool:
    said = {
        "kpi": one.kpi,
        "scope": one.scope,
        "scope_id": one.scope_id,
        "period": period,
        "policy": one.policy,
        "code": one.code,
        "value": one.value,
        "light": one.light,
    }
    warning_id = str(new_id())
    span = calendar_period(period)
    days = {"valid_from": span.first, "valid_until": span.until}
    first = await repository.keep_warning(session, row={"id": warning_id, **said, **days, "recorded_at": now})
    if first:
        record(session, KpiWarningRaised(occurred_at=now, warning_id=warning_id, **said))
    return first
