"""Whose sale a quote is: the account's team of the day, or who may say otherwise says; shares sum to one (S-I1)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import Account
from services.pricing.lines import Share
from shared.auth.principal import Principal
from shared.db.mechanisms import person
from shared.errors import FieldError, ValidationProblem, Words

CREDITING = "quotes.credit"
FIELD = "/salespeople"


class WrongSalespeople(ValidationProblem):
    code = "wrong_salespeople"
    title: ClassVar[Words] = {"en": "It cannot be their sale", "zh": "销售人员归属有误"}


async def check_credit(
    session: AsyncSession, named: Sequence[Share], account: Account, *, caller: Principal, day: date
) -> None:
    """Nobody named means the team of the day. Raises WrongSalespeople."""
    if not named or _as_shares(named) == _as_shares(account.salespeople(day)):
        return
    errors = [*_wrong_shares(named), *_strangers(named, await _people_here(session, named, day))]
    if not caller.reach(CREDITING).covers(branch=account.branch):
        errors.append(FieldError(FIELD, "not_the_team", NOT_THE_TEAM))
    if errors:
        raise WrongSalespeople(errors=errors)


def _as_shares(named: Sequence[Share]) -> list[tuple[str, Decimal]]:
    return sorted((one.user_id, Decimal(one.share)) for one in named)


def _wrong_shares(named: Sequence[Share]) -> Iterator[FieldError]:
    if sum(Decimal(one.share) for one in named) != 1:
        yield FieldError(FIELD, "not_whole", NOT_WHOLE)
    for place, one in enumerate(named):
        if any(one.user_id == before.user_id for before in named[:place]):
            yield FieldError(f"{FIELD}/{place}/user_id", "named_twice", NAMED_TWICE)
        if not Decimal(one.share):
            yield FieldError(f"{FIELD}/{place}/share", "no_share", NO_SHARE)


def _strangers(named: Sequence[Share], here: Collection[str]) -> Iterator[FieldError]:
    for place, one in enumerate(named):
        if one.user_id not in here:
            yield FieldError(f"{FIELD}/{place}/user_id", "unknown_person", UNKNOWN_PERSON)


async def _people_here(session: AsyncSession, named: Sequence[Share], day: date) -> set[str]:
    """Of those named, who works here on that day: no machine, and nobody of a customer's."""
    column = person.c
    working = (column.kind == "person", column.active, column.account_id.is_(None))
    still = or_(column.left_on.is_(None), column.left_on > day)
    named_here = column.user_id.in_([one.user_id for one in named])
    return set(await session.scalars(select(column.user_id).where(named_here, *working, still)))


NOT_WHOLE: Words = {"en": "the shares sum to exactly one", "zh": "份额之和须恰为一"}
NAMED_TWICE: Words = {"en": "named before; name each person once", "zh": "该人员已列出，每人只列一次"}
NO_SHARE: Words = {"en": "who has no share is not named", "zh": "份额须大于零"}
UNKNOWN_PERSON: Words = {"en": "nobody of that name works here", "zh": "没有该在职人员"}
NOT_THE_TEAM: Words = {
    "en": f"not the account's team of the day; who may name others has {CREDITING}",
    "zh": f"与客户当日团队不符；另行指定须有权限 {CREDITING}",
}
