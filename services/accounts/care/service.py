"""Reminding of birthdays once a year, flagging priority service, and inviting to events (A14)."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.branches import UnknownBranch
from services.accounts.care import repository
from services.accounts.care.domain import (
    MOVES,
    EventIsAhead,
    InvitationMove,
    InvitationState,
    InvitedAlready,
    next_birthday,
)
from services.accounts.care.facts import ACCOUNT_FUNCTIONS, CONTACT_FUNCTIONS, CaredFor
from services.accounts.care.models import CareEvent, Invitation
from services.accounts.care.schemas import NewCareEvent, NewInvitation
from services.accounts.contacts.repository import listed_accounts
from services.accounts.dossiers.domain import BranchOutOfReach
from services.accounts.dossiers.service import Whereabouts
from services.accounts.flags.repository import take_round
from services.accounts.flags.service import Flagged, raise_flag
from services.accounts.moves import moved
from services.accounts.support.belonging import in_support_programme
from services.accounts.surveys.repository import is_person_of
from shared.calendar import day_start, local_day, period_of
from shared.errors import FieldError, ValidationProblem, Words
from shared.events.accounts import CareDue
from shared.ids import new_id
from shared.outbox import record
from shared.policy.compiled import PolicySet
from shared.policy.rulebook import Rulebook
from shared.trace import Decision, Subject

STARTING, BIRTHDAYS, PRIORITY = "day.starting", "birthdays", "priority service"
DAYS_MADE_UP_FOR = 6
ATTENDANCE = frozenset((InvitationMove.attend, InvitationMove.miss))


async def start_day(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> int:
    """Once for each local day, those a stopped worker missed included: what care is due; returns how much is new."""
    today = local_day(now, zone)
    raised = 0
    for day in (today - timedelta(days=back) for back in range(DAYS_MADE_UP_FOR, -1, -1)):
        rules = Rulebook(policies.in_force(day))
        if await take_round(session, job=BIRTHDAYS, period=day.isoformat(), now=now):
            raised += await remind_of_birthdays(session, rules=rules, day=day, at=(now, zone))
    half_year = period_of("half_year", today)
    if await take_round(session, job=PRIORITY, period=f"{half_year.key}/{today.isoformat()}", now=now):
        raised += await flag_priority(session, rules=Rulebook(policies.in_force(today)), day=today, at=(now, zone))
    return raised


async def remind_of_birthdays(session: AsyncSession, *, rules: Rulebook, day: date, at: tuple[datetime, str]) -> int:
    """A14: the main contacts whose birthday the documents find near, each once for the year it falls in."""
    now, zone = at
    raised = 0
    for person_id, account_id, born_on in await repository.main_contacts(session, on=day):
        subject = Subject("contact", person_id, Subject("account", account_id))
        facts = FactsOf(CONTACT_FUNCTIONS, CaredFor(True, born_on), zone)
        year = str(next_birthday(born_on, day).year)
        for decision in facts.ask(rules, STARTING, subject, day_start(day, zone)):
            if await raise_flag(session, flagged=Flagged(decision, account_id, year), now=now):
                record(
                    session,
                    CareDue(occurred_at=now, account_id=account_id, person_id=person_id, occasion="birthday", on=day),
                )
                raised += 1
    return raised


async def flag_priority(session: AsyncSession, *, rules: Rulebook, day: date, at: tuple[datetime, str]) -> int:
    """A14, P9: the accounts with priority service, flagged once in each half year they have it."""
    now, zone = at
    raised = 0
    listed = [row.id for row in await listed_accounts(session, on=day)]
    belongs = await in_support_programme(session, account_ids=listed, on=day)
    for account_id in listed:
        cared = CaredFor(True, in_programme=belongs[account_id])
        for decision in priority_of(rules, account_id=account_id, cared=cared, as_of=day_start(day, zone), zone=zone):
            flagged = Flagged(decision, account_id, period_of("half_year", day).key)
            raised += await raise_flag(session, flagged=flagged, now=now)
    return raised


def priority_of(
    rules: Rulebook, *, account_id: str, cared: CaredFor, as_of: datetime, zone: str
) -> Iterator[Decision[Any]]:
    """What the documents of a day's start say of an account's service."""
    facts = FactsOf(ACCOUNT_FUNCTIONS, cared, zone)
    yield from facts.ask(rules, STARTING, Subject("account", account_id), as_of)


async def plan_event(
    session: AsyncSession, *, request: NewCareEvent, branches: Collection[str], who: Whereabouts
) -> CareEvent:
    """An event for the accounts of a branch; raises UnknownBranch, BranchOutOfReach."""
    if request.branch not in branches:
        raise UnknownBranch(request.branch)
    if not who.reach.covers(branch=request.branch):
        raise BranchOutOfReach
    row = CareEvent(id=str(new_id()), planned_by=who.user_id, planned_at=who.now, **request.model_dump())
    session.add(row)
    await session.flush()
    return row


async def invite(session: AsyncSession, *, event: CareEvent, request: NewInvitation, who: Whereabouts) -> Invitation:
    """A person of an account, once for an event; raises InvitedAlready, ValidationProblem."""
    here = await is_person_of(
        session, person_id=request.person_id, account_id=request.account_id, on=max(who.today, event.on_day)
    )
    if not here:
        wrong: Words = {"en": "no person of this account", "zh": "该客户无此联系人"}
        raise ValidationProblem(errors=[FieldError("/person_id", "unknown_person", wrong)])
    if await repository.is_invited(session, event_id=event.id, person_id=request.person_id):
        raise InvitedAlready
    row = Invitation(
        id=str(new_id()),
        event_id=event.id,
        account_id=request.account_id,
        person_id=request.person_id,
        state=InvitationState.invited,
        invited_by=who.user_id,
        invited_at=who.now,
    )
    session.add(row)
    await session.flush()
    return row


async def move_invitation(
    session: AsyncSession, *, invitation: Invitation, move: InvitationMove, who: Whereabouts
) -> Invitation:
    """Accepted or declined, then there or not; raises MoveNotAllowed, EventIsAhead."""
    event = await session.get_one(CareEvent, invitation.event_id)
    if move in ATTENDANCE and event.on_day > who.today:
        raise EventIsAhead
    invitation.state = moved(MOVES, InvitationState(invitation.state), move)
    await session.flush()
    return invitation
