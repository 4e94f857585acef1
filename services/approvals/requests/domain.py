"""One request's life: a pure state machine over its frozen route, with segregation of duties built in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from services.approvals.requests.chain import dropped, failed, passed, walked
from services.approvals.requests.limits import AskedAbout
from services.approvals.requests.mails import Mail
from services.approvals.requests.standing import Standing
from services.approvals.requests.states import Move, State, StepState, moved_state, moved_step
from services.approvals.requests.terms import Terms, TermsNotAsked, checked_terms
from services.approvals.routing.domain import (
    Added,
    Chain,
    Stage,
    capacity,
    decides,
    deciding_stages,
    grown,
    turns,
    up_to_the_grant,
)
from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.policy.route import FrozenStep


class Choice(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    DONE = "done"
    RETURN = "return"


class AlreadyDecided(Problem):
    status = 409
    code = "already_decided"
    title: ClassVar[Words] = {"en": "This step is already decided", "zh": "该步骤已处理"}


class StepNotOpen(Problem):
    status = 409
    code = "step_not_open"
    title: ClassVar[Words] = {"en": "It is not this step's turn", "zh": "尚未轮到该步骤"}


class StepNotNamed(Problem):
    status = 422
    code = "step_not_named"
    title: ClassVar[Words] = {"en": "Several steps wait; name one", "zh": "有多个待办步骤，请指明"}


class UnknownStep(Problem):
    status = 422
    code = "unknown_step"
    title: ClassVar[Words] = {"en": "The route has no such step", "zh": "流程中无此步骤"}


class NotYourStep(Problem):
    status = 403
    code = "not_your_step"
    title: ClassVar[Words] = {"en": "Another role decides this step", "zh": "该步骤由其他角色处理"}


class NotTheRequester(Problem):
    status = 403
    code = "not_the_requester"
    title: ClassVar[Words] = {"en": "Only the requester withdraws a request", "zh": "只有申请人可以撤回"}


class SegregationOfDuties(Problem):
    """C11: nobody decides on his own request, on what benefits him, or in two roles."""

    status = 403
    code = "segregation_of_duties"
    title: ClassVar[Words] = {"en": "Duties are kept apart", "zh": "职责须分离"}


class EvidenceMissing(Problem):
    status = 422
    code = "evidence_missing"
    title: ClassVar[Words] = {"en": "An approval needs its evidence", "zh": "审批须附凭证"}


ALONE = Standing()
OWN_REQUEST: Words = {"en": "Nobody decides on his own request (C11).", "zh": "任何人不得审批自己的申请（C11）。"}
OWN_BENEFIT: Words = {"en": "Nobody decides on what benefits him (C11).", "zh": "任何人不得审批自己受益的事项（C11）。"}
OWN_DELEGATE: Words = {
    "en": "Nobody decides for who asked or benefits: his delegates stand aside too (C11).",
    "zh": "申请人、受益人的受托人亦须回避（C11）。",
}
TWO_ROLES: Words = {
    "en": "Nobody decides twice in one chain under two roles (C11).",
    "zh": "同一流程中任何人不得以两个角色重复审批（C11）。",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about; a changed content is a new revision."""

    type: str
    id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """How an approval was given outside the system: a signed paper or an e-mail."""

    channel: str
    reference: str
    received_at: datetime
    file_hash: str | None = None
    mail: Mail | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody wants to do about a step; `eligible` are the people who fill its role today."""

    by: str
    choice: Choice
    at: datetime
    step: str | None = None
    comment: str = ""
    evidence: Evidence | None = None
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it stands in the file for ever."""

    step: str
    role: str
    choice: Choice
    by: str
    at: datetime
    comment: str
    evidence: Evidence | None
    on_behalf_of: str | None = None
    round: int = 1


@dataclass(frozen=True, slots=True)
class Assigned:
    """A turn that waits for one person: handed over by `by`; none for an added approver."""

    to: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A frozen route and how far it has been walked.

    `initiator` asked ("system" or a person); `requester` answers for it and, with the initiator and
    `beneficiaries`, decides on none of its steps. `asked` is the content the approval is bound to.
    """

    subject: Subject
    content_hash: str
    route: Chain
    initiator: str
    requester: str
    beneficiaries: frozenset[str]
    account_id: str | None
    state: State
    steps: Mapping[str, StepState]
    opened: Mapping[str, datetime]
    decisions: tuple[Decided, ...] = ()
    terms: Terms = field(default_factory=dict)
    granted_at: datetime | None = None
    asked: Mapping[str, object] = field(default_factory=dict)
    added: tuple[Added, ...] = ()
    rounds: Mapping[str, int] = field(default_factory=dict)
    assigned: Mapping[str, Assigned] = field(default_factory=dict)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The frozen stages and the approvers added to them."""
        return grown(self.route.stages, self.added)

    def turns(self) -> tuple[FrozenStep, ...]:
        return tuple(turns(self.stages))

    def round(self, step: str) -> int:
        """How many times a step has been asked; a return asks it again."""
        return self.rounds.get(step, 1)

    def turn(self, step: str) -> FrozenStep:
        for turn in self.turns():
            if turn.id == step:
                return turn
        raise UnknownStep({"en": f"There is no step {step}.", "zh": f"没有步骤 {step}。"})

    def active(self) -> tuple[FrozenStep, ...]:
        """The turns somebody may take now."""
        return tuple(turn for turn in self.turns() if self.steps[turn.id] is StepState.ACTIVE)


def open_request(request: Request, *, at: datetime) -> Request:
    """The request with its first turns open, after those whose approval it brings along."""
    return advanced(replace(request, state=State.PENDING, steps=_all_waiting(request) | dict(request.steps)), at)


def never_opened(request: Request, move: Move) -> Request:
    """A request that ends before anybody's turn: withdrawn in time, or asked by somebody who may not."""
    waiting = replace(request, state=State.PENDING, steps=_all_waiting(request))
    return _ended(waiting, move)


def _all_waiting(request: Request) -> dict[str, StepState]:
    deciding_stages(request.route)
    return {turn.id: StepState.WAITING for turn in request.turns()}


def named_turn(request: Request, decision: Decision) -> FrozenStep:
    """The turn a decision is about: the one it names, else the only one open."""
    if decision.step is not None:
        return request.turn(decision.step)
    waiting = request.active()
    if len(waiting) > 1:
        steps = ", ".join(turn.id for turn in waiting)
        one_of: Words = {"en": f"one of {steps}", "zh": f"应为下列之一：{steps}"}
        raise StepNotNamed(errors=[FieldError("/step", "missing", one_of)])
    if not waiting:
        raise AlreadyDecided({"en": f"The request is {request.state.en}.", "zh": f"申请{request.state.zh}。"})
    return waiting[0]


def decide(
    request: Request, decision: Decision, *, eligible: frozenset[str], today: date, standing: Standing = ALONE
) -> Request:
    """The request after a decision by one of the `eligible`, the people who fill the turn's role today, or a delegate.

    Refuses what is closed or not yet open, whoever C11 excludes, other roles, an approval without its evidence,
    and terms that are not right or could not help (`today` is the decider's local day).
    """
    turn, behind = admitted_turn(request, decision, eligible=eligible, standing=standing)
    if turn.kind == "act":
        return _acted(request, turn, decision)
    if decision.choice is Choice.REJECT:
        return _rejected(request, turn, decision, behind)
    return _approved(request, turn, decision, behind, today)


def admitted_turn(
    request: Request, decision: Decision, *, eligible: frozenset[str], standing: Standing = ALONE
) -> tuple[FrozenStep, str | None]:
    """The open turn somebody may take, and for whom; raises what keeps him from it."""
    turn = named_turn(request, decision)
    open_for_decision(request, turn)
    if decides(turn):
        refuse_unsegregated(request, turn, decision.by, standing)
    return turn, _takes_it_for(request, turn, decision.by, eligible, standing)


def _takes_it_for(
    request: Request, turn: FrozenStep, person: str, eligible: frozenset[str], standing: Standing
) -> str | None:
    """None for a holder himself; else the first holder he may decide for, or who handed the turn over (C10)."""
    if person in eligible:
        handed = request.assigned.get(turn.id)
        return handed.by if handed else None
    behind = sorted(standing.behind(person))
    if not behind:
        raise NotYourStep({"en": f"{turn.id} is decided by {turn.role}.", "zh": f"{turn.id} 由 {turn.role} 处理。"})
    free = [holder for holder in behind if not decides(turn) or broken_rule(request, turn, holder) is None]
    if not free:
        refuse_unsegregated(request, turn, behind[0])
    return free[0]


def open_for_decision(request: Request, turn: FrozenStep) -> None:
    state = request.steps[turn.id]
    if state is StepState.WAITING:
        raise StepNotOpen({"en": f"{turn.id} waits for what comes before it.", "zh": f"{turn.id} 须等待前序步骤。"})
    if state is not StepState.ACTIVE:
        raise AlreadyDecided({"en": f"{turn.id} is {state.en}.", "zh": f"步骤{turn.id}{state.zh}。"})


def refuse_unsegregated(request: Request, turn: FrozenStep, person: str, standing: Standing = ALONE) -> None:
    """C11: raises SegregationOfDuties with the rule that keeps this person from deciding this turn."""
    rule = broken_rule(request, turn, person, standing)
    if rule is not None:
        raise SegregationOfDuties(rule)


def broken_rule(request: Request, turn: FrozenStep, person: str, standing: Standing = ALONE) -> Words | None:
    """The rule of C11 that excludes a person from a turn, in both languages; none where he may decide."""
    if person in (request.requester, request.initiator):
        return OWN_REQUEST
    if person in request.beneficiaries:
        return OWN_BENEFIT
    if standing.masters(person) & {request.requester, request.initiator, *request.beneficiaries}:
        return OWN_DELEGATE
    return TWO_ROLES if _roles_of(request, person) - {capacity(turn)} else None


def _roles_of(request: Request, person: str) -> set[str]:
    """In which roles a person has decided, has somebody decide for him, or holds or gave away a turn."""
    decided = {one.role for one in request.decisions if person in (one.by, one.on_behalf_of)}
    held = {step for step, handed in request.assigned.items() if person in (handed.to, handed.by)}
    return decided | {capacity(turn) for turn in request.turns() if turn.id in held}


def able_to_act(request: Request, turn: FrozenStep, holders: Iterable[str], standing: Standing = ALONE) -> list[str]:
    """Those of a turn's holders whom C11 does not keep from it; an act may be done by each."""
    free = (user for user in holders if not decides(turn) or broken_rule(request, turn, user, standing) is None)
    return sorted(free)


def withdraw(request: Request, *, by: str) -> Request:
    """The request taken back by the person who made it."""
    if by not in (request.requester, request.initiator):
        raise NotTheRequester()
    return _ended(request, Move.WITHDRAW)


def _acted(request: Request, turn: FrozenStep, decision: Decision) -> Request:
    if decision.choice is not Choice.DONE:
        raise _wrong_choice(turn, "done")
    _no_terms(decision)
    return advanced(_with_step(request, turn, Move.DO), decision.at)


def _rejected(request: Request, turn: FrozenStep, decision: Decision, behind: str | None) -> Request:
    _no_terms(decision)
    if not decision.comment.strip():
        raise ValidationProblem(errors=[FieldError("/comment", "missing", REASON_NEEDED)])
    after = _with_step(filed(request, turn, decision, behind), turn, Move.REFUSE)
    if not any(failed(stage, after.steps) for stage in after.stages):
        return after
    return _ended(after, Move.SEND_BACK if request.route.on_reject == "to_requester" else Move.REJECT)


def _approved(request: Request, turn: FrozenStep, decision: Decision, behind: str | None, today: date) -> Request:
    if decision.choice is not Choice.APPROVE:
        raise _wrong_choice(turn, "approve or reject")
    if turn.kind == "approve":
        _check_evidence(turn, decision)
    after = advanced(_with_step(filed(request, turn, decision, behind), turn, Move.APPROVE), decision.at)
    if after.state is not State.GRANTED:
        _no_terms(decision)
        return after
    about = AskedAbout(today, request.account_id, request.asked)
    chain = request.route
    terms = checked_terms(chain.terms, decision.terms or {}, limits=chain.limits, about=about)
    return replace(after, terms=terms)


REASON_NEEDED: Words = {"en": "a rejection says why", "zh": "拒绝须说明理由"}


def _wrong_choice(turn: FrozenStep, choices: str) -> ValidationProblem:
    takes: Words = {"en": f"{turn.id} takes {choices}", "zh": f"步骤{turn.id}接受：{choices}"}
    return ValidationProblem(errors=[FieldError("/decision", "not_for_this_step", takes)])


def _no_terms(decision: Decision) -> None:
    if decision.terms:
        not_asked: Words = {"en": "only the approval that grants gives terms", "zh": "仅最终批准时可附条件"}
        raise TermsNotAsked(errors=[FieldError("/terms", "not_asked", not_asked)])


def _check_evidence(turn: FrozenStep, decision: Decision) -> None:
    given = decision.evidence
    errors = []
    if given is None or given.channel not in turn.evidence:
        one_of = ", ".join(turn.evidence)
        errors.append(FieldError("/evidence/channel", "missing", {"en": f"one of {one_of}", "zh": f"须为 {one_of}"}))
    elif not given.reference.strip():
        errors.append(FieldError("/evidence/reference", "missing", {"en": "where it is kept", "zh": "须注明凭证编号"}))
    elif given.received_at > decision.at:
        errors.append(FieldError("/evidence/received_at", "in_the_future", {"en": "not yet", "zh": "不得晚于现在"}))
    if errors:
        raise EvidenceMissing(errors=errors)


def filed(request: Request, turn: FrozenStep, decision: Decision, behind: str | None) -> Request:
    """The request with a decision in its file for ever; both names where one decides for another (S-G5)."""
    decided = Decided(
        turn.id,
        capacity(turn),
        decision.choice,
        decision.by,
        decision.at,
        decision.comment.strip(),
        decision.evidence,
        on_behalf_of=behind,
        round=request.round(turn.id),
    )
    return replace(request, decisions=(*request.decisions, decided))


def _with_step(request: Request, turn: FrozenStep, move: Move) -> Request:
    return replace(request, steps={**request.steps, turn.id: moved_step(request.steps[turn.id], move)})


def advanced(request: Request, at: datetime) -> Request:
    """Open what is next, and grant once the last deciding stage is passed."""
    steps, opened = walked(request.stages, request.steps, request.opened, at=at)
    after = replace(request, steps=steps, opened=opened)
    if request.state is State.PENDING and all(passed(stage, steps) for stage in up_to_the_grant(request.stages)):
        return replace(after, state=moved_state(request.state, Move.GRANT), granted_at=at)
    return after


def _ended(request: Request, move: Move) -> Request:
    """Closed before the grant: nobody's turn is left open."""
    return replace(request, state=moved_state(request.state, move), steps=dropped(request.stages, request.steps))
