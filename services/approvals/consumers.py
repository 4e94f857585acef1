"""What the approvals service reads of the others, and who applies it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.facts.consumer import LEARNED, learn_in_bulk
from services.approvals.requests.consumer import take_ask, take_withdrawal
from services.approvals.settings import ApprovalsSettings
from shared.auth.people import PEOPLE_HANDLERS
from shared.calendar import local_day
from shared.consumer import Consumer, Received, one_by_one
from shared.events.asks import ApprovalAskWithdrawn, ApprovalSought
from shared.policy.compiled import CompiledPolicies
from shared.policy.consumer import POLICY_HANDLERS
from shared.policy.registry import load_registry

TOPICS = (
    "people.v1",
    "policies.v1",
    "accounts.v1",
    "catalogue.v1",
    "quotes.v1",
    "orders.v1",
    "approval-asks.v1",
)


def make_consumers(settings: ApprovalsSettings) -> tuple[Consumer, ...]:
    """One consumer for all topics, so that a worker handles everything of an account."""
    policies, registry = CompiledPolicies(), load_registry()

    async def circumstances(session: AsyncSession, received: Received) -> Circumstances:
        now = received.received_at
        plans = (await policies.current(session)).in_force(local_day(now, settings.zone))
        return Circumstances(now, settings.zone, plans)

    async def seek(session: AsyncSession, sought: ApprovalSought, received: Received) -> None:
        await take_ask(session, sought, registry=registry, at=await circumstances(session, received))

    async def take_back(session: AsyncSession, withdrawn: ApprovalAskWithdrawn, received: Received) -> None:
        await take_withdrawal(session, withdrawn, at=await circumstances(session, received))

    asks = {ApprovalSought: seek, ApprovalAskWithdrawn: take_back}
    handlers: dict[Any, Any] = {**PEOPLE_HANDLERS, **POLICY_HANDLERS, **LEARNED, **asks}
    take_each = one_by_one(handlers)

    async def take(session: AsyncSession, batch: Sequence[Received]) -> None:
        await learn_in_bulk(session, [one.event for one in batch])
        await take_each(session, batch)

    return (Consumer(service=settings.service, topics=TOPICS, handler=take),)
