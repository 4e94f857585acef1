"""Queries over programmes; a caller's reach is part of each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.database import one_of
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.support.facts import Shown
from services.accounts.support.models import (
    ProgrammeEvaluation,
    ProgrammeEvidence,
    ProgrammeMembership,
    ProgrammeReminder,
)
from shared.auth.principal import Reach
from shared.errors import NotFound


def evidence_seen(reach: Reach, *, programme: str, account_id: str | None, fact: str | None) -> Select[Any]:
    query = select(ProgrammeEvidence).join(Account, Account.id == ProgrammeEvidence.account_id)
    query = query.where(seen_by(reach), ProgrammeEvidence.programme == programme)
    given = {ProgrammeEvidence.account_id: account_id, ProgrammeEvidence.fact: fact}
    return query.where(*(column == value for column, value in given.items() if value is not None))


def evaluations_seen(reach: Reach, *, programme: str, account_id: str | None, answer: str | None) -> Select[Any]:
    query = select(ProgrammeEvaluation).join(Account, Account.id == ProgrammeEvaluation.account_id)
    query = query.where(seen_by(reach), ProgrammeEvaluation.programme == programme)
    given = {ProgrammeEvaluation.account_id: account_id, ProgrammeEvaluation.answer: answer}
    return query.where(*(column == value for column, value in given.items() if value is not None))


def memberships_seen(reach: Reach, *, programme: str, account_id: str | None, on: date | None) -> Select[Any]:
    """The memberships, or those that cover a day."""
    query = select(ProgrammeMembership).join(Account, Account.id == ProgrammeMembership.account_id)
    query = query.where(seen_by(reach), ProgrammeMembership.programme == programme)
    if account_id is not None:
        query = query.where(ProgrammeMembership.account_id == account_id)
    if on is not None:
        stays = or_(ProgrammeMembership.leaves_on.is_(None), ProgrammeMembership.leaves_on > on)
        query = query.where(ProgrammeMembership.starts_on <= on, stays)
    return query


def reminders_seen(reach: Reach, *, programme: str, account_id: str | None) -> Select[Any]:
    query = select(ProgrammeReminder).join(Account, Account.id == ProgrammeReminder.account_id)
    query = query.join(ProgrammeMembership, ProgrammeMembership.id == ProgrammeReminder.membership_id)
    query = query.where(seen_by(reach), ProgrammeMembership.programme == programme)
    return query if account_id is None else query.where(ProgrammeReminder.account_id == account_id)


async def evaluation(session: AsyncSession, *, programme: str, evaluation_id: str, reach: Reach) -> ProgrammeEvaluation:
    seen = evaluations_seen(reach, programme=programme, account_id=None, answer=None)
    found: ProgrammeEvaluation | None = await session.scalar(seen.where(ProgrammeEvaluation.id == evaluation_id))
    if found is None:
        raise NotFound({"en": f"There is no evaluation {evaluation_id}.", "zh": f"没有评估{evaluation_id}。"})
    return found


async def membership(session: AsyncSession, *, programme: str, membership_id: str, reach: Reach) -> ProgrammeMembership:
    """One membership, locked until the transaction ends; raises NotFound."""
    seen = memberships_seen(reach, programme=programme, account_id=None, on=None)
    query = seen.where(ProgrammeMembership.id == membership_id).with_for_update(of=ProgrammeMembership)
    found: ProgrammeMembership | None = await session.scalar(query)
    if found is None:
        raise NotFound({"en": f"There is no membership {membership_id}.", "zh": f"没有成员资格{membership_id}。"})
    return found


async def open_membership(session: AsyncSession, *, programme: str, account_id: str) -> ProgrammeMembership | None:
    """The membership that has no last day."""
    return await session.scalar(
        select(ProgrammeMembership).where(
            ProgrammeMembership.programme == programme,
            ProgrammeMembership.account_id == account_id,
            ProgrammeMembership.leaves_on.is_(None),
        )
    )


async def membership_after(
    session: AsyncSession, *, programme: str, account_id: str, first: date
) -> ProgrammeMembership | None:
    """The last membership that covers a day from `first` on."""
    stays = or_(
        ProgrammeMembership.leaves_on.is_(None),
        ProgrammeMembership.leaves_on > func.greatest(first, ProgrammeMembership.starts_on),
    )
    query = select(ProgrammeMembership).where(
        ProgrammeMembership.programme == programme, ProgrammeMembership.account_id == account_id, stays
    )
    found: ProgrammeMembership | None = await session.scalar(
        query.order_by(ProgrammeMembership.starts_on.desc()).limit(1)
    )
    return found


async def members_on(session: AsyncSession, *, on: date) -> Sequence[ProgrammeMembership]:
    """Every programme's members of a day, in a fixed order."""
    stays = or_(ProgrammeMembership.leaves_on.is_(None), ProgrammeMembership.leaves_on > on)
    query = select(ProgrammeMembership).where(ProgrammeMembership.starts_on <= on, stays)
    return (await session.scalars(query.order_by(ProgrammeMembership.id))).all()


async def members_among(session: AsyncSession, *, programme: str, account_ids: Collection[str], on: date) -> set[str]:
    """Those of the accounts that are members on the day."""
    stays = or_(ProgrammeMembership.leaves_on.is_(None), ProgrammeMembership.leaves_on > on)
    query = select(ProgrammeMembership.account_id).where(
        ProgrammeMembership.programme == programme,
        one_of(ProgrammeMembership.account_id, account_ids),
        ProgrammeMembership.starts_on <= on,
        stays,
    )
    return set(await session.scalars(query))


async def last_answers(
    session: AsyncSession, *, programme: str, account_ids: Collection[str], on: date
) -> dict[str, str]:
    """What the last evaluation as of that day or before answered, by account id."""
    query = (
        select(ProgrammeEvaluation.account_id, ProgrammeEvaluation.answer)
        .where(
            ProgrammeEvaluation.programme == programme,
            one_of(ProgrammeEvaluation.account_id, account_ids),
            ProgrammeEvaluation.as_of <= on,
        )
        .order_by(ProgrammeEvaluation.as_of, ProgrammeEvaluation.evaluated_at, ProgrammeEvaluation.id)
    )
    return {row.account_id: row.answer for row in await session.execute(query)}


async def shown_of(session: AsyncSession, *, programme: str, account_ids: Collection[str]) -> dict[str, list[Shown]]:
    """Everything shown for a programme, by account id."""
    query = select(ProgrammeEvidence).where(
        ProgrammeEvidence.programme == programme, ProgrammeEvidence.account_id.in_(account_ids)
    )
    found: dict[str, list[Shown]] = {}
    for row in await session.scalars(query):
        shown = Shown(row.id, row.fact, row.value, row.seen_on, row.item or "", row.currency or "")
        found.setdefault(row.account_id, []).append(shown)
    return found


async def add_reminder(session: AsyncSession, *, values: Mapping[str, Any]) -> bool:
    """Keep a reminder; False where the same was said before."""
    statement = insert(ProgrammeReminder).values(**values).on_conflict_do_nothing().returning(ProgrammeReminder.id)
    return await session.scalar(statement) is not None
