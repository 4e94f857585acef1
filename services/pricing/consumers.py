"""What the pricing service reads of the others, and who applies it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.consumer import learn_of_accounts, learn_of_contracts
from services.pricing.catalogue.consumer import take_over_rates
from services.pricing.chain.consumer import learn_of_rewards
from services.pricing.imports.incoming import take_reported_orders
from services.pricing.quotes.consumer import AnswersAboutPrices
from services.pricing.rents.consumer import learn_of_answer
from shared.auth.people import PEOPLE_HANDLERS
from shared.consumer import Consumer, EventHandler, one_by_one
from shared.events.approvals import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn
from shared.events.envelope import Event
from shared.events.orders_in import ORDERS_IN
from shared.events.policies import PolicyPublished
from shared.policy.consumer import POLICY_HANDLERS, receive_policy
from shared.received import Received

TOPICS = ("people.v1", "accounts.v1", "approvals.v1", "contracts.v1", "policies.v1", "rewards.v1")


async def learn_of_policy(session: AsyncSession, event: PolicyPublished, received: Received) -> None:
    """Kept like every policy; a table of exchange rates is taken over besides."""
    await receive_policy(session, event, received)
    await take_over_rates(session, event, received)


def handlers(zone: str) -> dict[type[Event], EventHandler]:
    """One function an event class; days are counted in `zone`."""
    answers = AnswersAboutPrices(zone)

    async def learn_of_grant(session: AsyncSession, event: ApprovalGranted, received: Received) -> None:
        await answers.learn_of_grant(session, event, received)
        await learn_of_answer(session, event, received)

    async def learn_of_refusal(
        session: AsyncSession, event: ApprovalRejected | ApprovalWithdrawn, received: Received
    ) -> None:
        await answers.learn_of_refusal(session, event, received)
        await learn_of_answer(session, event, received)

    return {
        **PEOPLE_HANDLERS,
        **POLICY_HANDLERS,
        PolicyPublished: learn_of_policy,
        ApprovalGranted: learn_of_grant,
        ApprovalRejected: learn_of_refusal,
        ApprovalWithdrawn: learn_of_refusal,
    }


def consumers(zone: str) -> tuple[Consumer, ...]:
    """Accounts first, all of a batch at once: an import brings thousands, and the rest of a batch may need them.

    Contracts last: an order locks its quote, then its contract, and a batch must not go the other way round.
    """
    apply_others = one_by_one(handlers(zone))

    async def apply(session: AsyncSession, batch: Sequence[Received]) -> None:
        await learn_of_accounts(session, batch)
        await apply_others(session, batch)
        await learn_of_contracts(session, batch)
        await learn_of_rewards(session, batch)

    async def take_orders(session: AsyncSession, batch: Sequence[Received]) -> None:
        await take_reported_orders(session, batch, zone=zone)

    return (
        Consumer(service="pricing", topics=TOPICS, handler=apply),
        Consumer(service="pricing", topics=(ORDERS_IN,), handler=take_orders, name="pricing-orders-in"),
    )
