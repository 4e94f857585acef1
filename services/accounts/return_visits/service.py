"""What is filed of a month: the form, minutes of the customer's meetings, the contact; and all of it together (A9)."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.contacts.domain import ContactKind
from services.accounts.contacts.models import Contact
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.happened import check_happened
from services.accounts.return_visits import repository
from services.accounts.return_visits.domain import (
    FiledAlready,
    MinutesFiledAlready,
    NotACustomerMeeting,
    OutsideTheMonth,
    check_scores,
)
from services.accounts.return_visits.facts import FORM_FUNCTIONS, FiledForm, ReportedMonth
from services.accounts.return_visits.models import MeetingMinutes, ReportedContact, ReturnVisit
from services.accounts.return_visits.schemas import NewMinutes, NewReturnVisit
from services.accounts.return_visits.terms import terms_of
from shared.calendar import Period, period
from shared.ids import new_id
from shared.policy.evaluation import Case
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

FORM_ROW = "A9"


async def file_form(
    session: AsyncSession, *, account: Account, request: NewReturnVisit, rules: Rulebook, who: Whereabouts
) -> ReturnVisit:
    """A9: the month's form, once, scored as it comes in; raises FiledAlready, OutsideTheMonth, ValidationProblem."""
    check_happened(request.visited_on, today=who.today, pointer="/visited_on")
    if not period(request.month).holds(request.visited_on):
        raise OutsideTheMonth
    scores = request.scores.model_dump()
    check_scores(scores, terms_of(rules).scale)
    if await repository.is_filed(session, account_id=account.id, month=request.month):
        raise FiledAlready
    visit_id = str(new_id())
    subject = Subject("return_visit", visit_id, Subject("account", account.id))
    facts = FactsOf(FORM_FUNCTIONS, FiledForm(visit_id, scores), who.zone)
    decision = rules.scorecard(row=FORM_ROW, subject="return_visit").decide(Case(facts, subject, who.now))
    row = ReturnVisit(
        id=visit_id,
        account_id=account.id,
        branch=account.branch,
        month=request.month,
        visited_on=request.visited_on,
        form_hash=request.form_hash,
        scores=scores,
        remarks=request.remarks,
        filed_by=who.user_id,
        received_at=who.now,
        received_on=who.today,
        decision=decision.to_plain(),
    )
    session.add(row)
    await session.flush()
    return row


async def file_minutes(
    session: AsyncSession, *, contact: Contact, request: NewMinutes, who: Whereabouts
) -> MeetingMinutes:
    """A9: the minutes of a meeting the customer called, once; raises NotACustomerMeeting, MinutesFiledAlready."""
    if contact.kind != ContactKind.customer_meeting:
        raise NotACustomerMeeting
    if await repository.has_minutes(session, contact_id=contact.id):
        raise MinutesFiledAlready
    row = MeetingMinutes(
        contact_id=contact.id,
        account_id=contact.account_id,
        file_hash=request.file_hash,
        filed_by=who.user_id,
        received_at=who.now,
        received_on=who.today,
    )
    session.add(row)
    await session.flush()
    return row


async def report_contact(
    session: AsyncSession, *, account: Account, month: str, person_id: str, who: Whereabouts
) -> ReportedContact:
    """A9: whom the branch names for an account in a month."""
    row = ReportedContact(
        id=str(new_id()),
        account_id=account.id,
        month=month,
        person_id=person_id,
        reported_by=who.user_id,
        reported_at=who.now,
        reported_on=who.today,
    )
    session.add(row)
    await session.flush()
    return row


async def reported_months(
    session: AsyncSession, *, account_ids: Collection[str], month: Period
) -> dict[str, ReportedMonth]:
    """All that came in for the month about each of these listed accounts."""
    forms = await repository.forms_of(session, account_ids=account_ids, month=month.key)
    meetings = await repository.meetings_of(session, account_ids=account_ids, month=month)
    contacts = await repository.reported_contacts_of(session, account_ids=account_ids, month=month.key)
    false_ones = await repository.falsified_of(session, account_ids=account_ids, month=month.key)
    found = {}
    for account_id in account_ids:
        form = forms.get(account_id)
        contact, since = contacts.get(account_id, (None, None))
        found[account_id] = ReportedMonth(
            month=month,
            is_key_account=True,
            form_id=form.id if form else None,
            form_on=form.received_on if form else None,
            meetings=tuple(meetings.get(account_id, ())),
            contact=contact,
            contact_on=since,
            falsified=account_id in false_ones,
        )
    return found
