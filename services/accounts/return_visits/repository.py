"""Queries over return visits; a person's reach is part of the query."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.contacts.domain import ContactKind
from services.accounts.contacts.models import Contact
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.return_visits.domain import Finding
from services.accounts.return_visits.facts import Meeting
from services.accounts.return_visits.models import (
    MeetingMinutes,
    ReportedContact,
    ReturnVisit,
    SpotCheck,
    SpotCheckSample,
)
from shared.auth.principal import Reach
from shared.calendar import Period
from shared.errors import NotFound


def visits_within(reach: Reach) -> Select[ReturnVisit]:
    return select(ReturnVisit).join(Account, Account.id == ReturnVisit.account_id).where(seen_by(reach))


def checks_within(reach: Reach) -> Select[SpotCheck]:
    """Spot checks of the forms the caller may see."""
    joined = select(SpotCheck).join(ReturnVisit, ReturnVisit.id == SpotCheck.return_visit_id)
    return joined.join(Account, Account.id == ReturnVisit.account_id).where(seen_by(reach))


async def return_visit(session: AsyncSession, *, visit_id: str, reach: Reach) -> ReturnVisit:
    found: ReturnVisit | None = await session.scalar(visits_within(reach).where(ReturnVisit.id == visit_id))
    if found is None:
        raise NotFound({"en": f"There is no return visit {visit_id}.", "zh": f"没有回访{visit_id}。"})
    return found


async def is_filed(session: AsyncSession, *, account_id: str, month: str) -> bool:
    query = select(ReturnVisit.id).where(ReturnVisit.account_id == account_id, ReturnVisit.month == month)
    return await session.scalar(query) is not None


async def has_minutes(session: AsyncSession, *, contact_id: str) -> bool:
    return await session.get(MeetingMinutes, contact_id) is not None


async def contact(session: AsyncSession, *, contact_id: str, reach: Reach) -> Contact:
    """A contact the caller may see, locked so that its minutes are filed once; raises NotFound."""
    query = select(Contact).join(Account, Account.id == Contact.account_id)
    query = query.where(Contact.id == contact_id, seen_by(reach)).with_for_update(of=Contact)
    found: Contact | None = await session.scalar(query)
    if found is None:
        raise NotFound({"en": f"There is no contact {contact_id}.", "zh": f"没有联系记录{contact_id}。"})
    return found


async def forms_of(session: AsyncSession, *, account_ids: Collection[str], month: str) -> dict[str, ReturnVisit]:
    """The month's forms by account."""
    query = select(ReturnVisit).where(ReturnVisit.account_id.in_(account_ids), ReturnVisit.month == month)
    return {row.account_id: row for row in await session.scalars(query)}


async def meetings_of(
    session: AsyncSession, *, account_ids: Collection[str], month: Period
) -> dict[str, list[Meeting]]:
    """The meetings customers called in the month, with the day their minutes came in, by account."""
    query = select(Contact, MeetingMinutes.received_on)
    query = query.outerjoin(MeetingMinutes, MeetingMinutes.contact_id == Contact.id).where(
        Contact.account_id.in_(account_ids),
        Contact.kind == ContactKind.customer_meeting,
        Contact.on_day >= month.first,
        Contact.on_day < month.until,
    )
    found: dict[str, list[Meeting]] = {}
    for row, minutes_on in await session.execute(query.order_by(Contact.on_day, Contact.id)):
        found.setdefault(row.account_id, []).append(Meeting(row.id, row.on_day, minutes_on))
    return found


async def reported_contacts_of(
    session: AsyncSession, *, account_ids: Collection[str], month: str
) -> dict[str, tuple[str, date]]:
    """Who was named for each account for the month and since when, by account; the first report starts it."""
    query = select(ReportedContact).where(ReportedContact.account_id.in_(account_ids), ReportedContact.month == month)
    found: dict[str, tuple[str, date]] = {}
    for row in await session.scalars(query.order_by(ReportedContact.id)):
        first = found[row.account_id][1] if row.account_id in found else row.reported_on
        found[row.account_id] = row.person_id, first
    return found


async def falsified_of(session: AsyncSession, *, account_ids: Collection[str], month: str) -> set[str]:
    """The accounts whose form of the month a spot check found false."""
    query = select(ReturnVisit.account_id).join(SpotCheck, SpotCheck.return_visit_id == ReturnVisit.id)
    query = query.where(
        ReturnVisit.account_id.in_(account_ids), ReturnVisit.month == month, SpotCheck.finding == Finding.falsified
    )
    return set(await session.scalars(query))


async def falsified_by_branch(
    session: AsyncSession, *, months: Collection[str], known_at: datetime
) -> Mapping[str, Sequence[SpotCheck]]:
    """What stood against each branch of these months at an instant (A9, KPI)."""
    query = select(SpotCheck).where(
        SpotCheck.month.in_(months), SpotCheck.finding == Finding.falsified, SpotCheck.checked_at <= known_at
    )
    found: dict[str, list[SpotCheck]] = {}
    for row in await session.scalars(query.order_by(SpotCheck.id)):
        found.setdefault(row.branch, []).append(row)
    return found


async def ids_of_month(session: AsyncSession, *, month: str) -> Sequence[str]:
    """The forms filed for a month, in the order of their ids."""
    query = select(ReturnVisit.id).where(ReturnVisit.month == month).order_by(ReturnVisit.id)
    return (await session.scalars(query)).all()


async def visits_by_id(session: AsyncSession, *, visit_ids: Collection[str]) -> dict[str, ReturnVisit]:
    query = select(ReturnVisit).where(ReturnVisit.id.in_(visit_ids))
    return {row.id: row for row in await session.scalars(query)}


async def sample_of_month(session: AsyncSession, *, month: str) -> SpotCheckSample | None:
    found: SpotCheckSample | None = await session.scalar(select(SpotCheckSample).where(SpotCheckSample.month == month))
    return found


async def sample(session: AsyncSession, *, sample_id: str) -> SpotCheckSample:
    found = await session.get(SpotCheckSample, sample_id)
    if found is None:
        raise NotFound({"en": f"There is no sample {sample_id}.", "zh": f"没有抽查样本{sample_id}。"})
    return found


async def checks_of_sample(session: AsyncSession, *, sample_id: str) -> Sequence[SpotCheck]:
    query = select(SpotCheck).where(SpotCheck.sample_id == sample_id).order_by(SpotCheck.id)
    return (await session.scalars(query)).all()


async def locked_check(session: AsyncSession, *, check_id: str) -> SpotCheck:
    found: SpotCheck | None = await session.scalar(select(SpotCheck).where(SpotCheck.id == check_id).with_for_update())
    if found is None:
        raise NotFound({"en": f"There is no spot check {check_id}.", "zh": f"没有抽查{check_id}。"})
    return found
