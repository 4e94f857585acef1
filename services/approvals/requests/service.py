"""The use cases of a request: sought, decided, withdrawn; each records its events and its line in the audit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances, branch_scoped_roles
from services.approvals.delegations.repository import in_force as delegations_in_force
from services.approvals.requests import announcements, repository
from services.approvals.requests.acting import Acting, acting_on
from services.approvals.requests.domain import (
    AlreadyDecided,
    Decision,
    Request,
    Subject,
    decide,
    named_turn,
    never_opened,
    open_request,
    withdraw,
)
from services.approvals.requests.models import RequestRow
from services.approvals.requests.returning import carried_over
from services.approvals.requests.standing import masters_of
from services.approvals.requests.states import Move, State, StepState
from services.approvals.routing.domain import admitted
from services.approvals.routing.reasons import ALWAYS
from services.approvals.routing.repository import roles_held
from services.approvals.routing.service import Routed, freeze_route, step_due_at
from shared import audit
from shared.auth.principal import Reach
from shared.calendar import Duration
from shared.errors import Problem, Words
from shared.http.conditional import require_version
from shared.ids import new_id
from shared.policy.evaluation import Facts
from shared.trace import Subject as PolicySubject

SUPERSEDED: Words = {"en": "a newer revision was submitted", "zh": "已提交新版本"}


class AskContradictsItself(Problem):
    """S-E2: the same revision of a subject came again with another content."""

    status = 409
    code = "ask_contradicts_itself"
    title: ClassVar[Words] = {"en": "This revision was asked with another content", "zh": "同一版本的申请内容不一致"}


class InitiatorNotAdmitted(Problem):
    """C4: the route names who may start it."""

    status = 403
    code = "initiator_not_admitted"
    title: ClassVar[Words] = {"en": "This route is started by other roles", "zh": "该流程由其他角色发起"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody seeks approval of; `requester` answers for it (C11), `initiator` asked ("system" or a person)."""

    subject: Subject
    content_hash: str
    content: Mapping[str, Any]
    route: str
    about: PolicySubject
    facts: Facts
    initiator: str
    requester: str
    beneficiaries: frozenset[str] = frozenset()
    account_id: str | None = None
    branch: str | None = None
    title: Words | None = None
    adds_up: Words | None = None


async def seek_approval(session: AsyncSession, ask: Ask, *, at: Circumstances) -> RequestRow:
    """Freeze the route and open its first steps; the same revision asked again answers the same request.

    Raises UnknownRoute, RouteNotDecidable, NobodyDecides, InitiatorNotAdmitted or AskContradictsItself.
    """
    known = await repository.request_of_subject(session, ask.subject)
    if known is not None:
        return _same(known, ask)
    routed = await freeze_admitted(session, ask, at=at)
    return await _open(session, ask, routed, at=at)


async def _returned_before(session: AsyncSession, subject: Subject) -> Request | None:
    """The revision before, if it was returned to its requester: of the same content its approvals stand (S-G8)."""
    older = [row for row in await repository.other_revisions(session, subject) if row.revision < subject.revision]
    last = max(older, key=lambda row: row.revision, default=None)
    return repository.request_of(last) if last is not None and last.state == State.RETURNED else None


def freeze_ask(ask: Ask, *, at: Circumstances) -> Routed:
    """The route of an ask, the same for its preview; a step that compares says what adds up to the figure (C12)."""
    routed = freeze_route(ask.route, subject=ask.about, facts=ask.facts, branch=ask.branch, at=at)
    adds_up = ask.adds_up
    if adds_up is None:
        return routed
    why: dict[str, Words] = {
        step: said
        if said == ALWAYS
        else {"en": f"{said['en']}; {adds_up['en']}", "zh": f"{said['zh']}；{adds_up['zh']}"}
        for step, said in routed.why.items()
    }
    return replace(routed, why=why)


async def freeze_admitted(session: AsyncSession, ask: Ask, *, at: Circumstances) -> Routed:
    """The frozen route of an ask whose initiator may start it (C4); raises InitiatorNotAdmitted."""
    routed = freeze_ask(ask, at=at)
    roles = await roles_held(session, ask.initiator, on=at.today)
    if not admitted(routed.initiators, initiator=ask.initiator, roles=roles):
        names = ", ".join(routed.initiators)
        raise InitiatorNotAdmitted({"en": f"{ask.route}: {names} (C4).", "zh": f"{ask.route}：{names}（C4）。"})
    return routed


def _same(known: RequestRow, ask: Ask) -> RequestRow:
    if known.content_hash != ask.content_hash:
        raise AskContradictsItself({"en": f"Request {known.id}.", "zh": f"申请 {known.id}。"})
    return known


async def _open(session: AsyncSession, ask: Ask, routed: Routed, *, at: Circumstances) -> RequestRow:
    fresh = _unopened(ask, routed)
    before = await _returned_before(session, ask.subject)
    request = open_request(fresh if before is None else carried_over(fresh, before), at=at.now)
    row = await _file(session, ask, routed, request, at=at)
    announcements.requested(session, row, request, at=at.now)
    await _end_older_revisions(session, ask.subject, at=at)
    await note(session, row, ask.initiator, "approval.requested", {"route": row.policy}, at=at)
    return row


async def file_refused_ask(
    session: AsyncSession, ask: Ask, *, move: Move, because: Words, at: Circumstances
) -> RequestRow:
    """A request that ends before anybody's turn, kept and answered: withdrawn in time, or not admitted."""
    routed = freeze_ask(ask, at=at)
    request = never_opened(_unopened(ask, routed), move)
    row = await _file(session, ask, routed, request, at=at)
    row.closed_because = because
    announcements.closed(session, row, because, at=at.now)
    await note(session, row, ask.initiator, f"approval.{row.state}", dict(because), at=at)
    return row


def _unopened(ask: Ask, routed: Routed) -> Request:
    return Request(
        subject=ask.subject,
        content_hash=ask.content_hash,
        route=routed.chain,
        initiator=ask.initiator,
        requester=ask.requester,
        beneficiaries=ask.beneficiaries,
        account_id=ask.account_id,
        state=State.PENDING,
        steps={},
        opened={},
        asked=ask.content,
    )


async def _file(session: AsyncSession, ask: Ask, routed: Routed, request: Request, *, at: Circumstances) -> RequestRow:
    owner = ask.content.get("owner")
    filing = repository.Filing(
        content=dict(ask.content),
        title=ask.title or routed.title,
        branch=ask.branch,
        owner=owner if isinstance(owner, str) else None,
        reasons={"why": routed.why, "trace": routed.trace},
        branch_scoped=branch_scoped_roles(),
    )
    row = RequestRow(id=str(new_id()), requested_at=at.now, version=1)
    await repository.add_request(session, request, filing=filing, row=row)
    set_due(row, request, at=at)
    return row


async def _end_older_revisions(session: AsyncSession, subject: Subject, *, at: Circumstances) -> None:
    """A newer revision takes back what is still pending of the older ones (S-G1)."""
    for row in await repository.other_revisions(session, subject):
        if row.revision < subject.revision and row.state in (State.PENDING, State.RETURNED):
            request = repository.request_of(row)
            await _close(session, row, withdraw(request, by=request.requester), because=SUPERSEDED, at=at)


@dataclass(frozen=True, slots=True)
class Doing:
    """By whom something is done to a request, on which version of it, and how far his permission reaches."""

    by: str
    expected_version: int
    reach: Reach
    at: Circumstances


async def decide_step(
    session: AsyncSession,
    request_id: str,
    decision: Decision,
    *,
    expected_version: int,
    reach: Reach,
    at: Circumstances,
) -> RequestRow:
    """Take a step; raises what `requests.domain.decide` raises, NotFound, or PreconditionFailed for a stale version."""
    doing = Doing(decision.by, expected_version, reach, at)
    row, before, acting = await open_turn(session, request_id, decision, doing=doing)
    turn = named_turn(before, decision)
    after = decide(before, decision, eligible=acting.eligible, today=at.today, standing=acting.standing)
    await save_decision(session, row, before, after, at=at)
    filed = after.decisions[len(before.decisions) :]
    behind = {"on_behalf_of": filed[0].on_behalf_of} if filed and filed[0].on_behalf_of else {}
    detail = {"step": turn.id, "decision": str(decision.choice), "content_hash": row.content_hash, **behind}
    await note(session, row, decision.by, "approval.decided", detail, at=at)
    return row


async def open_turn(
    session: AsyncSession, request_id: str, decision: Decision, *, doing: Doing
) -> tuple[RequestRow, Request, Acting]:
    """The request, locked, with who may take the turn a decision is about.

    Raises NotFound, AlreadyDecided, PreconditionFailed, or what keeps the turn from being named.
    """
    behind = (await masters(session, at=doing.at)).get(decision.by, frozenset())
    row = await repository.request_for_update(session, request_id, reach=doing.reach, behind=behind)
    before = repository.request_of(row)
    if decision.step is not None:
        _refuse_decided(before, decision.step)
    require_version(row.version, expected=doing.expected_version)
    turn = named_turn(before, decision)
    step = next(step for step in row.steps if step.step == turn.id)
    return row, before, await acting_on(session, step, at=doing.at)


async def masters(session: AsyncSession, *, at: Circumstances) -> Mapping[str, frozenset[str]]:
    """By delegate, everybody who lets him decide at this moment."""
    return masters_of(await delegations_in_force(session, now=at.now))


def _refuse_decided(request: Request, step: str) -> None:
    """Whoever comes second hears that the step is decided, rather than that the version is old (S-G7)."""
    state = request.steps.get(step)
    if state not in (None, StepState.ACTIVE, StepState.WAITING):
        raise AlreadyDecided({"en": f"{step} is {state.en}.", "zh": f"步骤{step}{state.zh}。"})


async def save_decision(
    session: AsyncSession, row: RequestRow, before: Request, after: Request, *, at: Circumstances
) -> None:
    await repository.save_walk(session, row, after)
    set_due(row, after, at=at)
    for decided in after.decisions[len(before.decisions) :]:
        announcements.step_decided(session, row, decided)
    if before.state is after.state:
        return
    if after.state is State.GRANTED:
        lasts = after.route.lasts
        row.lasts_until = Duration.parse(lasts).since(at.now, at.zone) if lasts else None
        announcements.granted(session, row, at=at.now)
    else:
        reason = after.decisions[-1].comment
        because: Words = {"en": reason, "zh": reason}
        row.closed_because = because
        announcements.closed(session, row, because, at=at.now)


async def withdraw_request(
    session: AsyncSession, request_id: str, *, by: str, reason: Words, reach: Reach, at: Circumstances
) -> RequestRow:
    """Take back one's own request; raises NotTheRequester, MoveNotPossible or NotFound."""
    row = await repository.request_for_update(session, request_id, reach=reach)
    await _close(session, row, withdraw(repository.request_of(row), by=by), because=reason, at=at)
    await note(session, row, by, "approval.withdrawn", dict(reason), at=at)
    return row


async def withdraw_ask(session: AsyncSession, subject: Subject, *, reason: str, at: Circumstances) -> RequestRow | None:
    """The asking service takes its ask back: what still waits is withdrawn, what has not come yet will be."""
    row = await repository.request_of_subject(session, subject, lock=True)
    because: Words = {"en": reason, "zh": reason}
    if row is None:
        await repository.remember_withdrawn_ask(session, subject, reason=reason)
    elif row.state in (State.PENDING, State.RETURNED):
        request = repository.request_of(row)
        await _close(session, row, withdraw(request, by=request.requester), because=because, at=at)
        await note(session, row, request.requester, "approval.withdrawn", because, at=at)
    return row


async def withdraw_superseded(
    session: AsyncSession, subject: Subject, *, because: Words, by: str, at: Circumstances
) -> None:
    """Its subject was changed while it was pending: the request of that revision is withdrawn (S-G1)."""
    row = await repository.request_of_subject(session, subject, lock=True)
    if row is not None and row.state in (State.PENDING, State.RETURNED):
        request = repository.request_of(row)
        await _close(session, row, withdraw(request, by=request.requester), because=because, at=at)
        await note(session, row, by, "approval.withdrawn", dict(because), at=at)


async def _close(session: AsyncSession, row: RequestRow, after: Request, *, because: Words, at: Circumstances) -> None:
    await repository.save_walk(session, row, after)
    row.closed_because = because
    announcements.closed(session, row, because, at=at.now)


def set_due(row: RequestRow, request: Request, *, at: Circumstances) -> None:
    for step in row.steps:
        if step.state == StepState.ACTIVE and step.opened_at is not None and step.due_at is None:
            step.due_at = step_due_at(request.route, step.opened_at, branch=step.branch, at=at)


async def note(
    session: AsyncSession, row: RequestRow, actor: str, action: str, detail: Mapping[str, Any], *, at: Circumstances
) -> None:
    entry = audit.Entry(at.now, actor, action, f"request/{row.id}", {"subject": _subject(row), **detail})
    await audit.append(session, entry)


def _subject(row: RequestRow) -> str:
    return f"{row.subject_type}/{row.subject_id}@{row.revision}"
