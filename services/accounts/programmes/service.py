"""Nominating, agreeing on a list, electing; what a document decides is asked by its moment."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.programmes import repository
from services.accounts.programmes.domain import (
    AlreadyNominated,
    Election,
    ListMove,
    ListState,
    NothingNominated,
    NotYourDepartment,
    half_year,
    is_switch,
    moved,
)
from services.accounts.programmes.models import ClosedPeriod, ElectionRow, KeyAccountList, Nomination
from services.accounts.programmes.schemas import NewElection, NewNomination
from shared.asking import sought
from shared.auth.principal import Principal
from shared.calendar import Duration, Period, period
from shared.events.accounts import ElectionMade, KeyAccountListAgreed
from shared.ids import new_id
from shared.outbox import record, record_many
from shared.policy.evaluation import Case, GivenFacts
from shared.policy.rulebook import Rulebook
from shared.trace import Subject, Value

NOMINATING = "list.nominating"
ELECTING = "election.making"
AGREED = "agreed"


async def nominate(
    session: AsyncSession,
    *,
    account: Account,
    request: NewNomination,
    caller: Principal,
    rules: Rulebook,
    who: Whereabouts,
) -> Nomination:
    """A4: a department's head names an account and shows which qualifying criterion it meets."""
    half_year(request.half_year)
    heads = {holding.department for holding in caller.holdings if holding.role == "department_head"}
    if request.department not in heads:
        raise NotYourDepartment(
            {"en": f"You do not head {request.department}.", "zh": f"您不是{request.department}部门的负责人。"}
        )
    if await repository.is_nominated(
        session, half_year=request.half_year, account_id=account.id, department=request.department
    ):
        raise AlreadyNominated
    facts = {reason.fact: nominated_value(reason.fact, reason.value) for reason in request.reasons}
    case = Case(GivenFacts(facts), Subject("account", account.id), who.now)
    decisions = rules.ask(NOMINATING, case, subject="account")
    nomination = Nomination(
        id=str(new_id()),
        half_year=request.half_year,
        account_id=account.id,
        department=request.department,
        reasons=[reason.model_dump(mode="json") for reason in request.reasons],
        nominated_by=who.user_id,
        nominated_at=who.now,
        decision={"decisions": [decision.to_plain() for decision in decisions]},
    )
    session.add(nomination)
    await session.flush()
    return nomination


def nominated_value(fact: str, value: bool | str) -> Value:
    return Duration.parse(value) if isinstance(value, str) and fact == "account.continuous_contracts" else value


async def propose_list(
    session: AsyncSession, *, key: str, caller: Principal, rules: Rulebook, who: Whereabouts
) -> KeyAccountList:
    """A4: ask the departments to agree on what was nominated; raises NothingNominated, WrongListMove."""
    half_year(key)
    nominated = await repository.nominations(session, half_year=key)
    if not nominated:
        raise NothingNominated
    current = await repository.locked_list(session, half_year=key)
    if current is None:
        current = KeyAccountList(half_year=key, state=ListState.draft, revision=0, proposed=[], agreed_at=None)
        session.add(current)
    current.state = moved(ListState(current.state), ListMove.propose)
    current.revision += 1
    current.proposed = sorted({nomination.account_id for nomination in nominated})
    record(
        session,
        sought(
            occurred_at=who.now,
            subject=("key_account_list", key),
            revision=current.revision,
            content={"half_year": key, "accounts": current.proposed},
            route=rules.route_for("key_account_list"),
            requester=caller.user_id,
            title=(f"Key-account list {key}", f"{key} 大客户名单"),
        ),
    )
    await session.flush()
    return current


async def answer_list(session: AsyncSession, *, key: str, revision: int, granted: bool, answered_at: datetime) -> None:
    """What the departments said of the list as proposed; an answer to an older revision changes nothing."""
    current = await repository.locked_list(session, half_year=key)
    if current is None or current.revision != revision or current.state != ListState.proposed:
        return
    current.state = moved(ListState.proposed, ListMove.agree if granted else ListMove.refuse)
    if granted:
        current.agreed_at = answered_at
        await name_on_lists(
            session,
            named=[(key, account_id) for account_id in current.proposed],
            reason=AGREED,
            now=answered_at,
        )


async def name_on_lists(session: AsyncSession, *, named: Sequence[tuple[str, str]], reason: str, now: datetime) -> int:
    """Put `(half_year, account_id)` on their lists and tell of each that is new; returns how many were."""
    spans = {key: half_year(key) for key in {key for key, _ in named}}
    rows = [
        {
            "half_year": key,
            "account_id": account_id,
            "valid_from": spans[key].first,
            "valid_until": spans[key].until,
            "reason": reason,
        }
        for key, account_id in named
    ]
    fresh = await repository.put_members(session, rows=rows, recorded_at=now)
    record_many(session, (listed(key, account_id, spans[key], now) for key, account_id in sorted(fresh)))
    return len(fresh)


def listed(key: str, account_id: str, span: Period, now: datetime) -> KeyAccountListAgreed:
    return KeyAccountListAgreed(
        occurred_at=now,
        account_id=account_id,
        list_id=key,
        listed=True,
        valid_from=span.first,
        valid_until=span.until,
    )


async def elect(session: AsyncSession, *, request: NewElection, rules: Rulebook, who: Whereabouts) -> ElectionRow:
    """A12: what an account chooses, by a named person, from the next local day at the earliest."""
    standing = await repository.elections(session, account_id=request.account_id, programme=request.programme)
    key_account = await repository.is_key_account(session, account_id=request.account_id, on=request.valid_from)
    settled = await touches_settled(session, first=request.valid_from, until=request.valid_until)
    facts = election_facts(request, standing, key_account=key_account, settled=settled, today=who.today)
    row, told = make_election(request, standing, facts, rules=rules, who=who)
    session.add(row)
    record(session, told)
    await session.flush()
    return row


def election_facts(
    request: NewElection, standing: Sequence[ElectionRow], *, key_account: bool, settled: bool, today: date
) -> Mapping[str, Value]:
    """The facts the election's conditions ask, for its first day; only the lead counts from today (§6.3)."""
    chosen = Election(request.choice, request.valid_from, request.valid_until)
    before = [Election(row.choice, row.valid_from, row.valid_until) for row in standing]
    return {
        "account.is_key_account": key_account,
        "election.elected_by": request.elected_by,
        "election.lead_days": (request.valid_from - today).days,
        "election.is_switch": is_switch(before, chosen),
        "election.starts_on_day": request.valid_from.day,
        "election.touches_settled_period": settled,
    }


def make_election(
    request: NewElection,
    standing: Sequence[ElectionRow],
    facts: Mapping[str, Value],
    *,
    rules: Rulebook,
    who: Whereabouts,
) -> tuple[ElectionRow, ElectionMade]:
    """The election and what is told of it; a refused one raises with the condition that failed."""
    subject = Subject("election", str(new_id()), Subject("account", request.account_id))
    decisions = rules.ask(ELECTING, Case(GivenFacts(facts), subject, who.now), subject="election")
    replaced = next((row.id for row in reversed(standing) if row.valid_until > request.valid_from), None)
    fields: dict[str, Any] = request.model_dump() | {"replaces": replaced}
    row = ElectionRow(
        id=subject.id,
        recorded_by=who.user_id,
        recorded_at=who.now,
        decision={"decisions": [decision.to_plain() for decision in decisions]},
        **fields,
    )
    return row, ElectionMade(occurred_at=who.now, election_id=row.id, **fields)


async def touches_settled(session: AsyncSession, *, first: date, until: date) -> bool:
    query = select(ClosedPeriod.key).where(ClosedPeriod.valid_from < until, ClosedPeriod.valid_until > first).limit(1)
    return await session.scalar(query) is not None


async def note_closed(session: AsyncSession, *, key: str) -> None:
    """A month was settled: from now on no election touches its days."""
    span = period(key)
    row = {"key": key, "valid_from": span.first, "valid_until": span.until}
    await session.execute(insert(ClosedPeriod).values(row).on_conflict_do_nothing())
