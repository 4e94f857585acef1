"""When one account may be merged into another, and when that may be undone (S-I2)."""

from dataclasses import dataclass
from typing import ClassVar

from services.accounts.dossiers.domain import AccountMerged
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
