"""What the others need to know of a key account: its dossier, team, class, elections and list membership."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from shared.events.envelope import Contents, Event, Instant


class AccountEvent(Event):
    topic = "accounts.v1"
    aggregate = "account"

    account_id: str

    def aggregate_id(self) -> str:
        return self.account_id


class Licence(Contents):
    number: str
    expires_on: dt.date | None = None
    file_hash: str | None = None


class TeamMember(Contents):
    """`share` is the decimal part of the account's credit, "1" for the whole."""

    user_id: str
    duty: Literal["account_rep", "key_account_manager", "branch_manager"]
    share: str = "1"
    valid_from: dt.date
    valid_until: dt.date | None = None


class Dossier(AccountEvent):
    number: str
    legal_name: str
    branch: str
    channel: str
    sales_class: str
    industry: str | None = None
    industrial: bool
    currency: str | None = None
    licence: Licence | None = None


class AccountOpened(Dossier):
    """A dossier was opened."""


class AccountChanged(Dossier):
    """The whole dossier as it now is."""


class AccountFrozen(AccountEvent):
    reason: str
    on: dt.date


class AccountUnfrozen(AccountEvent):
    reason: str
    on: dt.date


class AccountsMerged(AccountEvent):
    """From then on `into_account_id` goes on for this account; what was before stays with each."""

    merge_id: str
    into_account_id: str
    into_number: str


class AccountsParted(AccountEvent):
    """A merge was undone: from then on each account goes on for itself."""

    merge_id: str
    into_account_id: str


class TeamChanged(AccountEvent):
    """The whole team, past and present members, as it now is."""

    members: tuple[TeamMember, ...]
    developer: str | None = None


class ClassProposed(AccountEvent):
    proposal_id: str
    grade: str
    as_of: dt.date


class ClassChanged(AccountEvent):
    grade: str
    valid_from: dt.date
    valid_until: dt.date | None = None
    proposal_id: str


class SegmentChanged(AccountEvent):
    """Core, potential or general from a day on (A3)."""

    segment: str
    valid_from: dt.date


class TierChanged(AccountEvent):
    """Another membership tier from a day on; none for an account that left the programme (A6).

    What was told last of the days from `valid_from` on holds.
    """

    tier: str | None = None
    valid_from: dt.date


class ElectionMade(AccountEvent):
    """The account chose one branch of a programme for a time; `replaces` names the election it ends.

    `elected_by` refers to the election that names the person: a name is personal data and stays where it is kept.
    """

    election_id: str
    programme: str
    choice: str
    valid_from: dt.date
    valid_until: dt.date
    elected_by: str
    replaces: str | None = None


class KeyAccountListAgreed(AccountEvent):
    """A half-year's list was agreed and names this account, or drops it."""

    list_id: str
    listed: bool
    valid_from: dt.date
    valid_until: dt.date


class SalesTargetSet(Event):
    """A sales plan of a rep, a manager, a branch (`scope_id` its name) or an account; it replaces the period's last.

    The days are `[valid_from, valid_until)`.
    """

    topic = "accounts.v1"
    aggregate = "sales_target"

    target_id: str
    scope: Literal["rep", "manager", "branch", "account"]
    scope_id: str
    period: str
    valid_from: dt.date
    valid_until: dt.date
    amount_minor: int
    currency: str

    def aggregate_id(self) -> str:
        return f"{self.scope}:{self.scope_id}"

    def partition_key(self) -> str:
        return self.scope_id


class KpiWarningRaised(Event):
    """A KPI (a fact's name, or "appraisal" for the whole score) ended a period under its threshold; once for each."""

    topic = "accounts.v1"
    aggregate = "kpi"

    warning_id: str
    kpi: str
    scope: Literal["rep", "manager", "branch", "employee"]
    scope_id: str
    period: str
    policy: str
    code: str
    value: str
    light: str

    def aggregate_id(self) -> str:
        return f"{self.scope}:{self.scope_id}"

    def partition_key(self) -> str:
        return self.scope_id


class ProgrammeJoined(AccountEvent):
    """The account takes part in a programme from a day on; the years of the programme count from it."""

    membership_id: str
    programme: str
    valid_from: dt.date


class ProgrammeLeft(AccountEvent):
    """The account's membership ended: `valid_until` is the first day it no longer covers."""

    membership_id: str
    programme: str
    valid_from: dt.date
    valid_until: dt.date
    reason: str


class ComplaintOpened(AccountEvent):
    """A customer complained; what about is for the house alone."""

    complaint_id: str
    branch: str
    owner: str
    resolve_by: Instant
    order_id: str | None = None


class ComplaintResolved(AccountEvent):
    complaint_id: str
    owner: str
    caused_by_us: bool
    opened_on: dt.date
    on_time: bool


class CareDue(AccountEvent):
    """Somebody of the account is to be thought of soon; who, says the dossier to those who may read it."""

    person_id: str
    occasion: Literal["birthday"]
    on: dt.date


class CaseEvent(Event):
    """A development case that ended; it has an account from the dossier on."""

    topic = "accounts.v1"
    aggregate = "case"

    case_id: str
    account_id: str | None = None
    branch: str
    picked_by: str
    picked_on: dt.date
    on: dt.date

    def aggregate_id(self) -> str:
        return self.case_id

    def partition_key(self) -> str:
        return self.account_id or self.case_id


class DevelopmentCaseWon(CaseEvent):
    """Whoever picked the candidate developed the customer."""


class DevelopmentCaseLost(CaseEvent):
    """The candidate was given up."""


EVENTS = (
    AccountOpened,
    AccountChanged,
    AccountFrozen,
    AccountUnfrozen,
    AccountsMerged,
    AccountsParted,
    TeamChanged,
    ClassProposed,
    ClassChanged,
    SegmentChanged,
    TierChanged,
    ElectionMade,
    KeyAccountListAgreed,
    SalesTargetSet,
    KpiWarningRaised,
    ProgrammeJoined,
    ProgrammeLeft,
    ComplaintOpened,
    ComplaintResolved,
    CareDue,
    DevelopmentCaseWon,
    DevelopmentCaseLost,
)
