"""Keeps what pricing knows of accounts and contracts; a batch of events is one read and one write."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import Account, applied
from services.pricing.accounts.repository import accounts_for_change, save_accounts, save_contract
from shared.events.accounts import AccountEvent
from shared.events.contracts import (
    ContractActivated,
    ContractApproved,
    ContractEvent,
    ContractSigned,
    ContractSubmitted,
)
from shared.received import Received

CONTRACT_STATES: dict[type[ContractEvent], str] = {
    ContractSubmitted: "submitted",
    ContractApproved: "approved",
    ContractSigned: "signed",
    ContractActivated: "active",
}


async def learn_of_accounts(session: AsyncSession, batch: Sequence[Received]) -> None:
    """Applies every accounts.v1 event of a batch, in its order."""
    events = [received.event for received in batch if isinstance(received.event, AccountEvent)]
    if not events:
        return
    known: dict[UUID, Account] = await accounts_for_change(session, {UUID(event.account_id) for event in events})
    before = dict(known)
    for event in events:
        account_id = UUID(event.account_id)
        after = applied(known.get(account_id), event)
        if after is not None:
            known[account_id] = after
    await save_accounts(session, [account for key, account in known.items() if before.get(key) != account])


async def learn_of_contract(session: AsyncSession, event: ContractEvent) -> None:
    """The contract's state as its owner last told it."""
    await save_contract(
        session,
        row={
            "id": UUID(event.contract_id),
            "account_id": UUID(event.account_id),
            "quote_id": UUID(event.quote_id) if event.quote_id else None,
            "state": CONTRACT_STATES[type(event)],
            "revision": event.revision,
        },
    )
