"""A dossier says who an account is, and how much of that is still missing (A1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from shared.errors import Conflict, FieldError, Forbidden, Problem, ValidationProblem, Words


class Channel(StrEnum):
    car_maker = "car_maker"
    modifier = "modifier"
    dealer = "dealer"
    wholesale_market = "wholesale_market"


class SalesClass(StrEnum):
    terminal = "terminal"
    wholesale = "wholesale"
    retail = "retail"


class PersonRole(StrEnum):
    legal_representative = "legal_representative"
    principal = "principal"
    main_contact = "main_contact"


class TeamDuty(StrEnum):
    account_rep = "account_rep"
    key_account_manager = "key_account_manager"
    branch_manager = "branch_manager"


class BranchOutOfReach(Forbidden):
    code = "branch_out_of_reach"
    title: ClassVar[Words] = {"en": "You do not act for this branch", "zh": "您无权代表该分公司"}

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/branch", self.code, self.title)])


class AccountMerged(Conflict):
    """Nothing new is written on an account that goes on as another."""

    code = "account_merged"
    title: ClassVar[Words] = {"en": "The account was merged into another", "zh": "该客户已合并到另一客户"}

    def __init__(self, account_id: str, into: str) -> None:
        said: Words = {
            "en": f"Account {account_id} goes on as account {into}: use that one.",
            "zh": f"客户{account_id}已并入客户{into}，请使用后者。",
        }
        super().__init__(said, merged_into=into)


class NumberTaken(Conflict):
    code = "number_taken"
    title: ClassVar[Words] = {"en": "The account number is taken", "zh": "客户编号已被占用"}


class AlreadyFrozen(Problem):
    status = 409
    code = "account_already_frozen"
    title: ClassVar[Words] = {"en": "The account is frozen already", "zh": "客户已处于冻结状态"}


class NotFrozen(Problem):
    status = 409
    code = "account_not_frozen"
    title: ClassVar[Words] = {"en": "The account is not frozen", "zh": "客户未冻结"}


class SharesDoNotAddUp(Problem):
    status = 422
    code = "shares_do_not_add_up"
    title: ClassVar[Words] = {"en": "The reps' shares must sum to one on every day", "zh": "业务员占比每日合计须为一"}


class DocumentExpired(ValidationProblem):
    """422 at `/expires_on`: what is over proves nothing, and is not filed."""

    def __init__(self, expires_on: date) -> None:
        said: Words = {"en": f"the document expired on {expires_on}", "zh": f"该文件已于{expires_on}到期"}
        super().__init__(errors=[FieldError("/expires_on", "document_expired", said)])


@dataclass(frozen=True, slots=True)
class ChecklistRow:
    """One field that a complete dossier holds, from the table `dossier-checklist`; no channel or class means every."""

    field: str
    group: str
    title: Words
    channels: frozenset[str] = frozenset()
    sales_classes: frozenset[str] = frozenset()

    def asks(self, *, channel: str, sales_class: str) -> bool:
        """Whether an account of that channel and sales-policy class needs the field."""
        return (not self.channels or channel in self.channels) and (
            not self.sales_classes or sales_class in self.sales_classes
        )


class SpansOverlap(ValidationProblem):
    """422 at the member whose days meet those of one before."""

    code = "spans_overlap"
    title: ClassVar[Words] = {"en": "A duty is held twice on one day", "zh": "同一职责在同一日重复"}

    def __init__(self, place: int, member: "TeamMember") -> None:
        said: Words = {
            "en": f"on days from {member.valid_from} on, {member.duty} is held already",
            "zh": f"自{member.valid_from}起的日期内，该职责已有人担任",
        }
        super().__init__(said, errors=[FieldError(f"/members/{place}/valid_from", self.code, said)])


class DaysWithoutRep(ValidationProblem):
    """422: from that day on the credit would be nobody's."""

    code = "days_without_rep"
    title: ClassVar[Words] = {"en": "Some days have no rep", "zh": "部分日期没有业务员"}

    def __init__(self, day: date) -> None:
        said: Words = {"en": f"from {day} on the account has no rep", "zh": f"自{day}起客户没有业务员"}
        super().__init__(said, errors=[FieldError("/members", self.code, said)])


@dataclass(frozen=True, slots=True)
class Completeness:
    """`share` is filled over required fields, unrounded; `missing` keeps the checklist's order."""

    share: Decimal
    missing: tuple[ChecklistRow, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the dossier, good on the days `[issued_on, expires_on]`; None where it doesn't say."""

    type: str
    expires_on: date | None
    issued_on: date | None = None

    def expired(self, on: date) -> bool:
        return self.expires_on is not None and self.expires_on < on

    def in_force(self, on: date) -> bool:
        return not self.expired(on) and (self.issued_on is None or self.issued_on <= on)


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Who works for the account on the days `[valid_from, valid_until)`; `share` is of the reps' credit (S-I1)."""

    user_id: str
    duty: TeamDuty
    share: Decimal
    valid_from: date
    valid_until: date | None

    def covers(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)

    def duty_meets(self, other: "TeamMember") -> bool:
        """On some day both hold a duty that only one of them can hold."""
        alone = self.user_id == other.user_id or self.duty is not TeamDuty.account_rep
        return self.duty is other.duty and alone and (self.covers(other.valid_from) or other.covers(self.valid_from))


PERSON_FIELDS = ("title", "education", "birth_date", "interests", "family_notes")


def completeness(filled: Mapping[str, bool], checklist: Sequence[ChecklistRow]) -> Completeness:
    """A1: which fields of the checklist are filled; an empty checklist asks for nothing and is complete."""
    missing = tuple(row for row in checklist if not filled.get(row.field, False))
    if not checklist:
        return Completeness(Decimal(1), ())
    return Completeness(Decimal(len(checklist) - len(missing)) / len(checklist), missing)


def filled_fields(
    account: Mapping[str, Any], people: Sequence[Mapping[str, Any]], papers: Iterable[Paper], on: date
) -> dict[str, bool]:
    """Each field a checklist may name, and whether the dossier holds it.

    Neither a document that has expired nor a person who has left by then counts.
    """
    held = {name: value not in (None, "") for name, value in account.items()}
    people = [person for person in people if person.get("left_on") is None or on < person["left_on"]]
    roles = {person["role"] for person in people}
    held["legal_representative"] = PersonRole.legal_representative in roles
    held["principals"] = PersonRole.principal in roles
    held["main_contact"] = PersonRole.main_contact in roles
    for name in PERSON_FIELDS:
        held[f"person_{name}"] = bool(people) and all(person.get(name) not in (None, "") for person in people)
    return held | {paper.type: True for paper in papers if paper.in_force(on)}


def check_team(members: Sequence[TeamMember]) -> None:
    """S-I1: from the first rep's first day on, the reps' shares sum to exactly one on every day.

    Nobody has the same duty twice on one day, and an account has one manager of a kind at a time.
    Raises SpansOverlap, DaysWithoutRep, SharesDoNotAddUp.
    """
    for place, later in enumerate(members):
        if any(earlier.duty_meets(later) for earlier in members[:place]):
            raise SpansOverlap(place, later)
    reps = [member for member in members if member.duty is TeamDuty.account_rep]
    for day in sorted({rep.valid_from for rep in reps} | {rep.valid_until for rep in reps if rep.valid_until}):
        standing = [rep.share for rep in reps if rep.covers(day)]
        if not standing:
            raise DaysWithoutRep(day)
        if sum(map(Fraction, standing)) != 1:  # exactly: a sum of Decimals forgets what lies 28 digits down
            total = sum(standing, Decimal(0))
            raise SharesDoNotAddUp(
                {
                    "en": f"From {day} on the shares of the account's reps sum to {total}, not to 1.",
                    "zh": f"自{day}起客户代表的份额合计为{total}，应为1。",
                }
            )
