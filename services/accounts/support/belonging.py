"""Who is in the support programme with all its conditions met, for whatever asks of an account (A11)."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.support import repository
from services.accounts.support.domain import Standing

SUPPORT = "support"


async def in_support_programme(
    session: AsyncSession, *, account_ids: Collection[str], on: date
) -> Mapping[str, bool | None]:
    """Whether each account is a member on the day and its last evaluation by then holds; None where it had none."""
    members = await repository.members_among(session, programme=SUPPORT, account_ids=account_ids, on=on)
    answers = await repository.last_answers(session, programme=SUPPORT, account_ids=members, on=on)
    held = {account_id: answers[account_id] == Standing.passed for account_id in answers}
    return {account_id: held.get(account_id) if account_id in members else False for account_id in account_ids}
