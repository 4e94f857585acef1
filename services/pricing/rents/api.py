"""Routes of telephone plans, of groups, and of what changes in them (P3, C7)."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from sqlalchemy import select

from services.pricing.rents import repository, service
from services.pricing.rents.models import SubscriptionRow
from services.pricing.rents.renting import group_of, monthly_rent, plan_named, plans_sold, rent_document
from services.pricing.rents.schemas import (
    HeadCountChangeAnswer,
    HeadCountChangesAnswer,
    MonthlyRent,
    NewHeadCount,
    NewSubscription,
    PlansAnswer,
    RentsAnswer,
    SubscriptionAnswer,
    show_change,
    show_plan,
    show_rent_of,
    show_rents,
    show_subscription,
)
from services.pricing.rules import Rules
from services.pricing.when import When
from shared.auth.principal import Principal
from shared.auth.scope import within
from shared.calendar import day_start
from shared.http.dependencies import Now, Session, allowed
from shared.http.exchange import runtime_of
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.problems import language_of
from shared.http.routes import Router

router = Router(tags=["plans and groups"])
SubscriptionId = Annotated[UUID, Path(description="the group")]
PlanReader = Annotated[Principal, allowed("prices.read")]
Reader = Annotated[Principal, allowed("subscriptions.read")]
Writer = Annotated[Principal, allowed("subscriptions.write")]


@router.get("/plans")
async def list_plans(*, request: Request, now: Now, rules: Rules, caller: PlanReader) -> PlansAnswer:
    """Every plan with its launch state, its rents by how many people, and whether they are samples (P3)."""
    runtime = runtime_of(request)
    at = day_start(runtime.today(now), runtime.settings.zone)
    zone, plans = runtime.settings.zone, plans_sold(rules).values()
    rents = [rent_document(rules, group_of(plan, plan.seats_from, at, zone)) for plan in plans]
    return PlansAnswer(items=[show_plan(plan, rent) for plan, rent in zip(plans, rents, strict=True)])


@router.get("/plans/{plan}/rent")
async def read_rent(
    *,
    plan: Annotated[str, Path(description="vpn6, vpn0 or vpn9")],
    request: Request,
    now: Now,
    rules: Rules,
    caller: PlanReader,
    seats: Annotated[int, Query(ge=1, le=1_000_000, description="people of the group")],
) -> MonthlyRent:
    """What a group of so many people pays for a whole month, whether or not the plan is sold yet."""
    runtime = runtime_of(request)
    found = plan_named(rules, plan)
    decision = monthly_rent(rules, found, seats, runtime.today(now), runtime.settings.zone)
    return show_rent_of(found, seats, decision, language_of(request.headers))


@router.post("/subscriptions", status_code=201)
async def begin_subscription(
    *, body: NewSubscription, request: Request, session: Session, now: Now, rules: Rules, caller: Writer
) -> SubscriptionAnswer:
    """Begin the group that an accepted quote sells (P3). VPN0 and VPN9 need a signed contract (C1).

    It lasts the months the quote names. Each month becomes one order by itself.
    """
    beginning = service.Beginning(body.quote_id, body.quote_line, body.contract_id, body.starts_on)
    when = When(now, runtime_of(request).settings.zone, rules)
    return show_subscription(await service.begin_subscription(session, beginning, caller=caller, when=when))


@router.get("/subscriptions")
async def list_subscriptions(
    *,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    account_id: Annotated[UUID | None, Query(description="only this account's")] = None,
) -> Page[SubscriptionAnswer]:
    """Groups within reach, newest first."""
    reach = caller.reach("subscriptions.read")
    query = select(SubscriptionRow).where(
        within(reach, branch=SubscriptionRow.branch, account=SubscriptionRow.account_id)
    )
    query = query if account_id is None else query.where(SubscriptionRow.account_id == account_id)
    return await read_page(
        session,
        query,
        asked=asked,
        by=newest_first(SubscriptionRow.id),
        show=lambda row: show_subscription(repository.subscription_of(row)),
    )


@router.get("/subscriptions/{subscription_id}")
async def get_subscription(*, subscription_id: SubscriptionId, session: Session, caller: Reader) -> SubscriptionAnswer:
    """One group with every head count it had."""
    reach = caller.reach("subscriptions.read")
    return show_subscription(await service.find_subscription(session, subscription_id, reach=reach))


@router.get("/subscriptions/{subscription_id}/rents")
async def list_rents(
    *, subscription_id: SubscriptionId, request: Request, session: Session, caller: Reader
) -> RentsAnswer:
    """Every month's invoice: its order, and why the rent is what it is."""
    group = await service.find_subscription(session, subscription_id, reach=caller.reach("subscriptions.read"))
    return show_rents(group, await repository.rents_of(session, group.id), language_of(request.headers))


@router.post("/subscriptions/{subscription_id}/head-count-changes", status_code=201)
async def declare_head_count(
    *,
    subscription_id: SubscriptionId,
    body: NewHeadCount,
    request: Request,
    session: Session,
    now: Now,
    rules: Rules,
    caller: Writer,
) -> HeadCountChangeAnswer:
    """Ask for another head count, by the customer's letter; the responsible head decides (C7).

    Granted, the new rent holds by the plan's proration: from the next month, or from the declared day.
    """
    letter = body.letter.model_dump(mode="json") if body.letter else None
    declared = service.Declared(body.seats, body.declared_on, letter)
    when = When(now, runtime_of(request).settings.zone, rules)
    return show_change(await service.declare_head_count(session, subscription_id, declared, caller=caller, when=when))


@router.get("/subscriptions/{subscription_id}/head-count-changes")
async def list_head_count_changes(
    *, subscription_id: SubscriptionId, session: Session, caller: Reader
) -> HeadCountChangesAnswer:
    """What was asked to change of a group, in the order it was asked."""
    group = await service.find_subscription(session, subscription_id, reach=caller.reach("subscriptions.read"))
    return HeadCountChangesAnswer(items=[show_change(row) for row in await repository.changes_of(session, group.id)])
