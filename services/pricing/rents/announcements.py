"""Groups as the other services hear of them, and what the approvers are asked."""

from datetime import datetime

from services.pricing.rents.domain import Subscription
from services.pricing.rents.models import HeadCountChangeRow
from shared.asking import sought
from shared.events import orders as told
from shared.events.asks import ApprovalSought

CHANGE = "head_count_change"


def started(group: Subscription, *, at: datetime) -> told.SubscriptionStarted:
    return told.SubscriptionStarted(
        occurred_at=at,
        **_ids(group),
        branch=group.branch,
        plan=group.plan,
        seats=group.counts[-1].seats,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        quote_id=str(group.sold.quote_id),
        contract_id=str(group.contract_id) if group.contract_id else None,
    )


def head_count_changed(
    group: Subscription, change: HeadCountChangeRow, *, before: int, at: datetime
) -> told.HeadCountChanged:
    """What the technical department changes in billing (C7)."""
    return told.HeadCountChanged(
        occurred_at=at,
        **_ids(group),
        branch=group.branch,
        plan=group.plan,
        seats_before=before,
        seats=change.seats,
        declared_on=change.declared_on,
        counts_from=group.counts[-1].valid_from,
    )


def _ids(group: Subscription) -> dict[str, str]:
    return {"subscription_id": str(group.id), "account_id": str(group.account_id)}


def change_sought(group: Subscription, change: HeadCountChangeRow, *, route: str, at: datetime) -> ApprovalSought:
    """The approval is of exactly this group, head count, day and letter (C7)."""
    before, plan = group.counts[-1].seats, group.plan.upper()
    return sought(
        occurred_at=at,
        subject=(CHANGE, str(change.id)),
        content={
            "subscription": str(group.id),
            "seats": change.seats,
            "declared_on": change.declared_on.isoformat(),
            "letter": change.letter,
        },
        route=route,
        requester=change.requested_by,
        title=(
            f"{plan}: from {before} to {change.seats} people on {change.declared_on}",
            f"{plan}：{change.declared_on}起由{before}人变更为{change.seats}人",
        ),
        account_id=str(group.account_id),
        branch=group.branch,
    )
