"""Who works for an account, day by day; what stood before and stands no more is kept as it was known (I1)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers import repository
from services.accounts.dossiers.domain import TeamDuty, TeamMember, check_team
from services.accounts.dossiers.models import Account, TeamRow
from services.accounts.dossiers.schemas import Member, Team
from services.accounts.dossiers.service import Whereabouts
from services.accounts.staff import require_staff
from shared.audit import Entry, append
from shared.events.accounts import TeamChanged
from shared.events.accounts import TeamMember as ToldMember
from shared.ids import new_id
from shared.outbox import record


async def set_team(session: AsyncSession, *, account: Account, request: Team, who: Whereabouts) -> Sequence[TeamRow]:
    """Who works for the account, day by day; the reps' shares of each day sum to one (S-I1).

    What stood before and stands no more is kept as it was known (S-D1). See check_team and require_staff.
    """
    check_team([_member(m) for m in request.members])
    await _require_members(session, request, today=who.today)
    before = await repository.team(session, account_id=account.id)
    await _supersede(session, before, wanted=request.members, account=account, who=who)
    if request.developer is not None:
        account.developer = request.developer
    await session.flush()
    _tell_team(session, account=account, members=request.members, now=who.now)
    detail = {
        "before": [_plain(member) for member in before],
        "after": [_plain(member) for member in request.members],
        "developer": account.developer,
    }
    await append(session, Entry(who.now, who.user_id, "team.changed", f"account/{account.id}", detail))
    return await repository.team(session, account_id=account.id)


async def _require_members(session: AsyncSession, request: Team, *, today: date) -> None:
    """Everybody named works here, or did on the days that are over."""
    named = {f"/members/{place}/user_id": member.user_id for place, member in enumerate(request.members)}
    working = {
        f"/members/{place}/user_id": today
        for place, member in enumerate(request.members)
        if member.valid_until is None or member.valid_until > today
    }
    if request.developer is not None:
        named["/developer"] = request.developer
    await require_staff(session, named=named, working=working)


async def _supersede(
    session: AsyncSession, before: Sequence[TeamRow], *, wanted: Sequence[Member], account: Account, who: Whereabouts
) -> None:
    """Rows that go on stay as they are; the others end with this moment, and the new ones begin with it."""
    standing = {_member(row): row for row in before}
    asked = {_member(member) for member in wanted}
    for member, row in standing.items():
        if member not in asked:
            row.superseded_at = who.now
    session.add_all(
        TeamRow(
            id=str(new_id()), account_id=account.id, recorded_at=who.now, recorded_by=who.user_id, **member.model_dump()
        )
        for member in wanted
        if _member(member) not in standing
    )


def _member(row: TeamRow | Member) -> TeamMember:
    return TeamMember(row.user_id, TeamDuty(row.duty), row.share, row.valid_from, row.valid_until)


def _plain(row: TeamRow | Member) -> dict[str, Any]:
    return Member.model_validate(row, from_attributes=True).model_dump(mode="json")


def _tell_team(session: AsyncSession, *, account: Account, members: Sequence[Member], now: datetime) -> None:
    in_order = sorted(members, key=lambda member: member.valid_from)
    told = [ToldMember(**m.model_dump(exclude={"share"}), share=str(m.share)) for m in in_order]
    record(
        session,
        TeamChanged(occurred_at=now, account_id=account.id, members=tuple(told), developer=account.developer),
    )
