"""Electing: what the document of the moment allows, one choice per account and month (A12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.elections import repository
from services.accounts.elections.domain import Election, EndsBeforeItStarts, in_force, is_switch, replaced_by
from services.accounts.elections.models import ElectionRow
from services.accounts.elections.schemas import NewElection
from services.accounts.programmes import repository as lists
from shared.calendar import period, period_of
from shared.events.accounts import ElectionMade
from shared.ids import new_id
from shared.outbox import record
from shared.policy.evaluation import Case, GivenFacts
from shared.policy.rulebook import PolicyRefuses, Rulebook
from shared.trace import Subject, Value

ELECTING = "election.making"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The first day of an election, and what the account's other facts are on it."""

    first: date
    key_account: bool
    settled: bool


async def elect(session: AsyncSession, *, request: NewElection, rules: Rulebook, who: Whereabouts) -> ElectionRow:
    """A12: what an account chooses, by a named person; the caller holds the account's lock.

    A request without a first day starts on the first one that is allowed: the next local day, or where it is a switch
    the first day of the next month. Raises PolicyRefuses, AlreadyElected.
    """
    standing = await repository.elections(session, account_id=request.account_id, programme=request.programme)
    if request.valid_from is not None:
        row, told = await made_on(session, request, standing, request.valid_from, rules=rules, who=who)
    else:
        row, told = await made_as_soon_as_allowed(session, request, standing, rules=rules, who=who)
    session.add(row)
    record(session, told)
    await session.flush()
    return row


async def made_as_soon_as_allowed(
    session: AsyncSession, request: NewElection, standing: Sequence[ElectionRow], *, rules: Rulebook, who: Whereabouts
) -> tuple[ElectionRow, ElectionMade]:
    """On the next day, or if that is refused on the first day of the next month: a period never changes half-way."""
    tomorrow = who.today + timedelta(days=1)
    try:
        return await made_on(session, request, standing, tomorrow, rules=rules, who=who)
    except PolicyRefuses:
        next_month = period_of("month", who.today).until
        return await made_on(session, request, standing, next_month, rules=rules, who=who)


async def made_on(
    session: AsyncSession,
    request: NewElection,
    standing: Sequence[ElectionRow],
    first: date,
    *,
    rules: Rulebook,
    who: Whereabouts,
) -> tuple[ElectionRow, ElectionMade]:
    if request.valid_until <= first:
        raise EndsBeforeItStarts(first)
    key_account = await lists.is_key_account(session, account_id=request.account_id, on=first)
    settled = await repository.touches_settled(session, first=first, until=request.valid_until)
    return make_election(request, standing, Circumstances(first, key_account, settled), rules=rules, who=who)


def make_election(
    request: NewElection,
    made: Sequence[ElectionRow],
    circumstances: Circumstances,
    *,
    rules: Rulebook,
    who: Whereabouts,
) -> tuple[ElectionRow, ElectionMade]:
    """The election and what is told of it; a refused one raises with the condition that failed, or AlreadyElected."""
    chosen = Election(str(new_id()), request.choice, circumstances.first, request.valid_until)
    standing = in_force([Election(row.id, row.choice, row.valid_from, row.valid_until) for row in made])
    facts = election_facts(named_in(chosen), standing, chosen, circumstances, today=who.today)
    subject = Subject("election", chosen.id, Subject("account", request.account_id))
    decisions = rules.ask(ELECTING, Case(GivenFacts(facts), subject, who.now), subject="election")
    replaced = replaced_by(standing, chosen)
    fields: dict[str, Any] = request.model_dump() | {
        "valid_from": chosen.valid_from,
        "replaces": replaced.id if replaced else None,
    }
    row = ElectionRow(
        id=chosen.id,
        recorded_by=who.user_id,
        recorded_at=who.now,
        decision={"decisions": [decision.to_plain() for decision in decisions]},
        **fields,
    )
    told = fields | {"elected_by": named_in(chosen)}
    return row, ElectionMade(occurred_at=who.now, election_id=row.id, **told)


def named_in(chosen: Election) -> str:
    """Where the person is named who elected: traces and events refer to it, the name stays in the election."""
    return f"election/{chosen.id}"


def election_facts(
    elected_by: str, standing: Sequence[Election], chosen: Election, circumstances: Circumstances, *, today: date
) -> Mapping[str, Value]:
    """The facts the election's conditions ask, for its first day; only the lead counts from today (§6.3)."""
    return {
        "account.is_key_account": circumstances.key_account,
        "election.elected_by": elected_by,
        "election.lead_days": (chosen.valid_from - today).days,
        "election.is_switch": is_switch(standing, chosen),
        "election.starts_on_day": chosen.valid_from.day,
        "election.touches_settled_period": circumstances.settled,
    }


async def note_closed(session: AsyncSession, *, key: str) -> None:
    """A month was settled: from now on no election touches its days."""
    await repository.keep_closed(session, span=period(key))
