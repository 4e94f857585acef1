"""Why a posting came out as it did: the journal replayed to its position, the window judged there again."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.books import Books, Told
from services.rewards.accrual.contract_bonus import known_of
from services.rewards.accrual.counting import NOTHING
from services.rewards.accrual.domain import Part, Working
from services.rewards.accrual.engine import take
from services.rewards.accrual.judging import Judge, Measured
from services.rewards.accrual.measures import Known
from services.rewards.accrual.valuing import grants_of
from services.rewards.accrual.windows import Window, WindowKey
from services.rewards.facts import repository as facts
from services.rewards.facts.contracts import Rates
from services.rewards.ledger.domain import Posting
from shared.events.registry import EVENT_CLASSES
from shared.policy.worth import Award
from shared.trace import Decision, digest


class Explained(NamedTuple):
    """The rebuilt decision on the window, whether its trace is the one the posting was made by, and the line's sum."""

    decision: Decision[Award]
    same_trace: bool
    working: Working


async def explain(
    session: AsyncSession, postings: Sequence[Posting], *, judges: Mapping[str, Judge]
) -> dict[UUID, Explained]:
    """The decision behind each posting; one replay of the journal for each policy version among them."""
    found: dict[UUID, Explained] = {}
    for name in sorted({_version(posting) for posting in postings}):
        wanted = sorted((one for one in postings if _version(one) == name), key=lambda one: one.position)
        told = await _told(session, wanted)
        found |= dict(_replayed(told, wanted, judges[name]))
    return found


async def books_at(session: AsyncSession, account_id: str, *, position: int, judges: Mapping[str, Judge]) -> Books:
    """An account's books as they stood at a journal position: everything journaled of it until then, taken again."""
    counted = {name: judge for name, judge in judges.items() if judge.plan.is_counted}
    books = Books(judges=counted, rates=Rates([]))
    for one in await _journaled(session, {account_id}, until=position):
        take(books, one)
    return books


def _replayed(told: Iterable[Told], wanted: Sequence[Posting], judge: Judge) -> Iterator[tuple[UUID, Explained]]:
    books = Books(judges={judge.plan.name: judge}, rates=Rates([]))
    waiting = list(reversed(wanted))
    for one in told:
        while waiting and waiting[-1].position < one.position:
            yield from _explained(books, judge, waiting.pop())
        take(books, one)
    while waiting:
        yield from _explained(books, judge, waiting.pop())


def _explained(books: Books, judge: Judge, posting: Posting) -> Iterator[tuple[UUID, Explained]]:
    window = books.windows.get(WindowKey(posting.policy_id, posting.beneficiary, posting.window))
    if window is not None:
        decision = _decision(books, judge, window, posting)
        same = posting.digest is None or bytes.fromhex(digest(decision))[:16] == posting.digest
        yield posting.posting_id, Explained(decision, same, _working(books, window, posting))


def _working(books: Books, window: Window, posting: Posting) -> Working:
    """As the replay came to the same line; a line that the replay does not make moved what was there already."""
    total, measure = window.posted.total, window.tally.amount_minor
    made = (booked for booked in reversed(books.booked) if _is_same_line(booked.posting, posting))
    found = next(made, None)
    return found.working if found and found.working else Working(Part.MOVED, total, total, measure, measure)


def _is_same_line(made: Posting, posting: Posting) -> bool:
    return _effect(made) == _effect(posting)


def _effect(posting: Posting) -> tuple[object, ...]:
    cause = posting.cause
    return posting.beneficiary, posting.window, posting.kind, posting.position, cause.order_id, cause.line


def _decision(books: Books, judge: Judge, window: Window, posting: Posting) -> Decision[Award]:
    name, journal_from = window.key.window, posting.journal_from or posting.position
    if judge.plan.is_counted:
        known = Known(account=books.account(window.account_id), moment=posting.occurred_at)
        return judge.decide(Measured(name, window.tally, journal_from, posting.position), known, grants_of(window))
    contract = books.contracts[name.partition(":")[2]]
    known = known_of(books, judge.plan, contract, posting.beneficiary.partition(":")[2])
    return judge.decide(Measured(name, NOTHING, journal_from, posting.position), known, grants_of(window))


async def _told(session: AsyncSession, wanted: Sequence[Posting]) -> list[Told]:
    """Everything journaled that these postings may rest on: their accounts, rates, and what a contract's facts name."""
    keys = {posting.account_id for posting in wanted if posting.account_id}
    people = {one.beneficiary.partition(":")[2] for one in wanted if one.window.startswith("contract:")}
    if people:
        contracts = (await facts.contracts(session, salespeople=people)).values()
        keys |= {contract.account_id for contract in contracts}
        keys |= {line.sku for contract in contracts for line in contract.lines}
    return await _journaled(session, keys, until=wanted[-1].position)


async def _journaled(session: AsyncSession, keys: Collection[str], *, until: int) -> list[Told]:
    rows = await session.execute(_JOURNAL, {"keys": sorted(keys), "until": until})
    return [Told(EVENT_CLASSES[row.type].from_bytes(row.payload), row.event_id, row.pos) for row in rows]


def _version(posting: Posting) -> str:
    return f"{posting.policy_id}@{posting.version}"


_JOURNAL = text(
    """
    SELECT pos, event_id, type, payload FROM journal
    WHERE pos <= :until AND (key = ANY(CAST(:keys AS text[]))
                             OR key IN (SELECT base || '/' || quote FROM exchange_rate))
    ORDER BY pos
    """
)
