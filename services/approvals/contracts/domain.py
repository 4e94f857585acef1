"""A contract's life: which moves are possible, what an edit does to its approval, and when it may be signed (C13)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar

from services.approvals.contracts.content import Content
from shared.errors import Conflict, Problem, Words
from shared.money import ExchangeRate, Money
from shared.titled import Titled


class State(Titled):
    DRAFT = "draft", "a draft", "草稿"
    SUBMITTED = "submitted", "submitted", "已提交"
    APPROVED = "approved", "approved", "已批准"
    SIGNED = "signed", "signed", "已签订"
    ACTIVE = "active", "active", "履行中"
    SUSPENDED = "suspended", "suspended", "已中止"
    TERMINATED = "terminated", "terminated", "已终止"
    EXPIRED = "expired", "expired", "已到期"


class Move(Titled):
    SUBMIT = "submit", "be submitted", "提交"
    APPROVE = "approve", "be approved", "批准"
    SEND_BACK = "send_back", "be sent back", "退回"
    REVISE = "revise", "be revised", "修改"
    SIGN = "sign", "be signed", "签订"
    ACTIVATE = "activate", "be activated", "生效"
    SUSPEND = "suspend", "be suspended", "中止"
    RESUME = "resume", "be resumed", "恢复"
    TERMINATE = "terminate", "be terminated", "终止"
    EXPIRE = "expire", "expire", "到期"


MOVES: Mapping[tuple[State, Move], State] = {
    (State.DRAFT, Move.SUBMIT): State.SUBMITTED,
    (State.DRAFT, Move.REVISE): State.DRAFT,
    (State.SUBMITTED, Move.APPROVE): State.APPROVED,
    (State.SUBMITTED, Move.SEND_BACK): State.DRAFT,
    (State.SUBMITTED, Move.REVISE): State.DRAFT,
    (State.APPROVED, Move.REVISE): State.DRAFT,
    (State.APPROVED, Move.SIGN): State.SIGNED,
    (State.SIGNED, Move.ACTIVATE): State.ACTIVE,
    (State.SIGNED, Move.TERMINATE): State.TERMINATED,
    (State.ACTIVE, Move.SUSPEND): State.SUSPENDED,
    (State.ACTIVE, Move.TERMINATE): State.TERMINATED,
    (State.ACTIVE, Move.EXPIRE): State.EXPIRED,
    (State.SUSPENDED, Move.RESUME): State.ACTIVE,
    (State.SUSPENDED, Move.TERMINATE): State.TERMINATED,
    (State.SUSPENDED, Move.EXPIRE): State.EXPIRED,
}
COUNTED_FOR_ROUTING = frozenset((State.SUBMITTED, State.APPROVED, State.SIGNED, State.ACTIVE))


class AccountMerged(Conflict):
    """Another account goes on for it: what is agreed from now on is agreed with that one."""

    code = "account_merged"
    title: ClassVar[Words] = {"en": "The account was merged into another", "zh": "该客户已合并到另一客户"}

    def __init__(self, number: str, into_number: str) -> None:
        said: Words = {
            "en": f"Account {number} goes on as {into_number}: draft the contract for that one.",
            "zh": f"客户{number}已并入{into_number}，请以后者起草合同。",
        }
        super().__init__(said)


class ContractNotInState(Problem):
    status = 409
    code = "contract_not_in_state"
    title: ClassVar[Words] = {"en": "The contract is not in a state for this", "zh": "合同当前状态不允许此操作"}


class BackdatedWithoutReason(Problem):
    """S-D6: a contract may begin before it is submitted, but somebody says why."""

    status = 409
    code = "backdated_without_reason"
    title: ClassVar[Words] = {"en": "A backdated contract needs a reason", "zh": "倒签合同须说明理由"}


class SignedInTheFuture(Problem):
    status = 422
    code = "signed_in_the_future"
    title: ClassVar[Words] = {"en": "Nobody has signed tomorrow", "zh": "签署日期不得晚于今天"}


class ActiveInTheFuture(Problem):
    status = 422
    code = "active_in_the_future"
    title: ClassVar[Words] = {"en": "A contract works from the day it is made active", "zh": "生效日期不得晚于今天"}


class SignedBeforeApproval(Problem):
    status = 409
    code = "signed_before_approval"
    title: ClassVar[Words] = {"en": "Signed before it was approved", "zh": "签署日期早于审批"}


class ActiveBeforeSignature(Problem):
    status = 409
    code = "active_before_signature"
    title: ClassVar[Words] = {"en": "It works from its signature at the earliest", "zh": "生效日期不得早于签署日期"}


@dataclass(frozen=True, slots=True)
class Submission:
    """What was frozen when a revision went to its approvers."""

    request_id: str
    policy: str
    content_hash: str
    amount: Money
    routing_amount: Money | None
    rates: tuple[ExchangeRate, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """The grant of one submission; past `lasts_until` it no longer carries a signature."""

    content_hash: str
    granted_at: datetime
    lasts_until: datetime | None

    def in_force(self, content_hash: str, at: datetime) -> bool:
        return self.content_hash == content_hash and (self.lasts_until is None or at < self.lasts_until)


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with its present revision; `submission` and `approval` are of this revision or none."""

    id: str
    number: str
    account_id: str
    branch: str
    initiator: str
    state: State
    revision: int
    content: Content
    submission: Submission | None = None
    approval: Approval | None = None
    signed_on: date | None = None
    active_on: date | None = None


def moved(contract: Contract, move: Move) -> Contract:
    """The contract after a move of the table; raises ContractNotInState."""
    try:
        return replace(contract, state=MOVES[contract.state, move])
    except KeyError:
        raise ContractNotInState(
            {
                "en": f"A contract that is {contract.state.en} cannot {move.en}.",
                "zh": f"合同当前为“{contract.state.zh}”，不能{move.zh}。",
            }
        ) from None


def revise(contract: Contract, content: Content) -> Contract:
    """The contract with other content: a draft again, and a new revision once the present one has been submitted."""
    return _fresh_revision(replace(moved(contract, Move.REVISE), content=content))


def _fresh_revision(contract: Contract) -> Contract:
    if contract.submission is None:
        return contract
    return replace(contract, revision=contract.revision + 1, submission=None, approval=None)


def ready_to_submit(contract: Contract, *, today: date) -> Contract:
    """The revision that is about to be submitted; raises ContractNotInState or BackdatedWithoutReason.

    What came back rejected or withdrawn goes again as a new revision, changed or not.
    """
    moved(contract, Move.SUBMIT)
    if contract.content.valid_from < today and not contract.content.backdating_reason.strip():
        raise BackdatedWithoutReason(
            {
                "en": f"It begins on {contract.content.valid_from}, before today, {today}.",
                "zh": f"开始日 {contract.content.valid_from} 早于今天 {today}。",
            }
        )
    return _fresh_revision(contract)


def submit(contract: Contract, submission: Submission) -> Contract:
    return replace(moved(contract, Move.SUBMIT), submission=submission)


def approve(contract: Contract, approval: Approval) -> Contract:
    return replace(moved(contract, Move.APPROVE), approval=approval)


def send_back(contract: Contract) -> Contract:
    """Rejected, returned or withdrawn: a draft again."""
    return moved(contract, Move.SEND_BACK)


def sign(contract: Contract, *, signed_on: date, approved_on: date, today: date) -> Contract:
    """The signed contract; a signature is never of tomorrow, nor of a day before the approval."""
    if signed_on > today:
        raise SignedInTheFuture()
    if signed_on < approved_on:
        raise SignedBeforeApproval()
    return replace(moved(contract, Move.SIGN), signed_on=signed_on)


def activate(contract: Contract, *, active_on: date, today: date) -> Contract:
    """The contract at work from a day that has come, its signature's at the earliest."""
    if active_on > today:
        raise ActiveInTheFuture()
    if contract.signed_on is not None and active_on < contract.signed_on:
        raise ActiveBeforeSignature()
    return replace(moved(contract, Move.ACTIVATE), active_on=active_on)
