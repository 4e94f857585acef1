"""Notices as rows: one for a person and matter, only for whom somebody can write to."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.notices.domain import Matter
from services.approvals.notices.models import DecidedRequest, MailAddress, Notice
from services.approvals.requests.models import CopyRow
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.db.mechanisms import person
from shared.ids import new_id
from shared.mailing import MailState


async def tell(session: AsyncSession, user_ids: Collection[str], *, matter: Matter, now: datetime) -> None:
    """Each of these people is mailed about it, once; who has no address hears of it in his inbox only."""
    reached = await session.scalars(select(MailAddress.user_id).where(MailAddress.user_id.in_(user_ids)))
    about = {"request_id": matter.request_id, "step": matter.step, "kind": matter.kind, "since": matter.since}
    wish = {"mail_state": MailState.WAITING, "mail_tries": 0, "mail_next_at": now, "noted_at": now}
    rows = [{"id": str(new_id()), "user_id": user_id, **about, **wish} for user_id in sorted(reached)]
    if rows:
        await session.execute(insert(Notice).values(rows).on_conflict_do_nothing(constraint="uq_notice_once"))


async def decisions_not_told(session: AsyncSession, *, at_most: int) -> Sequence[DecidedRequest]:
    """What was decided and not told yet, oldest first."""
    query = select(DecidedRequest).order_by(DecidedRequest.decided_at, DecidedRequest.id).limit(at_most)
    return (await session.scalars(query)).all()


async def copied_on(session: AsyncSession, request_id: str) -> frozenset[str]:
    """Whom somebody copied on a request by name."""
    return frozenset(await session.scalars(select(CopyRow.user_id).where(CopyRow.request_id == request_id)))


async def address_of(session: AsyncSession, user_id: str) -> MailAddress | None:
    return await session.get(MailAddress, user_id, populate_existing=True)


async def works_here(session: AsyncSession, user_id: str) -> bool:
    """Whether this is an active person of the house; customers and machines are not written to."""
    person_here = (person.c.active, person.c.kind == "person", person.c.account_id.is_(None))
    return await session.scalar(select(person.c.user_id).where(person.c.user_id == user_id, *person_here)) is not None


def notices_within(reach: Reach) -> Select[Notice]:
    return select(Notice).where(within(reach, user=Notice.user_id))
