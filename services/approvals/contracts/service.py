"""The use cases of a contract; each records its event, its line of history and its line in the audit."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.contracts import repository
from services.approvals.contracts.amounts import rates_at_submission, worth
from services.approvals.contracts.announcements import announce
from services.approvals.contracts.content import Content, checked, content_hash
from services.approvals.contracts.domain import (
    Approval,
    Contract,
    State,
    Submission,
    activate,
    approve,
    ready_to_submit,
    revise,
    send_back,
    sign,
    submit,
)
from services.approvals.contracts.facts import ContractFacts, Known, amount_that_routes
from services.approvals.contracts.models import ContractRow
from services.approvals.contracts.moments import SIGNING, SUBMISSION, about, ask_policies
from services.approvals.facts import repository as known_facts
from services.approvals.requests import repository as requests
from services.approvals.requests import service as approvals
from services.approvals.requests.domain import Evidence, Subject
from services.approvals.requests.models import RequestRow
from services.approvals.requests.states import State as RequestState
from services.approvals.routing.service import UnknownRoute
from shared import audit
from shared.auth.principal import Principal, Reach
from shared.calendar import Duration, Period, day_start, local_day, trailing
from shared.canonical import plain
from shared.errors import NotFound, Problem, Words
from shared.http.conditional import require_version
from shared.ids import new_id
from shared.money import Money
from shared.policy.condition import FactTest, walk
from shared.policy.evaluation import Grant
from shared.policy.forms import leaves
from shared.policy.measure import Measure, RollingWindow
from shared.policy.plan import TablePlan
from shared.policy.route import RoutePlan

SUBJECT = "contract"
ROUTING_AMOUNT = "contract.routing_amount"
ROUTING_TERMS = "routing-terms"
EDITED = {"en": "the contract was changed", "zh": "合同已修改"}


class RoutingTermsMissing(Problem):
    status = 409
    code = "routing_terms_missing"
    title: ClassVar[Words] = {"en": "No table says what an open end counts as", "zh": "缺少路由金额口径表"}


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something, as far as his permission reaches, under which circumstances."""

    caller: Principal
    reach: Reach
    at: Circumstances

    @property
    def by(self) -> str:
        return self.caller.user_id


async def draft_contract(session: AsyncSession, *, account_id: str, content: Content, doing: Doing) -> ContractRow:
    """A new draft for an account within reach; raises NotFound or ValidationProblem."""
    account = await known_facts.account(session, account_id)
    if account is None or not doing.reach.covers(branch=account.branch, account_id=account.id):
        raise NotFound()
    contract = Contract(
        id=str(new_id()),
        number=await repository.next_number(session, year=doing.at.today.year),
        account_id=account_id,
        branch=account.branch,
        initiator=doing.by,
        state=State.DRAFT,
        revision=1,
        content=checked(content),
    )
    row = await repository.add_contract(session, contract)
    await _note(session, contract, "draft", doing=doing)
    return row


async def edit_contract(
    session: AsyncSession, contract_id: str, content: Content, *, expected_version: int, doing: Doing
) -> ContractRow:
    """Change what a contract says; while its request is pending this withdraws it and makes a new revision (S-G1).

    Raises NotFound, PreconditionFailed, ContractNotInState or ValidationProblem.
    """
    row = await _lock_with_request(session, contract_id, doing=doing)
    require_version(row.version, expected=expected_version)
    before = repository.contract_of(row)
    after = revise(before, checked(content))
    if before.state is State.SUBMITTED:
        await approvals.withdraw_superseded(session, _subject(before), because=EDITED, by=doing.by, at=doing.at)
    await repository.save_contract(session, row, after)
    await _note(session, after, "edit", doing=doing, changed=_changed(before.content, content))
    return row


async def _lock_with_request(session: AsyncSession, contract_id: str, *, doing: Doing) -> ContractRow:
    """Request first, contract second: the order in which a decision takes them, so that neither waits for the other."""
    seen = await repository.contract_to_read(session, contract_id, reach=doing.reach)
    submission = repository.contract_of(seen).submission
    if submission is not None:
        await requests.request_for_update(session, submission.request_id)
    return await repository.contract_for_update(session, contract_id, reach=doing.reach)


def _changed(before: Content, after: Content) -> list[str]:
    return [field.name for field in fields(Content) if getattr(before, field.name) != getattr(after, field.name)]


async def submit_contract(session: AsyncSession, contract_id: str, *, doing: Doing) -> ContractRow:
    """Ask the policies of the moment, freeze the route, and open its first step.

    Raises NotFound, ContractNotInState, BackdatedWithoutReason, ConditionsNotMet, NoExchangeRate, UnknownRoute or
    InitiatorNotAdmitted.
    """
    row = await repository.contract_for_update(session, contract_id, reach=doing.reach)
    contract = ready_to_submit(repository.contract_of(row), today=doing.at.today)
    known = await known_of(session, contract, at=doing.at)
    ask_policies(SUBMISSION, contract, ContractFacts(known), at=doing.at)
    route = route_of_contracts(doing.at)
    ask = ask_of(contract, known, route=route, by=doing.by)
    request = await approvals.seek_approval(session, ask, at=doing.at)
    submitted = submit(contract, _submission(contract, known, route, request, at=doing.at))
    await repository.save_contract(session, row, submitted)
    announce(session, submitted, "submit", at=doing.at.now)
    await _note(session, submitted, "submit", doing=doing)
    return row


def route_of_contracts(at: Circumstances) -> RoutePlan:
    """The route in force whose subject is a contract; raises UnknownRoute where there is none, or more than one."""
    found = [plan for plan in at.plans if isinstance(plan, RoutePlan) and plan.document.subject == SUBJECT]
    in_force = [plan for plan in found if plan.heading.valid.covers(at.today)]
    if len(in_force) != 1:
        raise UnknownRoute({"en": f"{len(in_force)} routes for contracts.", "zh": f"合同流程有 {len(in_force)} 个。"})
    return in_force[0]


def ask_of(contract: Contract, known: Known, *, route: RoutePlan, by: str) -> approvals.Ask:
    """What a contract seeks approval of: the same for a preview and for its submission (S-G2)."""
    return approvals.Ask(
        subject=_subject(contract),
        content_hash=content_hash(contract.content, route.document.bound_to),
        content={"number": contract.number, **plain(contract.content)},
        route=route.document.id,
        about=about(contract),
        facts=ContractFacts(known),
        initiator=by,
        requester=contract.initiator,
        account_id=contract.account_id,
        branch=contract.branch,
        title={
            "en": f"Contract {contract.number}: {known.account.legal_name}",
            "zh": f"合同 {contract.number}：{known.account.legal_name}",
        },
    )


def _subject(contract: Contract) -> Subject:
    return Subject(SUBJECT, contract.id, contract.revision)


def _submission(
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


async def take_answer(session: AsyncSession, request: RequestRow, *, by: str, at: Circumstances) -> None:
    """What became of a contract's request becomes of the contract, in the same transaction."""
    row = await repository.contract_for_update(session, request.subject_id)
    contract = repository.contract_of(row)
    submission = contract.submission
    if contract.state is not State.SUBMITTED or submission is None or submission.request_id != request.id:
        return
    if request.state == RequestState.GRANTED and request.granted_at is not None:
        after = approve(contract, Approval(request.content_hash, request.granted_at, request.lasts_until))
        announce(session, after, "approve", at=at.now)
    elif request.state in (RequestState.REJECTED, RequestState.RETURNED, RequestState.WITHDRAWN):
        after = send_back(contract)
    else:
        return
    await repository.save_contract(session, row, after)
    repository.note_move(session, after, f"request_{request.state}", by=by, at=at.now)


async def sign_contract(
    session: AsyncSession, contract_id: str, *, signed_on: date, evidence: Evidence, doing: Doing
) -> ContractRow:
    """Record the signature after asking everything again: papers, approval, account, floors (S-G10).

    Raises NotFound, ContractNotInState, ConditionsNotMet, ApprovalNeeded, SignedInTheFuture or SignedBeforeApproval.
    """
    row = await repository.contract_for_update(session, contract_id, reach=doing.reach)
    contract = repository.contract_of(row)
    approved_on = local_day(contract.approval.granted_at, doing.at.zone) if contract.approval else doing.at.today
    signed = sign(contract, signed_on=signed_on, approved_on=approved_on, today=doing.at.today)
    facts = ContractFacts(await known_of(session, contract, at=doing.at))
    grants = await _grants_of_lines(session, contract, at=doing.at)
    ask_policies(SIGNING, contract, facts, grants=grants, at=doing.at)
    row.signature = plain(evidence)
    await repository.save_contract(session, row, signed)
    announce(session, signed, "sign", at=doing.at.now)
    await _note(session, signed, "sign", doing=doing)
    return row


async def _grants_of_lines(session: AsyncSession, contract: Contract, *, at: Circumstances) -> list[Grant]:
    """What was granted for the contract's lines, as approvals' own files say; each until its terms' last day."""
    grants = []
    for line in contract.content.lines:
        granted = line.exception and await requests.granted_for(session, line.exception.subject_id)
        if granted and line.exception:
            ends = [day_start(line.exception.valid_until, at.zone), *filter(None, [granted.lasts_until])]
            route = granted.policy.partition("@")[0]
            grants.append(Grant(granted.id, route, str(line.line), granted.granted_at or at.now, min(ends)))
    return grants


async def activate_contract(session: AsyncSession, contract_id: str, *, active_on: date, doing: Doing) -> ContractRow:
    """The signed contract begins to work; raises NotFound, ContractNotInState or ActiveBeforeSignature."""
    row = await repository.contract_for_update(session, contract_id, reach=doing.reach)
    active = activate(repository.contract_of(row), active_on=active_on, today=doing.at.today)
    await repository.save_contract(session, row, active)
    announce(session, active, "activate", at=doing.at.now)
    await _note(session, active, "activate", doing=doing)
    return row


async def _note(
    session: AsyncSession, contract: Contract, move: str, *, doing: Doing, changed: Sequence[str] = ()
) -> None:
    repository.note_move(session, contract, move, by=doing.by, at=doing.at.now, changed=changed)
    detail = {"revision": contract.revision, "state": contract.state, "changed": list(changed)}
    await audit.append(
        session, audit.Entry(doing.at.now, doing.by, f"contract.{move}", f"contract/{contract.id}", detail)
    )
