"""Whoever is named as doing something for a customer is one of the house's people."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.mechanisms import person
from shared.errors import FieldError, ValidationProblem, Words

NOT_STAFF: Words = {"en": "nobody of this id works here", "zh": "本公司没有此人员"}
NOT_WORKING: Words = {"en": "this person does not work here any more", "zh": "该人员已不在岗"}


async def require_staff(session: AsyncSession, *, named: Mapping[str, str], working: Mapping[str, date]) -> None:
    """Each user id by the pointer it was sent at; those in `working` are still here on that day.

    Customers' users and machines are no staff. Raises ValidationProblem at every pointer that names somebody else.
    """
    here = await staff_of(session, user_ids=set(named.values()))
    errors = []
    for pointer, user_id in named.items():
        if user_id not in here:
            errors.append(FieldError(pointer, "unknown_user", NOT_STAFF))
            continue
        active, left_on = here[user_id]
        day = working.get(pointer)
        if day is not None and not (active and (left_on is None or day < left_on)):
            errors.append(FieldError(pointer, "not_working_here", NOT_WORKING))
    if errors:
        raise ValidationProblem(errors=errors)


async def staff_of(session: AsyncSession, *, user_ids: Collection[str]) -> dict[str, tuple[bool, date | None]]:
    """Those of them who are or were people of the house: whether active, and the first day not here any more."""
    query = select(person.c.user_id, person.c.active, person.c.left_on).where(
        person.c.user_id == any_(literal(list(user_ids), ARRAY(Text))),
        person.c.kind == "person",
        person.c.account_id.is_(None),
    )
    return {user_id: (active, left_on) for user_id, active, left_on in await session.execute(query)}


async def require_working(session: AsyncSession, *, named: Mapping[str, str], on: date) -> None:
    """The same, for those who are to do it now."""
    await require_staff(session, named=named, working=dict.fromkeys(named, on))
