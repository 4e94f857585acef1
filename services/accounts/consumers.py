"""What the accounts service reads of the others, and which slice applies it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.cases import consumer as cases
from services.accounts.elections import consumer as elections
from services.accounts.kpis import consumer as kpis
from services.accounts.merges.consumer import with_heirs
from services.accounts.programmes import consumer as programmes
from services.accounts.ratings import consumer as ratings
from services.accounts.visits import consumer as visits
from shared.consumer import BatchHandler, Consumer, EventHandler, Received, one_by_one
from shared.events.approvals import (
    ApprovalGranted,
    ApprovalRejected,
    ApprovalReturned,
    ApprovalWithdrawn,
    RequestEvent,
    StepDecided,
)
from shared.events.catalogue import ExchangeRatePublished
from shared.events.contracts import ContractActivated
from shared.events.envelope import Event
from shared.events.orders import OrderEvent
from shared.events.rewards import PeriodClosed
from shared.policy.compiled import CompiledPolicies
from shared.policy.consumer import POLICY_HANDLERS

TOPICS = ("catalogue.v1", "orders.v1", "approvals.v1", "contracts.v1", "rewards.v1", "policies.v1")
Answered = ApprovalGranted | ApprovalRejected | ApprovalWithdrawn


def consumers(zone: str) -> tuple[Consumer, ...]:
    """Days are local ones of the installation's zone."""
    return (Consumer(service="accounts", topics=TOPICS, handler=take_events(zone)),)


def take_events(zone: str) -> BatchHandler:
    """A batch: its orders folded at once, everything else one by one."""

    policies = CompiledPolicies()

    async def note_answer(session: AsyncSession, event: Answered, received: Received) -> None:
        if event.subject_type == "rating":
            await ratings.note_answer(session, event, recorded_at=received.received_at, zone=zone, policies=policies)
        elif event.subject_type == "key_account_list":
            await programmes.note_answer(session, event)
        else:
            await note_work(session, event)

    async def note_step(session: AsyncSession, event: StepDecided) -> None:
        await programmes.note_department(session, event)
        await note_work(session, event)

    async def note_contract(session: AsyncSession, event: ContractActivated) -> None:
        await programmes.note_contract(session, event, zone=zone)

    handlers: dict[type[Event], EventHandler] = {
        ExchangeRatePublished: ratings.note_exchange_rate,
        PeriodClosed: elections.note_period_closed,
        ApprovalGranted: note_answer,
        ApprovalRejected: note_answer,
        ApprovalWithdrawn: note_answer,
        ApprovalReturned: note_work,
        StepDecided: note_step,
        ContractActivated: note_contract,
        **POLICY_HANDLERS,
    }
    others = one_by_one(handlers)

    async def take(session: AsyncSession, batch: Sequence[Received]) -> None:
        orders = [one for one in batch if isinstance(one.event, OrderEvent)]
        heirs = await with_heirs(session, [one.event for one in orders if isinstance(one.event, OrderEvent)])
        told = list(zip(heirs, (one.received_at for one in orders), strict=True))
        await ratings.note_orders(session, told, zone=zone)
        await kpis.note_sales(session, told, zone=zone)
        await others(session, batch)

    return take


async def note_work(session: AsyncSession, event: RequestEvent) -> None:
    """What approvals says of the work with accounts, to the slice that asked."""
    answered = WORK.get(event.subject_type)
    if answered is not None:
        await answered(session, event)


WORK: Mapping[str, Callable[[AsyncSession, RequestEvent], Awaitable[None]]] = {
    "case": cases.note_answer,
    "visit": visits.note_answer,
}
