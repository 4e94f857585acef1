"""A batch of events becomes facts, postings and reward events in one transaction (set by set, never row by row)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual import repository
from services.rewards.accrual.announcing import announcement
from services.rewards.accrual.books import Books, Told
from services.rewards.accrual.engine import take
from services.rewards.accrual.judging import Judge
from services.rewards.accrual.needs import Needs, begins, needs_of
from services.rewards.accrual.reach import REACH, Reach
from services.rewards.facts import repository as facts
from services.rewards.facts.contracts import Contract
from services.rewards.ledger.repository import insert_postings
from shared import journal
from shared.outbox import record_many
from shared.received import Received

DISAGREEMENTS: Final = Counter(
    "rewards_p4_disagreements", "lines that carry a P4 discount while the account's election says subsidy"
)


class Policies(Protocol):
    """Where the benefits in force come from."""

    async def judges(self, session: AsyncSession) -> Mapping[str, Judge]: ...


async def accrue(session: AsyncSession, batch: Sequence[Received], *, policies: Policies) -> Books:
    """Journal the batch, fold it into what is known and post every difference it makes.

    Facts about accounts, rates and policies go first: an order that came with them is judged once, by all of them.
    """
    ordered = sorted(batch, key=lambda received: REACH.get(type(received.event), Reach.NOTHING) is Reach.ORDER)
    needs = needs_of(received.event for received in ordered)
    await _hold_fence(session, needs)
    positions = await journal.append(session, ordered, now=max(received.received_at for received in ordered))
    books = await load_books(session, needs, policies=policies)
    for received, position in zip(ordered, positions, strict=True):
        take(books, Told(received.event, received.event_id, position))
    await write_back(session, books)
    return books


async def load_books(session: AsyncSession, needs: Needs, *, policies: Policies) -> Books:
    """The books with everything these needs reach."""
    await _reach_further(session, needs)
    orders = await facts.orders(session, order_ids=needs.orders, account_ids=needs.whole)
    needs.contracts |= {order.contract_id for order in orders.values() if order.contract_id}
    contracts = await _contracts(session, needs)
    if contracts:
        orders |= await facts.orders(session, contract_ids=contracts.keys())
    windows = await repository.windows(
        session,
        account_ids=needs.accounts | needs.whole,
        beneficiaries=[f"salesperson:{user_id}" for user_id in needs.salespeople],
        keys=needs.windows,
    )
    accounts = needs.accounts | needs.whole | {window.account_id for window in windows.values()}
    return Books(
        judges=await policies.judges(session),
        rates=await facts.rates(session),
        products=await facts.products(session, needs.skus) if needs.skus else {},
        accounts=await facts.accounts(session, accounts),
        orders=orders,
        contracts=contracts,
        windows=windows,
        open_from=await repository.open_month(session),
    )


async def write_back(session: AsyncSession, books: Books) -> None:
    """Everything that changed, and an event for every posting and every ask."""
    await facts.keep_accounts(session, books.changed_accounts.values())
    await facts.keep_orders(session, books.changed_orders.values())
    await facts.keep_contracts(session, books.changed_contracts.values())
    await facts.keep_products(session, books.changed_products.values())
    await facts.keep_rates(session, books.changed_rates)
    await repository.keep_windows(session, books.changed_windows.values())
    await insert_postings(session, [booked.posting for booked in books.booked])
    record_many(session, [event for booked in books.booked for event in announcement(booked)])
    record_many(session, books.asks)
    DISAGREEMENTS.inc(books.disagreements)


async def _hold_fence(session: AsyncSession, needs: Needs) -> None:
    """A return of a contract's goods may change other accounts' windows of the same salesperson: it works alone too."""
    alone = needs.crosses_accounts
    if needs.returned and not alone:
        alone = bool(needs.contracts) or await facts.any_under_contract(session, needs.returned)
    await repository.open_books(session, alone=alone)


async def _reach_further(session: AsyncSession, needs: Needs) -> None:
    """Rates and policies reach accounts that the events do not name."""
    for event in needs.rates:
        pair = (event.base, event.quote)
        needs.whole |= await facts.accounts_trading(session, since=begins(event.date), until=None, currencies=pair)
    for event in needs.policies:
        until: datetime | None = begins(event.valid_until) if event.valid_until else None
        needs.whole |= await facts.accounts_trading(session, since=begins(event.valid_from), until=until)


async def _contracts(session: AsyncSession, needs: Needs) -> dict[str, Contract]:
    """The contracts touched, and every other one of their salespeople: whose first of a brand it is depends on all."""
    if not (needs.contracts or needs.salespeople or needs.skus or needs.whole or needs.policies):
        return {}
    found = await facts.contracts(
        session,
        contract_ids=needs.contracts,
        account_ids=needs.whole,
        salespeople=needs.salespeople,
        skus=needs.skus,
        every=bool(needs.policies),
    )
    needs.salespeople |= {user_id for one in found.values() for line in one.lines for user_id, _ in line.salespeople}
    if found:
        found |= await facts.contracts(session, salespeople=needs.salespeople)
    needs.skus |= {line.sku for one in found.values() for line in one.lines}
    return found


__all__: list[Any] = ["Policies", "accrue", "load_books", "write_back"]
