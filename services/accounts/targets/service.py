"""Setting plans; a sales target is told to the services that pay for reaching it."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.targets import repository
from services.accounts.targets.domain import PlannedKpi, Scope, ScopeKind, UnknownScope, WrongPlan, planned_period
from services.accounts.targets.models import KpiTarget, SalesTarget
from services.accounts.targets.schemas import NewKpiTarget, NewSalesTarget
from shared.calendar import Period
from shared.errors import FieldError, ValidationProblem
from shared.events.accounts import SalesTargetSet
from shared.ids import new_id
from shared.money import InvalidAmount, Money, UnknownCurrency
from shared.outbox import record


async def set_sales_target(
    session: AsyncSession, *, request: NewSalesTarget, branches: Collection[str], who: Whereabouts
) -> SalesTarget:
    """Raises UnknownScope, PeriodOver; what stood for the same period is superseded."""
    scope = Scope(request.scope, request.scope_id)
    span = await _planned(session, scope=scope, period=request.period, branches=branches, who=who)
    amount = read_amount(request.amount.amount, request.amount.currency)
    key = {"scope": scope.kind.value, "scope_id": scope.id, "period": span.key}
    await repository.supersede(session, SalesTarget, at=who.now, **key)
    row = SalesTarget(
        id=str(new_id()),
        **key,
        valid_from=span.first,
        valid_until=span.until,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        set_by=who.user_id,
        recorded_at=who.now,
    )
    session.add(row)
    await session.flush()
    record(
        session,
        SalesTargetSet(
            occurred_at=who.now,
            target_id=row.id,
            scope=scope.kind.value,
            scope_id=scope.id,
            period=span.key,
            valid_from=span.first,
            valid_until=span.until,
            amount_minor=amount.amount_minor,
            currency=amount.currency,
        ),
    )
    return row


async def set_kpi_target(
    session: AsyncSession, *, request: NewKpiTarget, branches: Collection[str], who: Whereabouts
) -> KpiTarget:
    """Raises UnknownScope, PeriodOver, WrongPlan; what stood for the same period is superseded."""
    scope = Scope(ScopeKind(request.scope), request.scope_id)
    budget = _budget(request)
    span = await _planned(session, scope=scope, period=request.period, branches=branches, who=who)
    key = {"kpi": request.kpi.value, "scope": scope.kind.value, "scope_id": scope.id, "period": span.key}
    await repository.supersede(session, KpiTarget, at=who.now, **key)
    row = KpiTarget(
        id=str(new_id()),
        **key,
        valid_from=span.first,
        valid_until=span.until,
        planned=request.planned,
        amount_minor=budget.amount_minor if budget else None,
        currency=budget.currency if budget else None,
        set_by=who.user_id,
        recorded_at=who.now,
    )
    session.add(row)
    await session.flush()
    return row


def read_amount(text: str, currency: str) -> Money:
    """Raises ValidationProblem at `/amount`."""
    try:
        return Money.parse(text, currency)
    except (InvalidAmount, UnknownCurrency) as wrong:
        raise ValidationProblem(errors=[FieldError("/amount", wrong.code, wrong.detail or wrong.title)]) from wrong


def _budget(request: NewKpiTarget) -> Money | None:
    """Cases are counted and have no amount; a budget is an amount and nothing is counted."""
    if request.kpi is PlannedKpi.service_cost:
        if request.amount is None or request.planned is not None:
            raise WrongPlan("/amount", "a service budget is an amount", "服务费用预算须为金额")
        return read_amount(request.amount.amount, request.amount.currency)
    if request.planned is None or request.amount is not None:
        raise WrongPlan("/planned", "development is planned in cases", "开发计划以案例数计")
    return None


async def _planned(
    session: AsyncSession, *, scope: Scope, period: str, branches: Collection[str], who: Whereabouts
) -> Period:
    span = planned_period(period, today=who.today)
    found = await repository.scope_exists(session, scope=scope, span=span, reach=who.reach, branches=branches)
    if not found:
        raise UnknownScope(scope)
    return span
