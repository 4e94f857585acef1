"""Queries over members and their tiers, in the order in which they were recorded."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.membership.models import Enrolment, TierRound, TierRow
from services.accounts.merges.models import AccountMerge
from services.accounts.ratings.models import PurchaseMovement, PurchaseOrder
from services.accounts.standing import Standing


async def take_turn(session: AsyncSession, *, account_id: str) -> None:
    """Whoever enrols this account or ends its membership waits until this transaction has ended."""
    await session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))


async def enrolment_to_end(session: AsyncSession, *, account_id: str, today: date) -> Enrolment | None:
    """The membership that has no end yet, or one whose end is still to come and may be corrected."""
    runs_on = or_(Enrolment.left_on.is_(None), Enrolment.left_on > today)
    query = select(Enrolment).where(Enrolment.account_id == account_id, runs_on)
    return await session.scalar(query.order_by(Enrolment.enrolled_on.desc()).limit(1).with_for_update())


async def enrolment_after(session: AsyncSession, *, account_id: str, first: date) -> Enrolment | None:
    """The last membership that covers a day from `first` on."""
    covers = or_(Enrolment.left_on.is_(None), Enrolment.left_on > func.greatest(first, Enrolment.enrolled_on))
    query = select(Enrolment).where(Enrolment.account_id == account_id, covers)
    found: Enrolment | None = await session.scalar(query.order_by(Enrolment.enrolled_on.desc()).limit(1))
    return found


async def enrolment_on(session: AsyncSession, *, account_id: str, on: date) -> Enrolment | None:
    """The membership that covers a day."""
    query = select(Enrolment).where(
        Enrolment.account_id == account_id,
        Enrolment.enrolled_on <= on,
        or_(Enrolment.left_on.is_(None), Enrolment.left_on > on),
    )
    found: Enrolment | None = await session.scalar(query.order_by(Enrolment.enrolled_on.desc()).limit(1))
    return found


async def departed(session: AsyncSession, *, today: date) -> Sequence[Enrolment]:
    """Memberships that have ended by the day without the tier's end being said."""
    said = exists().where(
        TierRow.account_id == Enrolment.account_id, TierRow.tier.is_(None), TierRow.valid_from == Enrolment.left_on
    )
    return (await session.scalars(select(Enrolment).where(Enrolment.left_on <= today, ~said))).all()


async def tiers_of(session: AsyncSession, *, account_id: str, known_at: datetime) -> Sequence[TierRow]:
    query = select(TierRow).where(TierRow.account_id == account_id, TierRow.recorded_at <= known_at)
    return (await session.scalars(query.order_by(TierRow.recorded_at, TierRow.id))).all()


async def tiers_of_all(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[Standing]]:
    found: dict[str, list[Standing]] = {}
    query = select(TierRow).where(TierRow.account_id.in_(account_ids)).order_by(TierRow.recorded_at, TierRow.id)
    for row in await session.scalars(query):
        found.setdefault(row.account_id, []).append(Standing(row.tier, row.valid_from, row.recorded_at))
    return found


async def members_after(
    session: AsyncSession, *, today: date, after: str, most: int, moved_since: tuple[int, int] | None
) -> Sequence[str]:
    """The next members by id: all, or those whose orders moved since `(movement, placed)` positions.

    A merged account keeps its tiers as they were.
    """
    query = select(Enrolment.account_id).where(
        Enrolment.account_id > after,
        Enrolment.account_id.not_in(select(AccountMerge.absorbed_id).where(AccountMerge.undone_at.is_(None))),
        Enrolment.enrolled_on <= today,
        or_(Enrolment.left_on.is_(None), Enrolment.left_on > today),
    )
    if moved_since is not None:
        moved = select(PurchaseMovement.account_id).where(PurchaseMovement.id > moved_since[0])
        placed = select(PurchaseOrder.account_id).where(PurchaseOrder.position > moved_since[1])
        query = query.where(Enrolment.account_id.in_(moved.union_all(placed)))
    return (await session.scalars(query.distinct().order_by(Enrolment.account_id).limit(most))).all()


async def round_of_tiers(session: AsyncSession) -> TierRound | None:
    return await session.get(TierRound, True)


async def newest_positions(session: AsyncSession) -> tuple[int, int]:
    """`(movement, placed)`: how far purchases are known."""
    row = (await session.execute(NEWEST)).one()
    return row.movement, row.placed


NEWEST = text("""
    SELECT coalesce((SELECT max(id) FROM purchase_movement), 0) AS movement,
           coalesce((SELECT max(position) FROM purchase_order), 0) AS placed
""")
