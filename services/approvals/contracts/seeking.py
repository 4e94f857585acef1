"""What a contract seeks approval of: the facts it is judged by, its route, and what is frozen when it is submitted."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.contracts import repository
from services.approvals.contracts.amounts import rates_at_submission, worth
from services.approvals.contracts.content import content_hash
from services.approvals.contracts.domain import Contract, Submission
from services.approvals.contracts.facts import ContractFacts, Known, amount_that_routes
from services.approvals.contracts.moments import about
from services.approvals.facts import repository as known_facts
from services.approvals.requests import service as approvals
from services.approvals.requests.domain import Subject
from services.approvals.requests.models import RequestRow
from services.approvals.routing.service import UnknownRoute
from shared.calendar import Duration, Period, trailing
from shared.canonical import plain
from shared.errors import NotFound, Problem, Words
from shared.money import Money
from shared.policy.condition import FactTest, walk
from shared.policy.forms import leaves
from shared.policy.measure import Measure, RollingWindow
from shared.policy.plan import TablePlan
from shared.policy.route import RoutePlan

SUBJECT = "contract"
ROUTING_AMOUNT = "contract.routing_amount"
ROUTING_TERMS = "routing-terms"


class RoutingTermsMissing(Problem):
    status = 409
    code = "routing_terms_missing"
    title: ClassVar[Words] = {"en": "No table says what an open end counts as", "zh": "缺少路由金额口径表"}


def route_of_contracts(at: Circumstances) -> RoutePlan:
    """The route in force whose subject is a contract; raises UnknownRoute where there is none, or more than one."""
    found = [plan for plan in at.plans if isinstance(plan, RoutePlan) and plan.document.subject == SUBJECT]
    in_force = [plan for plan in found if plan.heading.valid.covers(at.today)]
    if len(in_force) != 1:
        raise UnknownRoute({"en": f"{len(in_force)} routes for contracts.", "zh": f"合同流程有 {len(in_force)} 个。"})
    return in_force[0]


def ask_of(contract: Contract, known: Known, *, route: RoutePlan, by: str, at: Circumstances) -> approvals.Ask:
    """What a contract seeks approval of: the same for a preview and for its submission (S-G2)."""
    return approvals.Ask(
        subject=subject_of(contract),
        content_hash=content_hash(contract.content, route.document.bound_to),
        content={"number": contract.number, **plain(contract.content)},
        route=route.document.id,
        about=about(contract),
        facts=ContractFacts(known),
        initiator=by,
        requester=contract.initiator,
        account_id=contract.account_id,
        branch=contract.branch,
        adds_up=_splitting(known, route, at=at),
        title={
            "en": f"Contract {contract.number}: {known.account.legal_name}",
            "zh": f"合同 {contract.number}：{known.account.legal_name}",
        },
    )


def _splitting(known: Known, route: RoutePlan, *, at: Circumstances) -> Words | None:
    """C12: of which contracts the amount that routes is made; none where this one stands alone."""
    for measure in routing_measures(route):
        amount = amount_that_routes(known, measure, _window(measure, at.today), at.today)
        if amount.beside:
            numbers = {one.contract_id: one.number for one in known.beside}
            others = " + ".join(f"{money} ({numbers[contract]})" for contract, money in amount.beside)
            currency = amount.total.currency
            return {
                "en": f"{amount.own} of this contract + {others} = {amount.total} {currency}: they add up (C12)",
                "zh": f"本合同 {amount.own} + {others} = {amount.total} {currency}：合并计算（C12）",
            }
    return None


def subject_of(contract: Contract) -> Subject:
    return Subject(SUBJECT, contract.id, contract.revision)


def submission_of(
    contract: Contract, known: Known, route: RoutePlan, request: RequestRow, *, at: Circumstances
) -> Submission:
    amount = worth(contract.content, open_ended=known.open_ended)
    measures = routing_measures(route)
    currencies = [measure.currency for measure in measures if measure.currency]
    return Submission(
        request_id=request.id,
        policy=request.policy,
        content_hash=request.content_hash,
        amount=amount,
        routing_amount=_routing_amount(known, measures, at=at),
        rates=rates_at_submission(amount, currencies, on=at.today, rates=known.rates),
        at=at.now,
    )


def routing_measures(route: RoutePlan) -> tuple[Measure, ...]:
    """The measures of the routing amount that a route's steps ask for."""
    conditions = [step.when for step in leaves(route.document.steps)]
    tests = [node for condition in conditions for node in walk(condition) if isinstance(node, FactTest)]
    return tuple(test.measure for test in tests if test.fact == ROUTING_AMOUNT)


def _routing_amount(known: Known, measures: Sequence[Measure], *, at: Circumstances) -> Money | None:
    if not measures:
        return None
    return amount_that_routes(known, measures[0], _window(measures[0], at.today), at.today).total


def _window(measure: Measure, today: date) -> Period | None:
    window = measure.window
    return trailing(Duration.parse(window.last), today) if isinstance(window, RollingWindow) else None


async def known_of(session: AsyncSession, contract: Contract, *, at: Circumstances) -> Known:
    """Everything the facts of a contract are computed from, as approvals knows it now."""
    account = await known_facts.account(session, contract.account_id)
    if account is None:
        raise NotFound()
    return Known(
        contract=contract,
        account=account,
        beside=await repository.counted_beside(session, contract, zone=at.zone),
        rates=await known_facts.exchange_rates(session),
        open_ended=open_ended(at),
        orders_before=await known_facts.orders_standing(session, contract.account_id),
        zone=at.zone,
    )


def open_ended(at: Circumstances) -> Duration:
    """What a contract without an end counts as; raises RoutingTermsMissing."""
    plan = at.plans.by_id.get(ROUTING_TERMS)
    if not isinstance(plan, TablePlan) or not plan.rows:
        raise RoutingTermsMissing()
    return Duration.parse(str(plan.rows[0]["open_ended_counts_as"]))
