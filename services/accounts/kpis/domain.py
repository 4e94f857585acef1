"""A board is what each KPI says of a scope for a period: value, target, weight, light, and what is to be warned of."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from services.accounts.kpis.facts import NO_PLAN, KpiFacts
from services.accounts.kpis.life import end_of
from services.accounts.kpis.material import ScopeMaterial
from services.accounts.targets.domain import Scope, ScopeKind
from shared.calendar import Period
from shared.errors import Conflict, FieldError, ValidationProblem, Words
from shared.policy.evaluation import Case
from shared.policy.ladder import Choices, Ladder
from shared.policy.plan import Plans
from shared.policy.scorecard import CriterionPlan, Rating, ScorecardPlan
from shared.trace import Decision, NoEvidence, Subject

ROW = "KPI"
SUBJECTS = {ScopeKind.rep: "salesperson", ScopeKind.manager: "manager", ScopeKind.branch: "branch"}
CLERK = "employee"
APPRAISAL = "appraisal"
BEST_LIGHT = "green"


class NotYetKnown(ValidationProblem):
    """422 at `as_of` or `known_at`: a day before the period, or one to come."""

    def __init__(self, pointer: str, en: str, zh: str) -> None:
        super().__init__(errors=[FieldError(pointer, "day_out_of_range", {"en": en, "zh": zh}, where="query")])


class PeriodNotOver(Conflict):
    code = "period_not_over"
    title: ClassVar[Words] = {"en": "The period is not over yet", "zh": "期间尚未结束"}


class AlreadyAppraised(Conflict):
    code = "already_appraised"
    title: ClassVar[Words] = {"en": "This period is appraised already", "zh": "该期间已完成考核"}


@dataclass(frozen=True, slots=True)
class Target:
    """The edge of the best light, as the document words it: at_least, more_than, at_most or below a figure."""

    sign: str
    figure: str


@dataclass(frozen=True, slots=True)
class KpiLine:
    """One KPI. `value` is None without evidence, and `because` says why ("no_plan", "no_evidence")."""

    kpi: str
    fact: str
    title: Words
    weight: Decimal
    target: Target | None
    value: Decimal | None
    unit: str
    light: str
    score: Decimal | None
    warn: str
    because: str


@dataclass(frozen=True, slots=True)
class Board:
    """`decision` is the weighted score of it all, with its trace."""

    scope: Scope
    name: str
    span: Period
    as_of: date
    lines: tuple[KpiLine, ...]
    decision: Decision[Rating]
    warn: str = ""

    @property
    def grade(self) -> str:
        return self.decision.outcome.grade

    @property
    def score(self) -> Decimal | None:
        return self.decision.outcome.score


@dataclass(frozen=True, slots=True)
class Warned:
    """A figure under its threshold; `kpi` is a fact's name, or "appraisal" for the whole score."""

    kpi: str
    scope: str
    scope_id: str
    policy: str
    code: str
    value: str
    light: str


def card_for(plans: Plans, *, subject: str, kind: str) -> ScorecardPlan | None:
    """The scorecard in force that appraises a subject by month, quarter or year."""
    cards = (plan for plan in plans if isinstance(plan, ScorecardPlan) and ROW in plan.document.row)
    fitting = (card for card in cards if card.document.window == kind and subject in card.document.subjects)
    return next(fitting, None)


def kind_of(span: Period) -> str:
    """`month`, `quarter` or `year`, by its key."""
    return "year" if "-" not in span.key else "quarter" if "Q" in span.key else "month"


def check_day(span: Period, as_of: date, *, today: date, at: str = "/as_of") -> None:
    """Raises NotYetKnown for a day before the period begins or after today."""
    if as_of > today:
        raise NotYetKnown(at, f"{as_of} is still to come", f"{as_of}尚未到来")
    if as_of < span.first:
        raise NotYetKnown(at, f"{span.key} begins on {span.first}", f"{span.key}自{span.first}开始")


def judge(card: ScorecardPlan, material: ScopeMaterial, *, name: str) -> Board:
    """The board of a scope as of the day its material is known on."""
    until = min(material.known_on, material.span.last)
    subject = Subject(SUBJECTS[material.scope.kind], material.scope.id)
    case = Case(KpiFacts(material), subject, end_of(until, material.zone))
    lines = tuple(_line(criterion, case) for criterion in card.criteria)
    decision = card.decide(case)
    warn = overall_warning(card, decision.outcome)
    return Board(material.scope, name, material.span, material.known_on, lines, decision, warn)


def overall_warning(card: ScorecardPlan, rating: Rating) -> str:
    """What the document warns of where the whole score is this low; nothing where there is no score."""
    if rating.score is None:
        return ""
    return card.grades.rows[card.grades.reach(rating.score)].warn or ""


def warnings_of(board: Board) -> list[Warned]:
    """Each KPI under its threshold, and the whole where it is."""
    kind, scope_id, policy = board.scope.kind.value, board.scope.id, board.decision.policy
    found = [
        Warned(line.fact, kind, scope_id, policy, line.warn, f"{line.value:f}", line.light)
        for line in board.lines
        if line.warn and line.value is not None
    ]
    return [*found, overall(kind, scope_id, board.warn, board.decision)] if board.warn else found


def overall(kind: str, scope_id: str, code: str, decision: Decision[Rating]) -> Warned:
    rating = decision.outcome
    return Warned(APPRAISAL, kind, scope_id, decision.policy, code, f"{rating.score or 0:f}", rating.grade)


def _line(plan: CriterionPlan, case: Case) -> KpiLine:
    scored, criterion = plan.judge(case, None), plan.criterion
    given = scored.node.inputs[0]
    value, unit, light, because = None, "", "", ""
    if isinstance(given, NoEvidence):
        because = "no_plan" if given == NO_PLAN else "no_evidence"
    else:
        value, unit = Decimal(str(given.value)), given.unit
        light = plan.ladder.rows[plan.ladder.reach(plan.question.comparable(given.value))].grade or ""
    return KpiLine(
        kpi=scored.id,
        fact=criterion.measure.fact,
        title={"en": criterion.title.en, "zh": criterion.title.zh},
        weight=scored.weight,
        target=target_of(plan.ladder),
        value=value,
        unit=unit,
        light=light,
        score=scored.score,
        warn=scored.warn,
        because=because,
    )


def target_of(ladder: Ladder | Choices) -> Target | None:
    """Where the best light begins; None for words, and for a table without lights."""
    if isinstance(ladder, Choices):
        return None
    for index, row in enumerate(ladder.rows):
        if row.grade != BEST_LIGHT:
            continue
        if index == 0:
            return Target("at_most" if ladder.upper_edge_inside else "below", _figure(row.to))
        return Target("more_than" if ladder.upper_edge_inside else "at_least", _figure(row.from_))
    return None


def _figure(edge: Any) -> str:
    return f"{Decimal(str(edge)):f}"
