"""A route shown before anybody submits, by the same code that freezes it (S-G2)."""

from typing import Annotated, ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances, branch_scoped_roles
from services.approvals.contracts import repository as contracts
from services.approvals.contracts.seeking import ask_of, known_of, route_of_contracts
from services.approvals.edge import At
from services.approvals.requests.inputs import given_facts
from services.approvals.requests.schemas import Person, RouteAsked, RoutePreviewed, StepPreviewed, Words
from services.approvals.requests.service import freeze_ask
from services.approvals.requests.views import side_by_side
from services.approvals.routing.domain import capacity, turns, wanted
from services.approvals.routing.repository import names_of, people_for
from services.approvals.routing.service import Routed, UnknownRoute, expected_days, find_route, freeze_route
from shared.auth.principal import Principal, Reach
from shared.branches import unknown_branch
from shared.errors import FieldError, NotFound, ValidationProblem
from shared.errors import Words as Said
from shared.http.dependencies import Session, allowed
from shared.http.routes import Router, without_idempotency_key
from shared.policy.registry import load_registry
from shared.trace import Subject

router = Router(tags=["routes"])


class NoSuchRoute(NotFound):
    """Whoever looks at a route that is not there has only mistyped its name."""

    code = "unknown_route"
    title: ClassVar[Said] = {"en": "There is no such route", "zh": "没有此流程"}


@router.post("/routes/preview")
@without_idempotency_key
async def preview_route(
    session: Session, caller: Annotated[Principal, allowed("routes.preview")], at: At, asked: RouteAsked
) -> RoutePreviewed:
    """Who would have to act, why, and how long it may take: for a contract as it stands, or for facts given."""
    if asked.contract_id is not None:
        reach = caller.reach("contracts.read")
        return await _preview_contract(session, asked.contract_id, by=caller.user_id, reach=reach, at=at)
    if asked.route is None:
        missing = Said(en="name a route or a contract", zh="须指明流程或合同")
        raise ValidationProblem(errors=[FieldError("/route", "missing", missing)])
    if asked.branch is not None and asked.branch not in at.branches:
        raise ValidationProblem(errors=[unknown_branch(asked.branch)])
    try:
        about = Subject(find_route(asked.route, at=at).document.subject, "preview")
    except UnknownRoute as unknown:
        raise NoSuchRoute(unknown.detail) from unknown
    facts = given_facts(asked.inputs, load_registry())
    routed = freeze_route(asked.route, subject=about, facts=facts, branch=asked.branch, at=at)
    return await _show(session, routed, branch=asked.branch, at=at)


async def _preview_contract(
    session: AsyncSession, contract_id: UUID, *, by: str, reach: Reach, at: Circumstances
) -> RoutePreviewed:
    contract = contracts.contract_of(await contracts.contract_to_read(session, str(contract_id), reach=reach))
    known = await known_of(session, contract, at=at)
    ask = ask_of(contract, known, route=route_of_contracts(at), by=by, at=at)
    routed = freeze_ask(ask, at=at)
    return await _show(session, routed, branch=ask.branch, at=at)


async def _show(session: AsyncSession, routed: Routed, *, branch: str | None, at: Circumstances) -> RoutePreviewed:
    steps = list(turns(routed.chain.stages))
    scoped = branch_scoped_roles()
    wishes = {turn.id: wanted(turn, branch=branch, owner=None, branch_scoped=scoped) for turn in steps}
    people = await people_for(session, wishes.values(), on=at.today)
    names = await names_of(session, {user for holders in people.values() for user in holders})
    on_it = {turn.id for turn in steps}
    return RoutePreviewed(
        route=routed.chain.policy,
        steps=[
            StepPreviewed(
                id=turn.id,
                role=capacity(turn),
                kind=turn.kind,
                why=Words(**routed.why[turn.id]),
                resolved=[Person(user_id=user, name=names[user]) for user in sorted(people[wishes[turn.id]])],
                side_by_side=side_by_side(routed.chain.stages, turn.id),
            )
            for turn in steps
        ],
        left_out={step: Words(**words) for step, words in routed.why.items() if step not in on_it},
        expected_days=expected_days(routed.chain, branch=branch, at=at),
    )
