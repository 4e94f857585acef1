"""What pricing must know of an account on a day: its branch, class, election, list membership and salespeople."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from services.pricing.orders.domain import Share
from shared.events.accounts import (
    AccountEvent,
    AccountFrozen,
    AccountUnfrozen,
    ClassChanged,
    Dossier,
    ElectionMade,
    KeyAccountListAgreed,
    TeamChanged,
)

Choice = Literal["subsidy", "discount", "none"]
SELLS = "account_rep"


class Dated(Protocol):
    """Something in force on the local days `[valid_from, valid_until)`."""

    @property
    def valid_from(self) -> date: ...
    @property
    def valid_until(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Election:
    id: str
    programme: str
    choice: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Grade:
    grade: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    list_id: str
    listed: bool
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Member:
    user_id: str
    duty: str
    share: str
    valid_from: date
    valid_until: date | None = None


D = TypeVar("D", bound=Dated)


def on_day(entries: Iterable[D], day: date) -> list[D]:
    """Those in force on a local day, the latest word last."""
    return [
        entry for entry in entries if entry.valid_from <= day and (entry.valid_until is None or day < entry.valid_until)
    ]


@dataclass(frozen=True, slots=True)
class Account:
    """One account with everything dated about it; later entries of a list were said later."""

    id: UUID
    number: str
    branch: str
    industrial: bool = False
    frozen: bool = False
    team: tuple[Member, ...] = ()
    elections: tuple[Election, ...] = ()
    classes: tuple[Grade, ...] = ()
    listings: tuple[Listing, ...] = ()

    def election(self, day: date) -> Choice:
        """The P4 branch elected for that day; none where there is no election (A12)."""
        found = on_day((one for one in self.elections if one.programme == "p4"), day)
        if not found:
            return "none"
        return "discount" if found[-1].choice == "discount" else "subsidy"

    def class_on(self, day: date) -> str | None:
        found = on_day(self.classes, day)
        return found[-1].grade if found else None

    def is_key_account(self, day: date) -> bool:
        """The list agreed for that half year names it (A4)."""
        found = on_day(self.listings, day)
        return bool(found) and found[-1].listed

    def salespeople(self, day: date) -> tuple[Share, ...]:
        """Who sells to it on that day, with shares that sum to one (S-I1)."""
        return tuple(Share(member.user_id, member.share) for member in on_day(self.team, day) if member.duty == SELLS)


def applied(account: Account | None, event: AccountEvent) -> Account | None:
    """The account after one more fact of its owner; a fact before its dossier leaves nothing to know yet."""
    if isinstance(event, Dossier):
        known = account or Account(UUID(event.account_id), event.number, event.branch)
        return replace(known, number=event.number, branch=event.branch, industrial=event.industrial)
    return None if account is None else _changed(account, event)


def _changed(account: Account, event: AccountEvent) -> Account:
    match event:
        case AccountFrozen():
            return replace(account, frozen=True)
        case AccountUnfrozen():
            return replace(account, frozen=False)
        case TeamChanged():
            members = (Member(m.user_id, m.duty, m.share, m.valid_from, m.valid_until) for m in event.members)
            return replace(account, team=tuple(members))
        case ClassChanged():
            grade = Grade(event.grade, event.valid_from, event.valid_until)
            return replace(account, classes=(*account.classes, grade))
        case ElectionMade():
            return replace(account, elections=_with_election(account.elections, event))
        case KeyAccountListAgreed():
            listing = Listing(event.list_id, event.listed, event.valid_from, event.valid_until)
            kept = (known for known in account.listings if known.list_id != event.list_id)
            return replace(account, listings=(*kept, listing))
        case _:
            return account


def _with_election(known: Iterable[Election], event: ElectionMade) -> tuple[Election, ...]:
    """The one it replaces ends where the new one begins."""
    kept = (
        replace(one, valid_until=min(one.valid_until, event.valid_from)) if one.id == event.replaces else one
        for one in known
        if one.id != event.election_id
    )
    made = Election(event.election_id, event.programme, event.choice, event.valid_from, event.valid_until)
    return (*kept, made)
