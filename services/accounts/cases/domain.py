"""A development case walks from its pick to won or lost, and no step can be skipped (A7)."""

from enum import StrEnum
from typing import ClassVar

from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.titled import Titled


class Stage(Titled):
    pick = "pick", "picked", "已选定"
    survey = "survey", "surveyed", "已调查"
    screening = "screening", "screened", "已筛选"
    application = "application", "applied for", "已申请"
    manager_review = "manager_review", "manager's review", "经理审核中"
    director_review = "director_review", "director's review", "总监审核中"
    group = "group", "agreed, its group to be formed", "待组建项目组"
    dossier = "dossier", "dossier opened", "已建档"
    execution = "execution", "being executed", "实施中"
    reporting = "reporting", "reported on", "汇报中"
    won = "won", "won", "已成功"
    lost = "lost", "lost", "已失败"


class CaseMove(Titled):
    """`manager_agrees`, `director_agrees` and `send_back` are what approvals answers; people make the others."""

    survey = "survey", "survey", "调查"
    screen = "screen", "screen", "筛选"
    apply = "apply", "apply", "申请"
    submit = "submit", "submit", "提交审核"
    manager_agrees = "manager_agrees", "the manager agrees", "经理同意"
    director_agrees = "director_agrees", "the director agrees", "总监同意"
    send_back = "send_back", "send back", "退回"
    form_group = "form_group", "form the group", "组建项目组"
    open_dossier = "open_dossier", "open the dossier", "建档"
    execute = "execute", "execute", "实施"
    report = "report", "report", "汇报"
    win = "win", "win", "成功结案"
    lose = "lose", "lose", "失败结案"


MOVES: dict[tuple[Stage, CaseMove], Stage] = {
    (Stage.pick, CaseMove.survey): Stage.survey,
    (Stage.survey, CaseMove.survey): Stage.survey,
    (Stage.survey, CaseMove.screen): Stage.screening,
    (Stage.screening, CaseMove.survey): Stage.survey,
    (Stage.screening, CaseMove.apply): Stage.application,
    (Stage.application, CaseMove.apply): Stage.application,
    (Stage.application, CaseMove.submit): Stage.manager_review,
    (Stage.manager_review, CaseMove.manager_agrees): Stage.director_review,
    (Stage.manager_review, CaseMove.send_back): Stage.application,
    (Stage.director_review, CaseMove.director_agrees): Stage.group,
    (Stage.director_review, CaseMove.send_back): Stage.application,
    (Stage.group, CaseMove.form_group): Stage.group,
    (Stage.group, CaseMove.open_dossier): Stage.dossier,
    (Stage.dossier, CaseMove.execute): Stage.execution,
    (Stage.execution, CaseMove.report): Stage.reporting,
    (Stage.reporting, CaseMove.report): Stage.reporting,
    (Stage.reporting, CaseMove.win): Stage.won,
    **{(stage, CaseMove.lose): Stage.lost for stage in Stage if stage not in (Stage.won, Stage.lost)},
}
ANSWERED = frozenset((CaseMove.manager_agrees, CaseMove.director_agrees, CaseMove.send_back))
UNDER_REVIEW = frozenset((Stage.manager_review, Stage.director_review))
CLOSED = frozenset((Stage.won, Stage.lost))


class Fit(StrEnum):
    high = "high"
    fair = "fair"
    weak = "weak"


DETAIL_OF: dict[CaseMove, str] = {
    CaseMove.survey: "survey",
    CaseMove.apply: "application",
    CaseMove.form_group: "group",
    CaseMove.open_dossier: "account_id",
    CaseMove.report: "report",
    CaseMove.lose: "reason",
}
"""What a move has to bring along; the others bring nothing."""


class NoGroup(Problem):
    status = 409
    code = "no_project_group"
    title: ClassVar[Words] = {"en": "The project group is not formed yet", "zh": "项目组尚未组建"}


class AccountOfAnotherBranch(ValidationProblem):
    """422: a case and its dossier belong to one branch."""

    def __init__(self) -> None:
        wrong: Words = {"en": "belongs to another branch than the case", "zh": "与开发案例不属于同一分公司"}
        super().__init__(errors=[FieldError("/account_id", "another_branch", wrong)])


def check_details(move: CaseMove, given: set[str]) -> None:
    """A move brings exactly what it needs; raises ValidationProblem that points at each wrong field."""
    needed = {DETAIL_OF[move]} if move in DETAIL_OF else set()
    missing: Words = {"en": f"needed to {move.en}", "zh": f"“{move.zh}”须提供此项"}
    extra: Words = {"en": f"not needed to {move.en}", "zh": f"“{move.zh}”不需要此项"}
    wrong = [FieldError(f"/{name}", "missing", missing) for name in sorted(needed - given)]
    wrong += [FieldError(f"/{name}", "not_of_this_move", extra) for name in sorted(given - needed)]
    if wrong:
        raise ValidationProblem(errors=wrong)
