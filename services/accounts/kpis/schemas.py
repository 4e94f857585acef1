"""Shapes of boards, appraisals and warnings over HTTP; figures are text."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.accounts.targets.schemas import Id
from shared.errors import Words
from shared.http.field_errors import not_valid

Level = Literal["high", "fair", "weak"]
Light = Literal["green", "amber", "red", ""]
FOR_CLERKS: Words = {
    "en": "answers are given for an office clerk, and for nobody else",
    "zh": "考核内勤须填写评答，其他人员不得填写",
}


class BoardScope(StrEnum):
    """Whose board."""

    rep = "rep"
    manager = "manager"
    branch = "branch"


class TargetOut(BaseModel):
    """Where the best light begins: `at_least 1`, `below 1` …"""

    sign: Literal["at_least", "more_than", "at_most", "below"]
    figure: str = Field(examples=["1"])


class KpiOut(BaseModel):
    kpi: str = Field(description="the criterion of the scorecard", examples=["plan"])
    fact: str = Field(examples=["kpi.plan_completion"])
    title: str = Field(description="in the language of Accept-Language")
    weight: str = Field(description="of a hundred", examples=["30"])
    target: TargetOut | None
    value: str | None = Field(description="six digits, cut; null without evidence", examples=["0.854321"])
    unit: str = Field(examples=["share of one"])
    light: Light = Field(description="empty without evidence")
    score: str | None = Field(description="points, 0 to 100", examples=["70"])
    warning: str | None = Field(description="the code of the threshold it is under")
    because: str | None = Field(description="why there is no value: no_plan or no_evidence")


class BoardOut(BaseModel):
    """What each KPI says of one scope; a KPI without evidence or plan takes no part in the score."""

    scope: BoardScope
    scope_id: str
    name: str
    period: str
    as_of: date
    known_at: AwareDatetime | None = Field(description="null where everything recorded until now is looked at")
    policy: str = Field(examples=["kpi-quarter@1"])
    score: str | None = Field(description="weighted, two digits, cut", examples=["74.50"])
    grade: Light
    warning: str | None
    kpis: list[KpiOut]


class ClerkAnswers(BaseModel):
    """The appraiser's answers about an office clerk."""

    model_config = ConfigDict(extra="forbid")

    skill: Level
    investigation: Level
    problem_solving: Level
    innovation: Level


class NewAppraisal(BaseModel):
    """Of a rep, a manager or a branch by its KPIs, or of an office clerk (`employee`) by the appraiser's answers."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"scope": "branch", "scope_id": "kinshasa", "period": "2021-Q1"}]},
    )

    scope: Literal["rep", "manager", "branch", "employee"]
    scope_id: Id
    period: Annotated[str, Field(pattern=r"^\d{4}(-Q[1-4])?$", description="a quarter or a year that is over")]
    answers: ClerkAnswers | None = None

    @model_validator(mode="after")
    def _answers_for_clerks(self) -> "NewAppraisal":
        if (self.scope == "employee") != (self.answers is not None):
            raise not_valid(FOR_CLERKS)
        return self


class AppraisalOut(BaseModel):
    id: str
    scope: Literal["rep", "manager", "branch", "employee"]
    scope_id: str
    period: str
    as_of: date
    policy: str
    score: str | None = Field(description="two digits, cut")
    grade: str | None
    warning: str | None = Field(examples=["appraisal_warning"])
    appraised_by: str
    appraised_at: AwareDatetime


class AppraisalExplained(BaseModel):
    """Each criterion, what was found, its points, and the grade."""

    language: str
    lines: list[str]
    decision: dict[str, Any]


class WarningOut(BaseModel):
    """A KPI that ended a period under its threshold: recorded once for each (KPI, scope, period)."""

    id: str
    kpi: str = Field(description='a fact\'s name, or "appraisal" for the whole score')
    scope: str
    scope_id: str
    period: str
    policy: str
    code: str
    value: str
    light: str
    recorded_at: AwareDatetime
