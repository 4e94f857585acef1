"""Shapes of plans and groups over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.pricing.rents.domain import Plan, Subscription
from services.pricing.rents.models import HeadCountChangeRow, RentRow
from services.pricing.schemas import Answer, BothLanguages, MoneyShown, Request, Text
from shared.errors import Language
from shared.http.moments import Day
from shared.money import Money
from shared.policy.benefit import BenefitPlan
from shared.policy.explain import explain
from shared.policy.worth import Award
from shared.trace import Decision

Seats = Annotated[int, Field(ge=1, le=1_000_000, examples=[120])]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Band(Answer):
    """People above `over`, up to `up_to`, pay `rent` a month; above `over` each more `each`, where it is said."""

    over: str = Field(examples=["100"])
    up_to: str | None = Field(examples=["500"])
    rent: MoneyShown
    each: MoneyShown | None


class PlanAnswer(Answer):
    plan: str = Field(examples=["vpn0"])
    sku: str = Field(examples=["VPN0"])
    title: BothLanguages = Field(examples=[{"en": "VPN0", "zh": "VPN0套餐"}])
    launched: bool = Field(description="only a launched plan is sold")
    seats_from: int = Field(examples=[5])
    seats_top: int | None = Field(description="people above are charged one by one", examples=[500])
    free_calls: str = Field(examples=["in_group"])
    in_group_units_per_minute: int = Field(examples=[0])
    public_promotions: bool
    bands: list[Band]
    proration: Literal["whole_month", "daily"] = Field(description="what a change inside a month costs")
    sample: bool = Field(description="the rents are samples: a policy owner sets them before going live")
    policy: str = Field(description="version of the rents: id@version", examples=["vpn0-rent@1"])


class PlansAnswer(Answer):
    items: list[PlanAnswer]


class MonthlyRent(Answer):
    """What a group of so many people pays for a whole month, and why."""

    plan: str = Field(examples=["vpn0"])
    seats: int = Field(examples=[120])
    rent: MoneyShown
    policy: str = Field(examples=["vpn0-rent@1"])
    explanation: list[str]


class NewSubscription(Request):
    quote_id: UUID
    quote_line: Annotated[int, Field(ge=1, le=32_000)] = Field(description="the line that sells the plan")
    contract_id: UUID | None = Field(None, description="the signed contract; VPN0 and VPN9 need one (C1)")
    starts_on: Day = Field(description="first day of the first month", examples=["2021-04-01"])


class Letter(Request):
    """The customer's letter (C7)."""

    reference: Text = Field(examples=["CMT/2021/017"])
    received_on: Day
    file_hash: Digest | None = Field(None, description="SHA-256 of the scanned letter, where it was uploaded")


class NewHeadCount(Request):
    seats: Seats
    declared_on: Day = Field(description="the day from which the group has so many people")
    letter: Letter | None = Field(None, description="without the customer's letter nothing changes (C7)")


class HeadCountAnswer(Answer):
    seats: int
    valid_from: date


class HeadCountChangeAnswer(Answer):
    id: UUID = Field(description="under which the request stands in approvals, as a head_count_change")
    seats: int
    declared_on: date
    counts_from: date | None = Field(description="once granted: months with an invoice keep theirs")
    letter: Mapping[str, str | None]
    requested_by: str
    requested_at: datetime
    state: Literal["asked", "granted", "refused"]


class SubscriptionAnswer(Answer):
    id: UUID
    account_id: UUID
    branch: str
    plan: str
    sku: str
    seats: int = Field(description="people by the last head count that was granted")
    head_counts: list[HeadCountAnswer]
    starts_on: date
    ends_on: date = Field(description="first day on which it is over")
    next_month: date | None = Field(description="first day of the first month without an invoice")
    quote_id: UUID
    quote_line: int
    contract_id: UUID | None


class RentAnswer(Answer):
    month: str = Field(examples=["2021-04"])
    rent: MoneyShown
    order_id: UUID
    explanation: list[str]


class RentsAnswer(Answer):
    items: list[RentAnswer]


class HeadCountChangesAnswer(Answer):
    items: list[HeadCountChangeAnswer]


def show_plan(plan: Plan, rents: BenefitPlan) -> PlanAnswer:
    document = rents.document
    currency = document.outcome.currency or ""
    return PlanAnswer(
        plan=plan.name,
        sku=plan.sku,
        title=BothLanguages(**plan.title),
        launched=plan.launched,
        seats_from=plan.seats_from,
        seats_top=plan.seats_top,
        free_calls=plan.free_calls,
        in_group_units_per_minute=plan.units_per_minute,
        public_promotions=plan.public_promotions,
        bands=[
            Band(
                over=f"{row.from_:f}",
                up_to=None if row.to is None else f"{row.to:f}",
                rent=MoneyShown(amount=f"{row.amount:f}", currency=currency),
                each=None if row.each is None else MoneyShown(amount=f"{row.each:f}", currency=currency),
            )
            for row in document.table.rows
        ],
        proration=document.outcome.proration,
        sample=document.sample,
        policy=rents.heading.policy,
    )


def show_rent_of(plan: Plan, seats: int, decision: Decision[Award], language: Language) -> MonthlyRent:
    """A rent that is known."""
    amount = decision.outcome.amount
    if amount is None:
        raise TypeError("a rent that nobody knows is not shown")
    return MonthlyRent(
        plan=plan.name,
        seats=seats,
        rent=MoneyShown(**amount.to_json()),
        policy=decision.policy,
        explanation=list(explain(decision, language)),
    )


def show_subscription(group: Subscription) -> SubscriptionAnswer:
    due = group.month_due()
    return SubscriptionAnswer(
        id=group.id,
        account_id=group.account_id,
        branch=group.branch,
        plan=group.plan,
        sku=group.sku,
        seats=group.counts[-1].seats,
        head_counts=[HeadCountAnswer(seats=one.seats, valid_from=one.valid_from) for one in group.counts],
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        next_month=due.first if due else None,
        quote_id=group.sold.quote_id,
        quote_line=group.sold.quote_line,
        contract_id=group.contract_id,
    )


def show_change(row: HeadCountChangeRow) -> HeadCountChangeAnswer:
    return HeadCountChangeAnswer(
        id=row.id,
        seats=row.seats,
        declared_on=row.declared_on,
        counts_from=row.counts_from,
        letter=row.letter,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=row.state,
    )


def show_rents(group: Subscription, rows: Sequence[RentRow], language: Language) -> RentsAnswer:
    return RentsAnswer(
        items=[
            RentAnswer(
                month=f"{row.month:%Y-%m}",
                rent=MoneyShown(**Money(row.rent_minor, group.currency).to_json()),
                order_id=row.order_id,
                explanation=list(explain(Decision.read_plain(row.trace), language)),
            )
            for row in rows
        ]
    )
