"""Keeps what pricing knows of accounts and contracts; a batch of events is one read and one write."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import (
    Account,
    Contract,
    ContractState,
    ContractTerms,
    Election,
    Grade,
    Listing,
    Member,
    Merge,
    Tier,
)
from services.pricing.accounts.repository import (
    accounts_for_change,
    contracts_for_change,
    save_accounts,
    save_contracts,
)
from shared.events.accounts import (
    AccountEvent,
    AccountFrozen,
    AccountsMerged,
    AccountsParted,
    AccountUnfrozen,
    ClassChanged,
    Dossier,
    ElectionMade,
    KeyAccountListAgreed,
    TeamChanged,
    TierChanged,
)
from shared.events.contracts import (
    ContractActivated,
    ContractApproved,
    ContractEvent,
    ContractSigned,
    ContractSubmitted,
)
from shared.received import Received

# An event that is not here is parked, not passed over: it may end what counts.
CONTRACT_STATES: dict[type[ContractEvent], ContractState] = {
    ContractSubmitted: ContractState.SUBMITTED,
    ContractApproved: ContractState.APPROVED,
    ContractSigned: ContractState.SIGNED,
    ContractActivated: ContractState.ACTIVE,
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


async def learn_of_contracts(session: AsyncSession, batch: Sequence[Received]) -> None:
    """Applies every contracts.v1 event of a batch, in its order."""
    events = [received.event for received in batch if isinstance(received.event, ContractEvent)]
    if not events:
        return
    known: dict[UUID, Contract] = await contracts_for_change(session, {UUID(event.contract_id) for event in events})
    before = dict(known)
    for event in events:
        told = contract_told(event)
        earlier = known.get(told.id)
        known[told.id] = told if earlier is None else earlier.followed_by(told)
    await save_contracts(session, [contract for key, contract in known.items() if before.get(key) != contract])


def contract_told(event: ContractEvent) -> Contract:
    """The contract as this event has it; lines of the same SKU add up."""
    quantities: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for line in event.lines:
        quantities[line.sku] += line.quantity
        amounts[line.sku] += line.net_minor
    return Contract(
        id=UUID(event.contract_id),
        account_id=UUID(event.account_id),
        quote_id=UUID(event.quote_id) if event.quote_id else None,
        state=CONTRACT_STATES[type(event)],
        revision=event.revision,
        terms=ContractTerms(event.currency, dict(quantities), dict(amounts), event.valid_from, event.valid_until),
    )


def applied(account: Account | None, event: AccountEvent) -> Account | None:
    """The account after one more fact of its owner; a fact before its dossier leaves nothing to know yet."""
    if isinstance(event, Dossier):
        known = account or Account(UUID(event.account_id), event.number, event.branch)
        return replace(
            known,
            number=event.number,
            branch=event.branch,
            industrial=event.industrial,
            channel=event.channel,
            sales_class=event.sales_class,
        )
    return None if account is None else _changed(account, event)


def _changed(account: Account, event: AccountEvent) -> Account:
    change: dict[str, Any] = {}
    match event:
        case AccountFrozen() | AccountUnfrozen():
            change["frozen"] = isinstance(event, AccountFrozen)
        case AccountsMerged() | AccountsParted():
            change["merged"] = _merge_of(event)
        case TeamChanged():
            members = (Member(m.user_id, m.duty, m.share, m.valid_from, m.valid_until) for m in event.members)
            change["team"] = tuple(members)
        case ClassChanged():
            grade = Grade(event.proposal_id, event.grade, event.valid_from, event.valid_until)
            kept = (known for known in account.classes if known.proposal_id != event.proposal_id)
            change["classes"] = (*kept, grade)
        case TierChanged():
            before = (known for known in account.tiers if known.valid_from < event.valid_from)
            change["tiers"] = (*before, Tier(event.tier, event.valid_from))
        case ElectionMade():
            change["elections"] = _with_election(account.elections, event)
        case KeyAccountListAgreed():
            listing = Listing(event.list_id, event.listed, event.valid_from, event.valid_until)
            others = (known for known in account.listings if known.list_id != event.list_id)
            change["listings"] = (*others, listing)
    return replace(account, **change) if change else account


def _merge_of(event: AccountsMerged | AccountsParted) -> Merge | None:
    if isinstance(event, AccountsParted):
        return None
    return Merge(UUID(event.into_account_id), event.into_number, event.occurred_at)


def _with_election(known: Iterable[Election], event: ElectionMade) -> tuple[Election, ...]:
    """The one it replaces ends where the new one begins."""
    kept = (
        replace(one, valid_until=min(one.valid_until, event.valid_from)) if one.id == event.replaces else one
        for one in known
        if one.id != event.election_id
    )
    made = Election(event.election_id, event.programme, event.choice, event.valid_from, event.valid_until)
    return (*kept, made)
