"""A visit is planned, approved, paid for in advance, reported, checked, and reimbursed as far as committed (A8)."""

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from typing import ClassVar

from shared.errors import FieldError, Forbidden, ValidationProblem, Words
from shared.money import Money
from shared.titled import Titled


class VisitKind(StrEnum):
    """Each is the name of the route that approves it."""

    visit = "visit"
    reception = "reception"


class VisitState(Titled):
    planned = "planned", "planned", "已计划"
    under_review = "under_review", "under review", "审批中"
    approved = "approved", "approved", "已批准"
    committed = "committed", "committed", "已核定"
    reported = "reported", "reported", "已报告"
    checked = "checked", "checked", "已检查"
    claimed = "claimed", "claimed", "已申报费用"
    extra_review = "extra_review", "extra expense under review", "超额审批中"
    reimbursed = "reimbursed", "reimbursed", "已报销"
    called_off = "called_off", "called off", "已取消"


class VisitMove(Titled):
    """`approve`, `send_back`, `grant_extra` and `refuse_extra` are what approvals answers."""

    revise = "revise", "revise", "修改计划"
    submit = "submit", "submit", "提交审批"
    approve = "approve", "approve", "批准"
    send_back = "send_back", "send back", "退回"
    commit = "commit", "commit the budget", "核定预算"
    report = "report", "report", "报告"
    check = "check", "check", "检查"
    return_report = "return_report", "return the report", "退回报告"
    claim = "claim", "claim", "申报费用"
    ask_extra = "ask_extra", "ask for more", "申请超额"
    grant_extra = "grant_extra", "grant more", "批准超额"
    refuse_extra = "refuse_extra", "refuse more", "不批超额"
    reimburse = "reimburse", "reimburse", "报销"
    call_off = "call_off", "call off", "取消"


MOVES: dict[tuple[VisitState, VisitMove], VisitState] = {
    (VisitState.planned, VisitMove.revise): VisitState.planned,
    (VisitState.planned, VisitMove.submit): VisitState.under_review,
    (VisitState.planned, VisitMove.call_off): VisitState.called_off,
    (VisitState.under_review, VisitMove.approve): VisitState.approved,
    (VisitState.under_review, VisitMove.send_back): VisitState.planned,
    (VisitState.under_review, VisitMove.call_off): VisitState.called_off,
    (VisitState.approved, VisitMove.commit): VisitState.committed,
    (VisitState.approved, VisitMove.call_off): VisitState.called_off,
    (VisitState.committed, VisitMove.report): VisitState.reported,
    (VisitState.committed, VisitMove.call_off): VisitState.called_off,
    (VisitState.reported, VisitMove.check): VisitState.checked,
    (VisitState.reported, VisitMove.return_report): VisitState.committed,
    (VisitState.checked, VisitMove.claim): VisitState.claimed,
    (VisitState.claimed, VisitMove.claim): VisitState.claimed,
    (VisitState.claimed, VisitMove.ask_extra): VisitState.extra_review,
    (VisitState.claimed, VisitMove.reimburse): VisitState.reimbursed,
    (VisitState.extra_review, VisitMove.grant_extra): VisitState.claimed,
    (VisitState.extra_review, VisitMove.refuse_extra): VisitState.claimed,
}
ASKING = frozenset((VisitState.under_review, VisitState.extra_review))


class OwnPaper(Forbidden):
    """403: nobody checks his own report, or pays his own expense."""

    code = "own_paper"
    title: ClassVar[Words] = {"en": "Nobody decides on what is his own", "zh": "不得处理本人的单据"}


class AboveBudget(ValidationProblem):
    """422: finance commits at most what was approved."""

    def __init__(self, budget: Money) -> None:
        wrong: Words = {
            "en": f"at most the approved budget of {budget} {budget.currency}",
            "zh": f"不得超过已批预算{budget} {budget.currency}",
        }
        super().__init__(errors=[FieldError("/amount/amount", "above_budget", wrong)])


class OtherCurrency(ValidationProblem):
    """422: a visit is planned, committed and claimed in one currency."""

    def __init__(self, pointer: str, currency: str) -> None:
        wrong: Words = {"en": f"in {currency}, as planned", "zh": f"应与计划一致，以{currency}计"}
        super().__init__(errors=[FieldError(pointer, "other_currency", wrong)])


class DayBehind(ValidationProblem):
    """422: what is planned lies ahead; money is committed before the visit it is for, not after."""

    def __init__(self, pointer: str, first: date) -> None:
        wrong: Words = {"en": f"on {first} or later", "zh": f"须为{first}或之后"}
        super().__init__(errors=[FieldError(pointer, "day_too_early", wrong)])


class ReceiptUsed(ValidationProblem):
    """422 at each receipt that pays twice: in this claim, or another visit's."""

    def __init__(self, places: Collection[int]) -> None:
        wrong: Words = {"en": "this receipt is claimed already", "zh": "该票据已报销"}
        super().__init__(errors=[FieldError(f"/receipts/{place}", "receipt_used", wrong) for place in sorted(places)])


def check_not_before(day: date, *, first: date, pointer: str) -> None:
    """Raises DayBehind."""
    if day < first:
        raise DayBehind(pointer, first)


def repeated(receipts: Sequence[str]) -> set[int]:
    """The places of the receipts that stand in the list before."""
    return {place for place, receipt in enumerate(receipts) if receipt in receipts[:place]}


def check_commitment(amount: Money, budget: Money) -> None:
    """Raises OtherCurrency, AboveBudget."""
    if amount.currency != budget.currency:
        raise OtherCurrency("/amount/currency", budget.currency)
    if amount.amount_minor > budget.amount_minor:
        raise AboveBudget(budget)


def check_not_own(user_id: str, author: str | None) -> None:
    """Raises OwnPaper."""
    if user_id == author:
        raise OwnPaper
