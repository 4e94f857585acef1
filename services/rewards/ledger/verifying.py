"""Every balance rebuilt from the journal by counting from scratch, and compared with what the ledger says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.books import Books, Told
from services.rewards.accrual.contract_bonus import by_signature, re_test
from services.rewards.accrual.engine import re_evaluate_days
from services.rewards.accrual.judging import Judge
from services.rewards.accrual.reach import REACH, Reach
from services.rewards.accrual.repository import windows
from services.rewards.accrual.windows import Window, WindowKey
from services.rewards.facts import repository as facts
from services.rewards.facts.accounts import ALWAYS
from services.rewards.facts.fold import account_after, order_after, signed
from shared.events.envelope import Event
from shared.events.registry import EVENT_CLASSES

ACCOUNTS_AT_ONCE = 50


class Difference(NamedTuple):
    """One balance that is not what it should be."""

    beneficiary: str
    policy_id: str
    window: str
    says: int
    rebuilt: int
    found_by: str


@dataclass
class Verdict:
    """`sums` are of all entries by currency: each must be zero."""

    postings: int = 0
    windows: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.differences and not any(self.sums.values())


async def verify(session: AsyncSession, *, judges: Mapping[str, Judge]) -> Verdict:
    """Three independent readings of every balance: its entries, its window's running state, its journal."""
    verdict = Verdict()
    verdict.postings = int(await session.scalar(text("SELECT count(*) FROM posting")) or 0)
    verdict.sums = {row.currency: int(row.total) for row in await session.execute(_SUMS)}
    for found_by, query in (("window", _WINDOWS_OFF), ("posting", _ENTRIES_OFF)):
        rows = await session.execute(query)
        verdict.differences += [Difference._make((*row, found_by)) for row in rows]
    held = {WindowKey(*row[:3]): int(row.total) for row in await session.execute(_HELD)}
    verdict.windows = len(held)
    account_ids = list(await session.scalars(text("SELECT account_id FROM account_state ORDER BY account_id")))
    for start in range(0, len(account_ids), ACCOUNTS_AT_ONCE):
        rebuilt = await _rebuilt(session, account_ids[start : start + ACCOUNTS_AT_ONCE], judges)
        verdict.differences += list(_compared(rebuilt, held))
    verdict.differences += [Difference(*_row(key), total, 0, "journal") for key, total in held.items() if total]
    return verdict


def _compared(rebuilt: Mapping[WindowKey, int], held: dict[WindowKey, int]) -> Iterator[Difference]:
    for key, total in rebuilt.items():
        says = held.pop(key, 0)
        if says != total:
            yield Difference(*_row(key), says, total, "journal")


async def _rebuilt(session: AsyncSession, account_ids: list[str], judges: Mapping[str, Judge]) -> dict[WindowKey, int]:
    """What each window of these accounts is worth by its journal, under the version and terms it has."""
    rows = list(await session.execute(_JOURNAL, {"keys": account_ids}))
    events = [EVENT_CLASSES[row.type].from_bytes(row.payload) for row in rows]
    books = Books(judges=judges, rates=await facts.rates(session))
    _fold(books, events)
    await _add_contracts(session, books)
    known = await windows(session, account_ids=account_ids)
    books.windows |= {key: _blank(window) for key, window in known.items()}
    if not rows:
        return {}
    told = Told(events[-1], rows[-1].event_id, rows[-1].pos)
    for account_id in account_ids:
        re_evaluate_days(books, told, account_id, ALWAYS)
    for contract in by_signature(books.contracts.values()):
        re_test(books, told, contract)
    mine = set(account_ids)
    return {key: window.posted.total for key, window in books.windows.items() if window.account_id in mine}


async def _add_contracts(session: AsyncSession, books: Books) -> None:
    """Contracts of the same salespeople with other accounts: whose first of a brand it was depends on them."""
    if not books.contracts:
        return
    people = {user_id for one in books.contracts.values() for line in one.lines for user_id, _ in line.salespeople}
    others = await facts.contracts(session, salespeople=people)
    books.contracts = others | books.contracts
    books.orders |= await facts.orders(session, contract_ids=others.keys() - books.changed_contracts.keys())
    skus = {line.sku for one in books.contracts.values() for line in one.lines}
    books.products = await facts.products(session, skus)


def _fold(books: Books, events: Iterable[Event]) -> None:
    for event in events:
        reach = REACH.get(type(event), Reach.NOTHING)
        if event.topic == "orders.v1":
            name: str = event.aggregate_id()
            books.keep_order(order_after(books.orders.get(name), event))
        elif event.topic == "accounts.v1":
            books.keep_account(account_after(books.account(event.aggregate_id()), event))
        elif reach is Reach.CONTRACT:
            contract = signed(event)  # type: ignore[arg-type]
            if contract.contract_id not in books.contracts:
                books.keep_contract(contract)


def _blank(window: Window) -> Window:
    """A window of which nothing is posted yet, begun under the same version, with the same approvals."""
    return Window(
        window.key,
        window.version,
        window.account_id,
        window.period,
        window.currency,
        window.journal_from,
        ask=window.ask,
        confirmation=window.confirmation,
    )


def _row(key: WindowKey) -> tuple[str, str, str]:
    return key.beneficiary, key.policy_id, key.window


_SUMS = text("SELECT currency, sum(amount_minor) AS total FROM entry GROUP BY currency ORDER BY currency")

_HELD = text(
    """
    SELECT policy_id, beneficiary, window_key, sum(CASE WHEN source IS NULL THEN amount_minor ELSE 0 END) AS total
    FROM posting GROUP BY 1, 2, 3
    """
)

_WINDOWS_OFF = text(
    """
    WITH ledger AS (
        SELECT p.beneficiary, p.policy_id, p.window_key, split_part(e.account, ':', 1) AS state,
               sum(e.amount_minor) AS n
        FROM entry e JOIN posting p USING (posting_id) WHERE e.account <> p.expense GROUP BY 1, 2, 3, 4
    ), kept AS (
        SELECT beneficiary, policy_id, window_key, state, n FROM window_state, LATERAL (
            VALUES ('pending', pending_minor), ('accrued', accrued_minor), ('payable', payable_minor)
        ) AS stands (state, n)
    )
    SELECT beneficiary, policy_id, window_key, coalesce(ledger.n, 0)::bigint, coalesce(kept.n, 0)
    FROM ledger FULL JOIN kept USING (beneficiary, policy_id, window_key, state)
    WHERE coalesce(ledger.n, 0) <> coalesce(kept.n, 0)
    """
)

_ENTRIES_OFF = text(
    """
    SELECT p.beneficiary, p.policy_id, p.window_key, coalesce(sum(e.amount_minor), 0)::bigint, p.amount_minor
    FROM posting p LEFT JOIN entry e ON e.posting_id = p.posting_id AND e.side = 1
    GROUP BY p.posting_id HAVING coalesce(sum(e.amount_minor), 0) <> p.amount_minor
    """
)

_JOURNAL = text("SELECT pos, event_id, type, payload FROM journal WHERE key = ANY(CAST(:keys AS text[])) ORDER BY pos")
