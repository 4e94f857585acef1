"""Everything a policy owner can write: the four forms and the plain tables, immutable, hashable and without floats."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    PlainValidator,
    PositiveInt,
    Tag,
    ValidationInfo,
    model_validator,
)

from shared.policy.condition import Condition, Word
from shared.policy.measure import CalendarWindow, Measure
from shared.policy.notation import (
    DAY,
    Cells,
    Duration,
    Number,
    Part,
    Scalar,
    Several,
    Slug,
    Source,
    Validity,
    Words,
    is_number,
    plain,
)
from shared.policy.table import Table

FormName = Literal["conditions", "scorecard", "benefit", "route", "table"]
ColumnKind = Literal[
    "text",
    "words",
    "money",
    "rate",
    "count",
    "date",
    "duration",
    "choice",
    "yes_no",
    "list",
    "currency",
    "time",
    "fact",
]
StartOfEffect = Literal["at_once", "next_month", "window_end"]


class Head(Part):
    """What every document says about itself."""

    id: Slug
    row: Several[str] = Field(min_length=1)
    title: Words
    source: Source
    owner: str
    zone: str
    valid: Validity
    sample: bool = False


class Action(Part):
    """One thing to do about an answer: refuse with a problem, ask a route, record a flag, hold a payment."""

    refuse: str | None = None
    ask: str | None = None
    flag: str | None = None
    hold: str | None = None


class Conditions(Head):
    """Which of these hold, and what is missing? `at` names the moments at which code asks."""

    form: Literal["conditions"]
    scope: Condition | None = None
    subject: str
    at: Several[str] = ()
    require: Condition
    then: Action | None = None
    otherwise: Action | None = None


class Criterion(Part):
    id: Slug
    title: Words
    weight: Number
    measure: Measure
    table: Table


class ByDirection(Part):
    """A rise and a fall may start to work at different times."""

    up: StartOfEffect
    down: StartOfEffect


class Scorecard(Head):
    """Weighted criteria, a score from 0 to 100, a grade; each criterion keeps its evidence.

    Where they `combine` to the lowest, every criterion must reach a grade by itself.
    """

    form: Literal["scorecard"]
    scope: Condition | None = None
    subject: str | Several[str]
    window: CalendarWindow | None = None
    criteria: Several[Criterion] = Field(min_length=1)
    no_evidence: Literal["exclude_and_reweigh", "zero", "block"]
    combine: Literal["weighted", "lowest"] = "weighted"
    grades: Table
    confirm: str | None = None
    takes_effect: Literal["at_once", "next_month"] | ByDirection = "at_once"

    @property
    def subjects(self) -> tuple[str, ...]:
        return (self.subject,) if isinstance(self.subject, str) else self.subject


class Outcome(Part):
    """What a rate or an amount of a row means, and how it is rounded once per reward line."""

    kind: Literal["cash", "points", "discount", "price", "gift"]
    of: Literal["measure", "line", "order"] | Measure | None = None
    currency: str | None = None
    rounding: Literal["half_up", "down"] | None = None
    proration: Literal["whole_month", "daily"] | None = None
    books_to: str | None = None
    published: bool = False


class Timing(Part):
    """When a reward accrues, is settled, is paid and expires."""

    accrue: Literal["on_each_fact", "window_end"]
    pending: Duration | None = None
    confirm: str | None = None
    announce: Duration | None = None
    settle: Literal["at_once", "window_end", "quarter_end"]
    pay: Literal["at_settlement", "month_after"]
    expires: Duration | None = None


class Benefit(Head):
    """Who, on what measure, by which table, gets what, when, and within which guards."""

    form: Literal["benefit"]
    scope: Condition | None = None
    beneficiary: Literal["account", "salesperson", "developer", "branch"]
    measure: Measure
    requires: Condition | None = None
    table: Table
    outcome: Outcome
    timing: Timing | None = None
    stacking: str
    budget: str | None = None
    clawback: Literal["re_evaluate", "per_line"] | None = None


class Step(Part):
    """One role's turn: review and approve decide, act does a thing, copy is told."""

    id: Slug
    role: str
    kind: Literal["review", "approve", "act", "copy"]
    evidence: Several[Literal["signature", "email"]] = ()
    when: Condition | None = None


OnNo = Literal["when_impossible", "stop"]


class Together(Part):
    """Parallel steps; one "no" stops the group at once, or only when what is needed can't be reached any more."""

    id: Slug
    when: Condition | None = None
    on_no: OnNo = "when_impossible"


class AllSteps(Together):
    """Parallel steps that must all be done."""

    all: "Several[AnyStep]" = Field(min_length=1)


class AnySteps(Together):
    """Parallel steps of which one is enough."""

    any: "Several[AnyStep]" = Field(min_length=1)


class AtLeastSteps(Together):
    """Parallel steps of which a number is enough."""

    at_least: PositiveInt
    of: "Several[AnyStep]" = Field(min_length=1)


def _step_shape(step: Any) -> str | None:
    if not isinstance(step, Mapping):
        return type(step).__name__
    found = [name for name in _STEP_SHAPES if name in step]
    return _STEP_SHAPES[found[0]] if len(found) == 1 else None


_STEP_SHAPES = {"role": "Step", "all": "AllSteps", "any": "AnySteps", "of": "AtLeastSteps"}

AnyStep = Annotated[
    Annotated[Step, Tag("Step")]
    | Annotated[AllSteps, Tag("AllSteps")]
    | Annotated[AnySteps, Tag("AnySteps")]
    | Annotated[AtLeastSteps, Tag("AtLeastSteps")],
    Discriminator(
        _step_shape,
        custom_error_type="step_shape",
        custom_error_message="a step names a role, or holds all, any, or at_least with of",
    ),
]


def inside(step: AnyStep) -> tuple[AnyStep, ...]:
    """The steps that run in parallel inside a step; a role's own turn has none."""
    match step:
        case AllSteps():
            return step.all
        case AnySteps():
            return step.any
        case AtLeastSteps():
            return step.of
        case _:
            return ()


def leaves(steps: Iterable[AnyStep]) -> Iterator[Step]:
    """Each role's turn, in the order written."""
    for step in steps:
        if isinstance(step, Step):
            yield step
        yield from leaves(inside(step))


class Sla(Part):
    """The clock of each step, in the business time of a calendar."""

    each: Duration
    remind: Duration
    escalate_to: str
    calendar: str


class TermSays(Part):
    """Another term of the same approval says this word."""

    term: str
    is_: str = Field(alias="is")


class TermLimit(Part):
    """What a term must keep to for the grant to help: `today`, `asked.` and a bound field, or another term.

    An asked window counts by its last day; `in` refers to a bound field that lists what the term may say.
    """

    term: str
    less_than: str | None = None
    at_most: str | None = None
    more_than: str | None = None
    at_least: str | None = None
    in_: str | None = Field(None, alias="in")
    when: TermSays | None = None

    @property
    def comparisons(self) -> tuple[tuple[Word, str], ...]:
        """Each word of comparison as written, with what it refers to."""
        words: tuple[Word, ...] = ("less_than", "at_most", "more_than", "at_least", "in")
        said = ((word, getattr(self, "in_" if word == "in" else word)) for word in words)
        return tuple((word, reference) for word, reference in said if reference is not None)

    @model_validator(mode="after")
    def _compares(self) -> "TermLimit":
        if not self.comparisons:
            raise ValueError("a limit needs a comparison")
        return self


class Route(Head):
    """Who must act, in which order, under which conditions, and which change opens it again."""

    form: Literal["route"]
    subject: str
    initiators: Several[str] = Field(min_length=1)
    steps: Several[AnyStep] = Field(min_length=1)
    on_reject: Literal["end", "to_requester"] = "end"
    bound_to: Several[str] = Field(min_length=1)
    reopens: Condition | None = None
    terms: Several[str] = ()
    limits: Several[TermLimit] = ()
    lasts: Duration | None = None
    sla: Sla


Cell = Scalar | Words | tuple[Scalar, ...]
TableRow = Cells[Cell]


def _cell(kind: ColumnKind | None, value: Any) -> Cell:
    if isinstance(value, float):
        raise ValueError("a whole number, or a decimal in quotes; never a float")
    if isinstance(value, Mapping):
        return Words.model_validate(value)
    if isinstance(value, list | tuple):
        return tuple(_cell(None, inner) for inner in value)  # type: ignore[misc]
    if kind in ("money", "rate") and is_number(value):
        return Decimal(value)
    if kind == "date" and isinstance(value, str) and DAY.fullmatch(value):
        return date.fromisoformat(value)
    return value  # type: ignore[no-any-return]


def _rows(value: Any, info: ValidationInfo) -> tuple[TableRow, ...]:
    columns = info.data.get("columns", {})
    if not isinstance(value, list | tuple) or not all(isinstance(row, Mapping) for row in value):
        raise ValueError("rows are a list of mappings")
    return tuple(Cells({name: _cell(columns.get(name), cell) for name, cell in row.items()}) for row in value)


class TableDocument(Head):
    """A plain dated table. A cell that does not fit its column is kept as written, for lint to name."""

    form: Literal["table"]
    columns: Annotated[Mapping[str, ColumnKind], AfterValidator(Cells)]
    optional: Several[str] = ()
    rows: Annotated[tuple[TableRow, ...], PlainValidator(_rows)]


Document = Conditions | Scorecard | Benefit | Route | TableDocument
FORMS: dict[str, type[Document]] = {
    "conditions": Conditions,
    "scorecard": Scorecard,
    "benefit": Benefit,
    "route": Route,
    "table": TableDocument,
}


def read_document(raw: Mapping[str, Any]) -> Document:
    """A document from YAML or JSON values; pydantic's `ValidationError` names each field that is wrong."""
    form = FORMS.get(raw.get("form", ""), Head)
    return form.model_validate(raw)  # type: ignore[return-value]


def stored_form(document: Document) -> dict[str, Any]:
    """The document as JSON values, anchors expanded and defaults left out; `read_document` reads it back the same."""
    return plain(document)  # type: ignore[no-any-return]


def canonical_json(document: Document) -> str:
    return json.dumps(stored_form(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(document: Document) -> str:
    """SHA-256 of the canonical JSON: equal for equal documents, however they were written."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()
