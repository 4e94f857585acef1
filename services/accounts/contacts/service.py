"""Logging contacts, filing their forms, and asking every month whether the manager came (A10)."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.contacts import repository
from services.accounts.contacts.domain import FormFiledAlready
from services.accounts.contacts.facts import FUNCTIONS, VisitedAccount
from services.accounts.contacts.models import Contact
from services.accounts.contacts.schemas import NewContact
from services.accounts.dossiers.service import Whereabouts
from services.accounts.flags.rounds import take_missed_rounds
from services.accounts.flags.service import Flagged, raise_flag
from services.accounts.happened import check_happened
from shared.calendar import Period, day_start, local_day, period_of, preceding
from shared.ids import new_id
from shared.policy.compiled import PolicySet
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

CLOSING = "period.closing"
MONTHLY_VISITS = "monthly visits"


async def log_contact(session: AsyncSession, *, account_id: str, request: NewContact, who: Whereabouts) -> Contact:
    """A10: write down what happened; raises NotYetHappened for a day to come."""
    check_happened(request.on_day, today=who.today, pointer="/on_day")
    sent = request.model_dump(include={"kind", "on_day", "note", "form_hash"})
    row = Contact(
        id=str(new_id()),
        account_id=account_id,
        made_by=request.made_by or who.user_id,
        logged_by=who.user_id,
        recorded_at=who.now,
        **sent,
    )
    session.add(row)
    await session.flush()
    return row


async def file_form(session: AsyncSession, *, contact: Contact, file_hash: str) -> Contact:
    """The record form of a contact, filed once; raises FormFiledAlready for another one."""
    if contact.form_hash not in (None, file_hash):
        raise FormFiledAlready
    contact.form_hash = file_hash
    await session.flush()
    return contact


async def close_month_of_visits(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> int:
    """Once after each month's end, the missed ones included: flag the listed accounts its documents find unvisited.

    Returns how many.
    """
    last_over = preceding(period_of("month", local_day(now, zone)))
    months = await take_missed_rounds(session, job=MONTHLY_VISITS, last_over=last_over, now=now)
    return sum([await flag_unvisited(session, policies=policies, month=month, at=(now, zone)) for month in months])


async def flag_unvisited(session: AsyncSession, *, policies: PolicySet, month: Period, at: tuple[datetime, str]) -> int:
    """Ask the documents of a month's end about every account listed on its last day; returns how many flags are new."""
    now, zone = at
    rules = Rulebook(policies.in_force(month.last))
    known = await visited_accounts(session, month=month)
    as_of = last_moment(month, zone)
    raised = 0
    for account_id, material in known.items():
        asked = FactsOf(FUNCTIONS, material, zone).ask(rules, CLOSING, Subject("account", account_id), as_of)
        for decision in asked:
            raised += await raise_flag(session, flagged=Flagged(decision, account_id, month.key), now=now)
    return raised


async def visited_accounts(session: AsyncSession, *, month: Period) -> dict[str, VisitedAccount]:
    """Every listed account with its visits of the month, by account id."""
    listed = [row.id for row in await repository.listed_accounts(session, on=month.last)]
    visits = await repository.visits_of(session, account_ids=listed, first=month.first, until=month.until)
    managers = await repository.managers_of(session, account_ids=listed)
    return {
        account_id: VisitedAccount(True, tuple(visits.get(account_id, ())), tuple(managers.get(account_id, ())))
        for account_id in listed
    }


def last_moment(span: Period, zone: str) -> datetime:
    """The last instant of a period's last local day."""
    return day_start(span.until, zone) - timedelta(microseconds=1)
