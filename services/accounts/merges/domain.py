"""When one account may be merged into another, when that may be undone, and who goes on for it (S-I2)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from services.accounts.dossiers.domain import AccountMerged
from shared.calendar import local_day
from shared.errors import Conflict, FieldError, ValidationProblem, Words


class SameAccount(ValidationProblem):
    """422 at `/into_account_id`."""

    def __init__(self) -> None:
        said: Words = {"en": "an account is not merged into itself", "zh": "客户不能合并到自身"}
        super().__init__(errors=[FieldError("/into_account_id", "same_account", said)])


class FrozenAccount(Conflict):
    code = "account_frozen"
    title: ClassVar[Words] = {"en": "A frozen account is not merged away", "zh": "冻结的客户不能被合并"}


class MergeUndone(Conflict):
    code = "merge_undone"
    title: ClassVar[Words] = {"en": "The merge was undone before", "zh": "该合并已撤销"}


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a merge; `merged_into` names the account that continues it already."""

    account_id: str
    frozen: bool
    merged_into: str | None


def check_merge(absorbed: Party, into: Party) -> None:
    """Raises SameAccount, AccountMerged for a side that is merged already, FrozenAccount.

    A freeze would end unnoticed if what it froze went on under another account.
    """
    if absorbed.account_id == into.account_id:
        raise SameAccount
    for party in (absorbed, into):
        if party.merged_into is not None:
            raise AccountMerged(party.account_id, party.merged_into)
    if absorbed.frozen:
        raise FrozenAccount


@dataclass(frozen=True, slots=True)
class Heirs:
    """Who goes on for accounts that were merged: `(heir, since)` by account."""

    merges: Mapping[str, tuple[str, datetime]]

    def of(self, account_id: str, at: datetime) -> str:
        """The account that a fact of that moment belongs to."""
        while account_id in self.merges and at >= self.merges[account_id][1]:
            account_id = self.merges[account_id][0]
        return account_id

    @property
    def last(self) -> frozenset[str]:
        """The accounts that go on in the end."""
        return frozenset(heir for heir, _ in self.merges.values()) - self.merges.keys()

    def parts_of(self, account_id: str, span: tuple[date, date], zone: str) -> Iterator[tuple[str, tuple[date, date]]]:
        """What of a span of local days `[from, until)` is whose: until the merge its own, then its heir's."""
        first, until = span
        while account_id in self.merges:
            heir, since = self.merges[account_id]
            turn = min(max(first, local_day(since, zone)), until)
            if first < turn:
                yield account_id, (first, turn)
            account_id, first = heir, turn
        if first < until:
            yield account_id, (first, until)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` until `until`, where it was undone, another account went on."""

    heir: str
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Courses:
    """The stretches of accounts in which others went on for them, undone ones too."""

    stretches: Mapping[str, Sequence[Stretch]]

    def of(self, account_id: str, at: datetime) -> str:
        """The account that a fact of that moment belongs to, however late it is told (S-I2, S-D1)."""
        found = [one.heir for one in self.stretches.get(account_id, ()) if one.holds(at)]
        return self.of(found[0], at) if found else account_id
