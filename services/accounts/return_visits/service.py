"""Filing a month's papers, asking on the due day what is missing, and spot-checking forms (A9)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from secrets import token_hex

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.contacts.domain import ContactKind
from services.accounts.contacts.models import Contact
from services.accounts.contacts.repository import listed_accounts
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.flags.repository import rounds_done, take_round
from services.accounts.flags.rounds import periods_missed
from services.accounts.flags.service import Flagged, raise_flag
from services.accounts.happened import check_happened
from services.accounts.moves import moved
from services.accounts.programmes.repository import is_key_account
from services.accounts.return_visits import repository
from services.accounts.return_visits.domain import (
    FINDINGS,
    DrawnAlready,
    FiledAlready,
    Finding,
    FindingMove,
    MinutesFiledAlready,
    NotACustomerMeeting,
    NothingToCheck,
    NotTheChecker,
    OutsideTheMonth,
    Scale,
    check_scores,
    drawn,
    sample_size,
)
from services.accounts.return_visits.facts import FORM_FUNCTIONS, MONTH_FUNCTIONS, FiledForm, ReportedMonth
from services.accounts.return_visits.models import (
    MeetingMinutes,
    ReportedContact,
    ReturnVisit,
    SpotCheck,
    SpotCheckSample,
)
from services.accounts.return_visits.schemas import NewFinding, NewMinutes, NewReturnVisit, NewSample
from shared import audit
from shared.auth.principal import Principal
from shared.calendar import Period, day_start, local_day, period, period_of, preceding
from shared.ids import new_id
from shared.policy.compiled import PolicySet
from shared.policy.condition import FactTest, walk
from shared.policy.evaluation import Case
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

DUE, SPOT_CHECKED = "return_visit.due", "return_visit.spot_checked"
FORM_ROW, TERMS = "A9", "return-visit-terms"
DUE_ROUND = "return visits due"
FORM_DAY = "return_visit.form_day"


@dataclass(frozen=True, slots=True)
class Terms:
    """The scale of the scores, and how many forms which department checks."""

    scale: Scale
    share: Decimal
    least: int
    department: str


def terms_of(rules: Rulebook) -> Terms:
    """Raises NotGoverned."""
    row = rules.table(TERMS)[0]
    scale = Scale(int(str(row["lowest"])), int(str(row["highest"])))
    return Terms(scale, Decimal(str(row["share"])), int(str(row["least"])), str(row["checked_by"]))


def due_day(rules: Rulebook, month: Period) -> date:
    """The last day on which the month's form is in time: what the document asks of its day, weekends and all (A9)."""
    tests = (
        node
        for plan in rules.plans.asked_at(DUE)
        for node in walk(plan.document.require)
        if isinstance(node, FactTest) and node.fact == FORM_DAY and node.at_most is not None
    )
    test = next(tests, None)
    return month.last if test is None else month.first + timedelta(days=int(str(test.at_most)) - 1)


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


def end_of(day: date, zone: str) -> datetime:
    """The last instant of a local day."""
    return day_start(day + timedelta(days=1), zone) - timedelta(microseconds=1)


async def ask_what_is_due(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> int:
    """Once after each month's due day, the missed ones included: flag the listed accounts whose papers are not in.

    Returns how many.
    """
    today = local_day(now, zone)
    this_month = period_of("month", today)
    done = await rounds_done(session, job=DUE_ROUND)
    raised = 0
    for month in (*periods_missed(preceding(this_month), done=done), this_month):
        rules = Rulebook(policies.in_force(min(month.last, today)))
        due = due_day(rules, month)
        if today > due and await take_round(session, job=DUE_ROUND, period=month.key, now=now):
            raised += await flag_defaults(session, month=month, rules=rules, due=due, at=(now, zone))
    return raised


async def flag_defaults(
    session: AsyncSession, *, month: Period, rules: Rulebook, due: date, at: tuple[datetime, str]
) -> int:
    """Ask about every account listed on the due day, as of its end; returns how many flags are new."""
    now, zone = at
    listed = [row.id for row in await listed_accounts(session, on=due)]
    known = await reported_months(session, account_ids=listed, month=month)
    raised = 0
    for account_id, material in known.items():
        facts = FactsOf(MONTH_FUNCTIONS, material, zone)
        for decision in facts.ask(rules, DUE, Subject("account", account_id), end_of(due, zone)):
            raised += await raise_flag(session, flagged=Flagged(decision, account_id, month.key), now=now)
    return raised


async def draw_sample(
    session: AsyncSession, *, request: NewSample, caller: Principal, rules: Rulebook, who: Whereabouts
) -> SpotCheckSample:
    """A9: the month's forms to check, drawn once; raises NotTheChecker, DrawnAlready, NothingToCheck."""
    terms = terms_of(rules)
    require_checker(caller, terms)
    if await repository.sample_of_month(session, month=request.month) is not None:
        raise DrawnAlready
    population = await repository.ids_of_month(session, month=request.month)
    if not population:
        raise NothingToCheck
    row = SpotCheckSample(
        id=str(new_id()),
        month=request.month,
        seed=request.seed or token_hex(16),
        population=list(population),
        drawn_by=who.user_id,
        drawn_at=who.now,
    )
    session.add(row)
    await session.flush()
    size = sample_size(len(population), share=terms.share, least=terms.least)
    visits = await repository.visits_by_id(session, visit_ids=drawn(population, seed=row.seed, size=size))
    session.add_all(pending_check(row, visit) for visit in visits.values())
    await session.flush()
    return row


def pending_check(sample: SpotCheckSample, visit: ReturnVisit) -> SpotCheck:
    return SpotCheck(
        id=str(new_id()),
        sample_id=sample.id,
        return_visit_id=visit.id,
        branch=visit.branch,
        month=visit.month,
        finding=Finding.pending,
    )


def require_checker(caller: Principal, terms: Terms) -> None:
    """Raises NotTheChecker for anybody but the department that spot-checks."""
    if terms.department not in {holding.department for holding in caller.holdings}:
        raise NotTheChecker


async def record_finding(
    session: AsyncSession, *, check: SpotCheck, request: NewFinding, rules: Rulebook, who: Whereabouts
) -> SpotCheck:
    """A9: what the check found, once; a falsified form stands against its branch. Raises MoveNotAllowed."""
    move = FindingMove.confirm if request.truthful else FindingMove.falsify
    check.finding = moved(FINDINGS, Finding(check.finding), move)
    check.note, check.checked_by, check.checked_at = request.note, who.user_id, who.now
    await session.flush()
    detail = {"branch": check.branch, "month": check.month, "finding": check.finding}
    await audit.append(
        session, audit.Entry(who.now, who.user_id, "return_visit.spot_checked", f"spot_check/{check.id}", detail)
    )
    await ask_again(session, check=check, rules=rules, who=who)
    return check


async def ask_again(session: AsyncSession, *, check: SpotCheck, rules: Rulebook, who: Whereabouts) -> None:
    """The month is asked about once more, as of its due day, with what the check found."""
    visits = await repository.visits_by_id(session, visit_ids=[check.return_visit_id])
    account_id, month = visits[check.return_visit_id].account_id, period(check.month)
    due = due_day(rules, month)
    if not await is_key_account(session, account_id=account_id, on=due):
        return
    known = await reported_months(session, account_ids=[account_id], month=month)
    facts = FactsOf(MONTH_FUNCTIONS, known[account_id], who.zone)
    as_of = min(who.now, end_of(due, who.zone))
    for decision in facts.ask(rules, SPOT_CHECKED, Subject("account", account_id), as_of):
        if check.finding == Finding.falsified:
            await raise_flag(session, flagged=Flagged(decision, account_id, month.key), now=who.now)
