"""What pricing must know of an account on a day, from its branch to its salespeople, and of what it contracted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from services.pricing.lines import Share

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
    proposal_id: str
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


@dataclass(frozen=True, slots=True)
class Tier:
    """A membership tier from a day on; none for an account that left the programme (A6)."""

    tier: str | None
    valid_from: date


@dataclass(frozen=True, slots=True)
class Merge:
    """Another account, by id and number, goes on for this one from `at` on."""

    into: UUID
    number: str
    at: datetime


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
    tiers: tuple[Tier, ...] = ()
    merged: Merge | None = None
    channel: str | None = None
    sales_class: str | None = None

    def election(self, day: date) -> Choice:
        """The P4 branch elected for that day; none where there is no election (A12)."""
        found = on_day((one for one in self.elections if one.programme == "p4"), day)
        if not found:
            return "none"
        return "discount" if found[-1].choice == "discount" else "subsidy"

    def class_on(self, day: date) -> str | None:
        """The last one told; one set by hand, which alone has an end, stands above what was rated (A5)."""
        found = on_day(self.classes, day)
        by_hand = [entry for entry in found if entry.valid_until is not None]
        return (by_hand or found)[-1].grade if found else None

    def tier_on(self, day: date) -> str | None:
        """None for an account that is no member on that day."""
        begun = [entry for entry in self.tiers if entry.valid_from <= day]
        return begun[-1].tier if begun else None

    def is_key_account(self, day: date) -> bool:
        """The list agreed for that half year names it (A4)."""
        found = on_day(self.listings, day)
        return bool(found) and found[-1].listed

    def salespeople(self, day: date) -> tuple[Share, ...]:
        """Who sells to it on that day, with shares that sum to one (S-I1)."""
        return tuple(Share(member.user_id, member.share) for member in on_day(self.team, day) if member.duty == SELLS)


class ContractState(StrEnum):
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SIGNED = "signed"
    ACTIVE = "active"


# Whether what is told of a contract counts against one that is signed; each state says so, or the contract is no use.
COUNTS_AT_ONCE: Mapping[ContractState, bool] = {
    ContractState.SUBMITTED: False,
    ContractState.APPROVED: False,
    ContractState.SIGNED: True,
    ContractState.ACTIVE: True,
}


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What one revision of a contract limits on the local days `[valid_from, valid_until)`.

    By SKU, `quantities` in pieces and `amounts` in minor units, net of everything, of all its lines together.
    """

    currency: str
    quantities: Mapping[str, int]
    amounts: Mapping[str, int]
    valid_from: date | None = None
    valid_until: date | None = None

    def in_force(self, day: date) -> bool:
        """A side that is left open does not limit."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract in the revision that counts; without terms where it was told before they were kept."""

    id: UUID
    account_id: UUID
    quote_id: UUID | None
    state: ContractState
    revision: int
    terms: ContractTerms | None

    def followed_by(self, later: "Contract") -> "Contract":
        """A signed contract counts as it was signed until an amendment is signed too."""
        return self if COUNTS_AT_ONCE[self.state] and not COUNTS_AT_ONCE[later.state] else later
