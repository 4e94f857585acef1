"""What the rewards service reads of the others: everything goes through its journal in one transaction a batch."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.policies import PublishedBenefits
from services.rewards.accrual.service import Policies, accrue
from shared.auth.people import PEOPLE_HANDLERS
from shared.consumer import BatchHandler, Consumer, one_by_one
from shared.policy.consumer import POLICY_HANDLERS
from shared.received import Received

TOPICS: Final = (
    "orders.v1",
    "contracts.v1",
    "accounts.v1",
    "people.v1",
    "catalogue.v1",
    "approvals.v1",
    "policies.v1",
)
_keep_people = one_by_one(PEOPLE_HANDLERS)
_keep_policies = one_by_one(POLICY_HANDLERS)


def accrues_by(policies: Policies) -> BatchHandler:
    """A batch handler: people and policies are kept first, so that what follows is judged by them."""

    async def take_batch(session: AsyncSession, batch: Sequence[Received]) -> None:
        await _keep_people(session, batch)
        await _keep_policies(session, batch)
        await accrue(session, batch, policies=policies)

    return take_batch


CONSUMERS: Final = (Consumer(service="rewards", topics=TOPICS, handler=accrues_by(PublishedBenefits())),)
