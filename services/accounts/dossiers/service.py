"""What happens to a dossier; each change and its event are one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.banking.models import BankAccount
from services.accounts.banking.repository import bank_accounts
from services.accounts.branches import UnknownBranch
from services.accounts.dossiers import repository
from services.accounts.dossiers.checklist import measure_dossiers
from services.accounts.dossiers.domain import (
    AlreadyFrozen,
    BranchOutOfReach,
    ChecklistRow,
    Completeness,
    DocumentExpired,
    NotFrozen,
    NumberTaken,
    Paper,
)
from services.accounts.dossiers.models import Account, AccountPaper, AccountPerson, TeamRow
from services.accounts.dossiers.schemas import (
    AccountChange,
    DossierFields,
    NewAccount,
    NewDocument,
    NewPerson,
    PersonChange,
)
from services.accounts.duplicates.service import look_for_duplicates
from services.accounts.happened import check_all_happened
from services.accounts.staff import require_staff
from shared.audit import Entry, append
from shared.auth.principal import Reach
from shared.calendar import local_day
from shared.events.accounts import AccountChanged, AccountFrozen, AccountOpened, AccountUnfrozen, Licence
from shared.ids import new_id
from shared.money import Money
from shared.outbox import record

LICENCE = "business_licence"
RECOGNISED_BY = {"legal_name", "phone"}
FREEZING = {True: (AlreadyFrozen, AccountFrozen), False: (NotFrozen, AccountUnfrozen)}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Who acts, how far he reaches, and when; days are local ones of the zone."""

    user_id: str
    reach: Reach
    now: datetime
    zone: str

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)


@dataclass(frozen=True, slots=True)
class WholeDossier:
    """Everything on file about an account, and how complete it is."""

    account: Account
    people: Sequence[AccountPerson]
    papers: Sequence[AccountPaper]
    banking: Sequence[BankAccount]
    team: Sequence[TeamRow]
    completeness: Completeness


async def open_account(
    session: AsyncSession, *, request: NewAccount, branches: Collection[str], who: Whereabouts
) -> Account:
    """A1: a new dossier in one of the house's branches that one acts for.

    Raises UnknownBranch, BranchOutOfReach, or Conflict where the number is taken.
    """
    if request.branch not in branches:
        raise UnknownBranch(request.branch)
    if not who.reach.covers(branch=request.branch):
        raise BranchOutOfReach
    check_all_happened({"/filed_on": request.filed_on, "/founded_on": request.founded_on}, today=who.today)
    await _require_developer(session, request)
    number = await _free_number(session, wanted=request.number)
    account = Account(
        id=str(new_id()),
        version=1,
        number=number,
        filed_on=request.filed_on or who.today,
        legal_name=request.legal_name,
        branch=request.branch,
        channel=request.channel,
        sales_class=request.sales_class,
        industrial=request.industrial,
        frozen=False,
        opened_at=who.now,
        **own_columns(request, request.model_dump(include=set(DossierFields.model_fields))),
    )
    session.add(account)
    await session.flush()
    record(session, AccountOpened(occurred_at=who.now, **profile(account, licence=None)))
    await look_for_duplicates(session, account_ids=[account.id], now=who.now)
    return account


async def _free_number(session: AsyncSession, *, wanted: str | None) -> str:
    """The number that is wanted, or the next one that nobody took by hand. Raises NumberTaken."""
    if wanted is not None:
        if await repository.number_taken(session, number=wanted):
            raise NumberTaken({"en": f"Account number {wanted} is taken.", "zh": f"客户编号{wanted}已被占用。"})
        return wanted
    number = await repository.next_number(session)
    while await repository.number_taken(session, number=number):
        number = await repository.next_number(session)
    return number


async def _require_developer(session: AsyncSession, request: DossierFields) -> None:
    """A person of the house, whether or not still here: who developed a customer stays so (R3)."""
    if request.developer is not None:
        await require_staff(session, named={"/developer": request.developer}, working={})


async def change_account(session: AsyncSession, *, account: Account, request: AccountChange, who: Whereabouts) -> None:
    """Take over the fields that were sent; the account is already locked by the caller's version."""
    check_all_happened({"/founded_on": request.founded_on}, today=who.today)
    await _require_developer(session, request)
    for name, value in own_columns(request, request.model_dump(exclude_unset=True)).items():
        setattr(account, name, value)
    await tell_profile(session, account=account, who=who)
    if request.model_fields_set & RECOGNISED_BY:
        await look_for_duplicates(session, account_ids=[account.id], now=who.now)


async def add_person(session: AsyncSession, *, account: Account, request: NewPerson, today: date) -> AccountPerson:
    """Raises NotYetHappened for a birth to come."""
    check_all_happened({"/birth_date": request.birth_date}, today=today)
    person = AccountPerson(id=str(new_id()), account_id=account.id, **request.model_dump())
    session.add(person)
    return person


async def change_person(session: AsyncSession, *, person: AccountPerson, request: PersonChange, today: date) -> None:
    """Take over the fields that were sent. Raises NotYetHappened for a birth to come."""
    check_all_happened({"/birth_date": request.birth_date}, today=today)
    for name, value in request.model_dump(exclude_unset=True).items():
        setattr(person, name, value)


async def reveal_family_notes(
    session: AsyncSession, *, person: AccountPerson, purpose: str, who: Whereabouts
) -> str | None:
    """The notes in clear; who read them and what for is kept in the same transaction (A1)."""
    detail = {"person_id": person.id, "purpose": purpose}
    subject = f"account/{person.account_id}"
    await append(session, Entry(who.now, who.user_id, "family_notes.revealed", subject, detail))
    return person.family_notes


async def add_paper(session: AsyncSession, *, account: Account, request: NewDocument, who: Whereabouts) -> AccountPaper:
    """File a document; a licence is told to the others, who check it before contracts (C1).

    Raises DocumentExpired, NotYetHappened for one to be issued later.
    """
    check_all_happened({"/issued_on": request.issued_on}, today=who.today)
    if request.expires_on is not None and request.expires_on < who.today:
        raise DocumentExpired(request.expires_on)
    paper = AccountPaper(id=str(new_id()), account_id=account.id, **request.model_dump())
    session.add(paper)
    await session.flush()
    if paper.type == LICENCE:
        await tell_profile(session, account=account, who=who)
        await look_for_duplicates(session, account_ids=[account.id], now=who.now)
    return paper


async def set_frozen(session: AsyncSession, *, account: Account, frozen: bool, reason: str, who: Whereabouts) -> None:
    """S-I3: while frozen its rewards pend, and it places no orders. Raises AlreadyFrozen, NotFrozen."""
    refusal, event = FREEZING[frozen]
    if account.frozen is frozen:
        raise refusal
    account.frozen = frozen
    record(session, event(occurred_at=who.now, account_id=account.id, reason=reason, on=who.today))


async def read_dossier(
    session: AsyncSession, *, account: Account, checklist: Sequence[ChecklistRow], on: date
) -> WholeDossier:
    """A1: the file as of a day, measured against the checklist."""
    measured = await measure_dossiers(session, accounts=[account], checklist=checklist, on=on)
    return WholeDossier(
        account,
        await repository.people_of(session, account_ids=[account.id]),
        await repository.papers_of(session, account_ids=[account.id]),
        await bank_accounts(session, account_id=account.id),
        await repository.team(session, account_id=account.id),
        measured[account.id],
    )


async def tell_profile(session: AsyncSession, *, account: Account, who: Whereabouts) -> None:
    papers = await repository.papers_of(session, account_ids=[account.id])
    licence = latest_licence([paper for paper in papers if paper.type == LICENCE], on=who.today)
    record(session, AccountChanged(occurred_at=who.now, **profile(account, licence=licence)))


def latest_licence(licences: Sequence[AccountPaper], *, on: date) -> AccountPaper | None:
    """The licence that counts (C1): of those in force, else of all, the one issued last.

    Of those that don't say when they were issued the one that ends last; between the two, the one filed last.
    """
    good = [one for one in licences if Paper(one.type, one.expires_on, one.issued_on).in_force(on)] or licences
    dated = [one for one in good if one.issued_on is not None]
    undated = [one for one in good if one.issued_on is None]
    best = [
        max(dated, key=lambda one: (one.issued_on, one.expires_on or date.max, one.id), default=None),
        max(undated, key=lambda one: (one.expires_on or date.min, one.id), default=None),
    ]
    return max(filter(None, best), key=lambda one: one.id, default=None)


def profile(account: Account, *, licence: AccountPaper | None) -> dict[str, Any]:
    """What other services may know of an account: never a person, never a bank detail."""
    told = (
        Licence(number=licence.number, expires_on=licence.expires_on, file_hash=licence.file_hash) if licence else None
    )
    return {
        "account_id": account.id,
        "number": account.number,
        "legal_name": account.legal_name,
        "branch": account.branch,
        "channel": account.channel,
        "sales_class": account.sales_class,
        "industry": account.industry,
        "industrial": account.industrial,
        "licence": told,
    }


def own_columns(request: DossierFields, sent: dict[str, Any]) -> dict[str, Any]:
    """The request's fields as columns: capital in minor units of its currency."""
    if "registered_capital" in sent:
        capital = request.registered_capital
        money = Money.parse(capital.amount, capital.currency) if capital else None
        sent.pop("registered_capital")
        sent["registered_capital_minor"] = money.amount_minor if money else None
        sent["registered_capital_currency"] = money.currency if money else None
    return sent
