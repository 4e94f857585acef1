"""The use cases of a delegation: made within the limits of its policy, and taken back."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.delegations import repository
from services.approvals.delegations.domain import Delegation, depth_of, is_circular, revoked, span
from services.approvals.delegations.models import DelegationRow
from services.approvals.routing.repository import roles_held, works_here
from shared import audit
from shared.auth.permissions import permission_table
from shared.errors import FieldError, ValidationProblem, Words
from shared.ids import new_id
from shared.policy.evaluation import Case, GivenFacts
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

MAKING = "delegation.making"
DECIDING = "requests.decide"
NOT_HERE: Words = {"en": "nobody who may decide here on that day", "zh": "该日无此可审批人员"}
NOT_HELD: Words = {"en": "a role you do not hold", "zh": "您不担任该角色"}
PAST: Words = {"en": "today at the earliest", "zh": "不得早于今天"}
NO_DAY: Words = {"en": "after valid_from: the first day no longer covered", "zh": "须晚于开始日（首个不再有效之日）"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to delegate; half-open local days."""

    to: str
    role: str | None
    valid_from: date
    valid_until: date
    reason: str


async def make_delegation(session: AsyncSession, wish: Wish, *, by: str, at: Circumstances) -> DelegationRow:
    """Let somebody decide in one's place; raises ValidationProblem, or PolicyRefuses by the limits of the house."""
    errors = await _wrong(session, wish, by=by, at=at)
    if errors:
        raise ValidationProblem(errors=errors)
    starts_at, ends_at = span(wish.valid_from, wish.valid_until, zone=at.zone, now=at.now)
    new = Delegation(
        str(new_id()), by, wish.to, wish.role, wish.valid_from, wish.valid_until, starts_at, ends_at, wish.reason
    )
    others = await repository.not_ended(session, now=at.now)
    facts = GivenFacts(
        {
            "delegation.days": new.days,
            "delegation.depth": depth_of(new, others),
            "delegation.is_circular": is_circular(new, others),
        }
    )
    Rulebook(at.plans).ask(MAKING, Case(facts, Subject("delegation", new.id), at.now), subject="delegation")
    row = _row(new, at=at)
    session.add(row)
    await _audit(session, row, "delegation.made", at=at)
    return row


async def _wrong(session: AsyncSession, wish: Wish, *, by: str, at: Circumstances) -> list[FieldError]:
    errors = []
    if wish.valid_from < at.today:
        errors.append(FieldError("/valid_from", "in_the_past", PAST))
    if wish.valid_until <= wish.valid_from:
        errors.append(FieldError("/valid_until", "before_start", NO_DAY))
    if wish.role is not None and wish.role not in await roles_held(session, by, on=at.today):
        errors.append(FieldError("/role", "not_held", NOT_HELD))
    if wish.to == by or not await may_decide(session, wish.to, on=max(wish.valid_from, at.today)):
        errors.append(FieldError("/to_user", "not_a_decider", NOT_HERE))
    return errors


async def may_decide(session: AsyncSession, user_id: str, *, on: date) -> bool:
    """Whether a person works here on a day in a role that may decide at all."""
    allowed = permission_table()[DECIDING].roles
    held = await roles_held(session, user_id, on=on)
    return not held.isdisjoint(allowed) and await works_here(session, user_id, on=on)


def _row(new: Delegation, *, at: Circumstances) -> DelegationRow:
    return DelegationRow(
        id=new.id,
        by_user=new.by,
        to_user=new.to,
        role=new.role,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        reason=new.reason,
        made_at=at.now,
    )


async def revoke_delegation(session: AsyncSession, delegation_id: str, *, by: str, at: Circumstances) -> DelegationRow:
    """End one's own delegation now; what was decided under it stands (S-G5). Raises NotFound or DelegationEnded."""
    row = await repository.one_of(session, delegation_id, by=by)
    row.ends_at = revoked(repository.delegation_of(row), now=at.now)
    row.revoked_at = at.now
    await _audit(session, row, "delegation.revoked", at=at)
    return row


async def _audit(session: AsyncSession, row: DelegationRow, action: str, *, at: Circumstances) -> None:
    detail = {"to": row.to_user, "role": row.role, "from": str(row.valid_from), "until": str(row.valid_until)}
    await audit.append(session, audit.Entry(at.now, row.by_user, action, f"delegation/{row.id}", detail))
