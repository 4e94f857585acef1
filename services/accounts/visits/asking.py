"""What of a visit goes to its approvers, the plan or an expense above the commitment, and what they answered (A8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.visits import repository
from services.accounts.visits.domain import MOVES, VisitKind, VisitMove, VisitState
from services.accounts.visits.models import Visit
from services.accounts.visits.service import SUBJECT, step
from shared.asking import sought
from shared.money import Money
from shared.outbox import record
from shared.policy.conditions import Finding
from shared.policy.rulebook import Rulebook
from shared.trace import Decision

IN_CHINESE = {VisitKind.visit: "拜访", VisitKind.reception: "接待"}


@dataclass(frozen=True, slots=True)
class Asked:
    """An ask about a visit: the route, who asks, what exactly is to be approved, and who would get the money."""

    route: str
    requester: str
    content: dict[str, object]
    title: tuple[str, str]
    beneficiaries: tuple[str, ...] = ()


def ask(session: AsyncSession, *, visit: Visit, branch: str, asked: Asked, who: Whereabouts) -> None:
    """One more revision of the visit before its approvers."""
    visit.revision += 1
    record(
        session,
        sought(
            occurred_at=who.now,
            subject=(SUBJECT, visit.id),
            revision=visit.revision,
            content=asked.content,
            route=asked.route,
            requester=asked.requester,
            beneficiaries=asked.beneficiaries,
            account_id=visit.account_id,
            branch=branch,
            title=asked.title,
        ),
    )


async def submit_plan(session: AsyncSession, *, visit: Visit, branch: str, rules: Rulebook, who: Whereabouts) -> Visit:
    """Ask the manager and the director for this account, plan and budget; raises MoveNotAllowed, NotGoverned."""
    step(visit, VisitMove.submit)
    budget = Money(visit.budget_minor, visit.currency)
    asked = Asked(
        route=rules.route(visit.kind).document.id,
        requester=who.user_id,
        content={
            "account": visit.account_id,
            "plan": visit.plan,
            "planned_on": visit.planned_on.isoformat(),
            "budget": {"amount": str(budget), "currency": budget.currency},
        },
        title=(
            f"{visit.kind.capitalize()}, {budget} {budget.currency}",
            f"{IN_CHINESE[VisitKind(visit.kind)]}，{budget} {budget.currency}",
        ),
    )
    ask(session, visit=visit, branch=branch, asked=asked, who=who)
    await session.flush()
    return visit


def seek_extra(
    session: AsyncSession, *, visit: Visit, branch: str, blocking: Decision[Finding], who: Whereabouts
) -> None:
    """Ask the route the document names for exactly this claim; who claimed gets the money (C11)."""
    step(visit, VisitMove.ask_extra)
    claimed = Money(visit.claimed_minor or 0, visit.currency)
    committed = Money(visit.committed_minor or 0, visit.currency)
    content: dict[str, object] = {
        "visit": visit.id,
        "committed": {"amount": str(committed), "currency": visit.currency},
        "amount": {"amount": str(claimed), "currency": visit.currency},
        "receipts": visit.receipts,
    }
    title = (
        f"Expense of {claimed}, committed {committed} {visit.currency}",
        f"费用{claimed}，核定{committed} {visit.currency}",
    )
    claimant = visit.claimed_by or visit.planned_by
    visit.extra_route = blocking.outcome.code
    asked = Asked(visit.extra_route, claimant, content, title, (claimant,))
    ask(session, visit=visit, branch=branch, asked=asked, who=who)


async def answer_visit(
    session: AsyncSession,
    *,
    visit_id: str,
    revision: int,
    moves: Collection[VisitMove],
    request_id: str,
    answered_at: datetime,
) -> None:
    """What approvals said: of the plan or of extra expense, whichever is asked; an older answer changes nothing."""
    visit = await repository.locked_visit(session, visit_id=visit_id)
    if visit is None or visit.revision != revision:
        return
    possible = [move for move in moves if (VisitState(visit.state), move) in MOVES]
    for move in possible[:1]:
        step(visit, move)
        if move is VisitMove.grant_extra:
            visit.extra_request, visit.extra_granted_at = request_id, answered_at
            visit.extra_minor = visit.claimed_minor
    await session.flush()
