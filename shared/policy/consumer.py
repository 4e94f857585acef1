"""Policies of other services, kept here as they were published: lint and decisions need them."""

from sqlalchemy.ext.asyncio import AsyncSession

from shared.consumer import EventHandler
from shared.events.envelope import Event
from shared.events.policies import PolicyPublished, PolicyWithdrawn
from shared.policy import store
from shared.policy.lifecycle import Published
from shared.policy.loader import read_json
from shared.received import Received


async def receive_policy(session: AsyncSession, event: PolicyPublished, received: Received) -> None:
    """Keep the version as the event has it; one that is known already (our own) changes nothing."""
    one = Published(
        document=read_json(event.document),
        version=event.version,
        service=event.service,
        content_hash=event.content_hash,
        maker=event.maker,
        checker=event.checker,
        published_at=event.occurred_at,
        retroactive_reason=event.retroactive_reason,
    )
    if await store.add_version(session, one):
        await store.move_epoch(session)


async def receive_withdrawal(session: AsyncSession, event: PolicyWithdrawn, received: Received) -> None:
    """Keep that a version was taken back."""
    values = event.model_dump(exclude={"occurred_at"})
    if await store.add_withdrawal(session, {**values, "withdrawn_at": event.occurred_at}):
        await store.move_epoch(session)


POLICY_HANDLERS: dict[type[Event], EventHandler] = {
    PolicyPublished: receive_policy,
    PolicyWithdrawn: receive_withdrawal,
}
