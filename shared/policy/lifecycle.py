"""A policy goes from draft to proposed to published by two persons; what is published never changes, only ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden, NotFound, ValidationProblem, Words
from shared.policy.findings import Finding, refusals
from shared.policy.forms import AllSteps, AnyStep, AnySteps, AtLeastSteps, Document, Route, Step, leaves


class DraftState(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    PUBLISHED = "published"


_MOVES: Mapping[tuple[DraftState, str], DraftState] = {
    (DraftState.DRAFT, "propose"): DraftState.PROPOSED,
    (DraftState.PROPOSED, "publish"): DraftState.PUBLISHED,
}


class UnknownPolicy(NotFound):
    code = "unknown_policy"
    title: ClassVar[Words] = {"en": "There is no such policy here", "zh": "没有此政策"}


class UnknownDraft(NotFound):
    code = "unknown_draft"
    title: ClassVar[Words] = {"en": "There is no such draft here", "zh": "没有此草案"}


class WrongDraftState(Conflict):
    code = "wrong_draft_state"
    title: ClassVar[Words] = {"en": "The draft is not at that point", "zh": "草案当前状态不允许此操作"}


class DraftOutdated(Conflict):
    code = "draft_outdated"
    title: ClassVar[Words] = {"en": "Another version was published meanwhile", "zh": "期间已发布其他版本"}


class NothingChanged(Conflict):
    code = "nothing_changed"
    title: ClassVar[Words] = {"en": "The document is the published one", "zh": "内容与已发布版本相同"}


class PolicyOfAnotherService(Conflict):
    code = "policy_of_another_service"
    title: ClassVar[Words] = {"en": "Another service publishes this policy", "zh": "该政策由其他服务发布"}


class OtherPolicyNamed(ValidationProblem):
    code = "other_policy_named"
    title: ClassVar[Words] = {"en": "The document has another id than the address", "zh": "文件编号与地址不符"}


class PolicyNotClean(ValidationProblem):
    code = "policy_not_clean"
    title: ClassVar[Words] = {"en": "Lint has findings", "zh": "政策检查未通过"}

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(errors=refusals(findings))
        self.findings = findings


class RetroactiveWithoutReason(ValidationProblem):
    code = "retroactive_without_reason"
    title: ClassVar[Words] = {"en": "A start in the past needs a reason", "zh": "追溯生效须说明理由"}

    def __init__(self, valid_from: date) -> None:
        detail: Words = {
            "en": f"{valid_from.isoformat()} is past: say why in `retroactive_reason`.",
            "zh": f"{valid_from.isoformat()}已过：请在retroactive_reason中说明理由。",
        }
        super().__init__(detail, errors=[FieldError("/retroactive_reason", "missing", detail)])


class NotTheMaker(Forbidden):
    code = "not_the_maker"
    title: ClassVar[Words] = {"en": "Who wrote a draft proposes it", "zh": "草案须由起草人提交"}


class MakerCannotPublish(Forbidden):
    code = "maker_cannot_publish"
    title: ClassVar[Words] = {"en": "A second person publishes a policy", "zh": "政策须由第二人发布"}


class NotThePublisher(Forbidden):
    code = "not_the_publisher"
    title: ClassVar[Words] = {"en": "The publication route asks another role", "zh": "发布流程须由其他角色决定"}


class EndorsedAlready(Conflict):
    code = "endorsed_already"
    title: ClassVar[Words] = {"en": "Nobody decides twice on one publication", "zh": "同一人不得两次决定同一发布"}


@dataclass(frozen=True)
class Published:
    """One immutable version, with the service that mounts it; a decision names it as `policy`."""

    document: Document
    version: int
    service: str
    content_hash: str
    maker: str
    checker: str
    published_at: datetime
    retroactive_reason: str | None = None
    withdrawn: bool = False

    @property
    def id(self) -> str:
        return self.document.id

    @property
    def policy(self) -> str:
        return f"{self.document.id}@{self.version}"


@dataclass(frozen=True)
class Draft:
    """A document on its way, or the version it takes back; `based_on` is the newest version its maker saw."""

    draft_id: UUID
    policy_id: str
    document: Mapping[str, Any] | None
    withdraws: int | None
    reason: str | None
    based_on: int
    state: DraftState
    maker: str
    checker: str | None
    drafted_at: datetime
    proposed_at: datetime | None
    published_at: datetime | None
    endorsements: tuple[Mapping[str, str], ...] = ()

    @property
    def endorsed(self) -> frozenset[str]:
        """The steps of the publication route that were decided."""
        return frozenset(one["step"] for one in self.endorsements)


def moved(state: DraftState, act: str) -> DraftState:
    """The state after `propose` or `publish`; any other move raises WrongDraftState."""
    try:
        return _MOVES[state, act]
    except KeyError:
        detail: Words = {
            "en": f"A draft that is {state.value} cannot {act}.",
            "zh": f"状态为{state.value}的草案不能{act}。",
        }
        raise WrongDraftState(detail) from None


def in_force(versions: Iterable[Published], on: date) -> dict[str, Published]:
    """The version of each policy that holds on a day.

    A newer version supersedes the older ones from its own first day, also where it ends before they would.
    """
    begun: dict[str, Published] = {}
    for one in versions:
        newest = begun.get(one.id)
        if one.withdrawn or one.document.valid.from_ > on or (newest and newest.version > one.version):
            continue
        begun[one.id] = one
    return {policy: one for policy, one in begun.items() if one.document.valid.covers(on)}


def newest(versions: Iterable[Published]) -> dict[str, Published]:
    """The newest version of each policy that is not withdrawn, whether it is in force already or not."""
    found: dict[str, Published] = {}
    for one in versions:
        if not one.withdrawn and (one.id not in found or found[one.id].version < one.version):
            found[one.id] = one
    return found


def refuse_undeclared_past(document: Document, *, today: date, reason: str | None) -> None:
    """Raises RetroactiveWithoutReason for a first day that has passed, unless somebody says why."""
    if document.valid.from_ < today and not (reason or "").strip():
        raise RetroactiveWithoutReason(document.valid.from_)


def open_steps(route: Route, endorsed: frozenset[str]) -> tuple[Step, ...]:
    """The deciding steps of the route `policy-publication` whose turn it is; none when all is decided (C10)."""
    for step in route.steps:
        if not _is_decided(step, endorsed):
            return tuple(one for one in leaves((step,)) if not _is_decided(one, endorsed))
    return ()


def step_for(steps: Iterable[Step], *, document: Document, roles: frozenset[str]) -> Step:
    """The step one of the roles may decide; `policy_owner` is the document's owner. Raises NotThePublisher."""
    asked = {_role(step, document): step for step in steps}
    for role, step in asked.items():
        if role in roles:
            return step
    named = ", ".join(asked)
    raise NotThePublisher({"en": f"Asked now: {named}.", "zh": f"当前须由{named}决定。"})


def _role(step: Step, document: Document) -> str:
    return document.owner if step.role == "policy_owner" else step.role


def _is_decided(step: AnyStep, endorsed: frozenset[str]) -> bool:
    match step:
        case Step():
            return step.kind not in ("review", "approve") or step.id in endorsed
        case AllSteps():
            return all(_is_decided(one, endorsed) for one in step.all)
        case AnySteps():
            return any(_is_decided(one, endorsed) for one in step.any)
        case AtLeastSteps():
            return sum(_is_decided(one, endorsed) for one in step.of) >= step.at_least
