"""A caller at his desk: what waits for him, what he may read, and the decision he sends."""

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.delegations.repository import in_force
from services.approvals.requests import repository
from services.approvals.requests.domain import Choice, Decision
from services.approvals.requests.models import RequestRow
from services.approvals.requests.proofs import evidence_of
from services.approvals.requests.repository import Seat
from services.approvals.requests.schemas import DecisionGiven
from services.approvals.requests.standing import masters_of, reached_from
from services.approvals.routing.repository import holdings_of
from shared.auth.principal import Principal
from shared.files import FileStore


async def inbox_of(session: AsyncSession, caller: Principal, *, at: Circumstances) -> Select[RequestRow]:
    """The requests that wait for a caller: his own turns, and those of who delegated to him in that role."""
    own = [Seat(caller.user_id, held.role, held.branch, held.department) for held in caller.holdings]
    delegated = await in_force(session, now=at.now)
    masters = masters_of(delegated).get(caller.user_id, frozenset())
    held_by_them = await holdings_of(session, masters, on=at.today)
    theirs = [
        Seat(held.user_id, held.role, held.branch, held.department)
        for held in held_by_them
        if caller.user_id in reached_from(held.user_id, [one for one in delegated if one.role in (None, held.role)])
    ]
    return repository.waiting_for(caller.user_id, [*own, *theirs], masters=masters)


async def readable(session: AsyncSession, request_id: str, caller: Principal, *, at: Circumstances) -> RequestRow:
    """A request within reach, also one that waits for who delegated to the caller; raises NotFound."""
    behind = masters_of(await in_force(session, now=at.now)).get(caller.user_id, frozenset())
    reach = caller.reach("requests.read")
    return await repository.request_to_read(session, request_id, reach=reach, behind=behind)


def decision_of(given: DecisionGiven, *, by: str, files: FileStore, at: Circumstances) -> Decision:
    """What a client decides, now; raises ValidationProblem where its evidence names no file kept here."""
    return Decision(
        by=by,
        choice=Choice(given.decision),
        at=at.now,
        step=given.step,
        comment=given.comment,
        evidence=evidence_of(given.evidence, files) if given.evidence else None,
        terms=given.terms,
    )
