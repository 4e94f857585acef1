"""Who may take an open step at this moment: holders of its role, or whom it is assigned to, and delegates (C10)."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.delegations.repository import in_force
from services.approvals.requests.domain import Request, able_to_act, broken_rule
from services.approvals.requests.models import StepRow
from services.approvals.requests.repository import wish_of
from services.approvals.requests.standing import Standing, standing_on
from services.approvals.routing.domain import Wanted, decides
from services.approvals.routing.repository import people_for
from shared.policy.route import FrozenStep


@dataclass(frozen=True, slots=True)
class Acting:
    """The people who fill a step today, and who stands for whom."""

    eligible: frozenset[str]
    standing: Standing

    def able(self, request: Request, turn: FrozenStep) -> list[str]:
        """Whoever may take the turn himself or for a holder, and is not kept from it by C11."""
        holders = able_to_act(request, turn, self.eligible, self.standing)
        delegates = [who for who in self.standing.acting_for if who not in self.eligible]
        return sorted({*holders, *(who for who in delegates if self._may_act(request, turn, who))})

    def _may_act(self, request: Request, turn: FrozenStep, person: str) -> bool:
        if not decides(turn):
            return True
        free = [one for one in self.standing.behind(person) if broken_rule(request, turn, one) is None]
        return bool(free) and broken_rule(request, turn, person, self.standing) is None


async def acting_on(session: AsyncSession, step: StepRow, *, at: Circumstances) -> Acting:
    """Resolved now: roles of today, delegations of this moment (S-G5)."""
    if step.assigned_to is not None:
        eligible, role = frozenset((step.assigned_to,)), step.role
    else:
        wish: Wanted = wish_of(step)
        eligible, role = (await people_for(session, [wish], on=at.today))[wish], wish.role
    return Acting(eligible, standing_on(await in_force(session, now=at.now), holders=eligible, role=role))
