"""What clients read about accruals: the amount, where it stands, and why."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.rewards.accrual.domain import Part, Working
from services.rewards.accrual.judging import Judge
from services.rewards.ledger.domain import Posting
from shared.money import Money


class Shown(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MoneyShown(Shown):
    """Major units as decimal text."""

    amount: str = Field(examples=["88000.00"])
    currency: str = Field(examples=["CNY"])

    @classmethod
    def of(cls, amount_minor: int, currency: str) -> Self:
        return cls(amount=str(Money(amount_minor, currency)), currency=currency)


class WordsShown(Shown):
    en: str
    zh: str


class AccrualShown(Shown):
    """One posting of the accrual engine. `from_state` is absent where the amount comes from the policy's expense."""

    id: UUID
    beneficiary: str = Field(examples=["account:0190a7c2-…"])
    account_id: str | None
    policy: str = Field(examples=["volume-subsidy@1"])
    rows: list[str] = Field(description="rows of policies.md the policy carries", examples=[["P4", "R1"]])
    reached_row: int | None = Field(description="index of the reached row of the policy's table")
    window: str = Field(examples=["2021-03"])
    period: str = Field(description="month it was booked in", examples=["2021-03"])
    origin_period: str | None = Field(description="month it was earned in, where that was closed already")
    kind: str = Field(examples=["accrual"])
    from_state: str | None
    state: str = Field(examples=["accrued"])
    amount: MoneyShown
    measure_before: MoneyShown | int | None
    measure_after: MoneyShown | int | None
    journal_position: int
    occurred_at: datetime
    event_id: UUID | None
    order_id: str | None
    contract_id: str | None
    line: int | None
    explanation: str = Field(description="where the whole trace is read")


def accrual_shown(posting: Posting, judge: Judge | None) -> AccrualShown:
    currency = judge.plan.currency if judge else None
    return AccrualShown(
        id=posting.posting_id,
        beneficiary=posting.beneficiary,
        account_id=posting.account_id,
        policy=f"{posting.policy_id}@{posting.version}",
        rows=list(posting.clauses),
        reached_row=posting.row,
        window=posting.window,
        period=posting.period,
        origin_period=posting.origin_period,
        kind=posting.kind,
        from_state=posting.source,
        state=posting.target,
        amount=MoneyShown.of(posting.amount_minor, posting.currency),
        measure_before=_measure(posting.measure_before, currency),
        measure_after=_measure(posting.measure_after, currency),
        journal_position=posting.position,
        occurred_at=posting.occurred_at,
        event_id=posting.cause.event_id,
        order_id=posting.cause.order_id,
        contract_id=posting.cause.contract_id,
        line=posting.cause.line,
        explanation=f"/v1/accruals/{posting.posting_id}/explanation",
    )


def _measure(amount: int | None, currency: str | None) -> MoneyShown | int | None:
    return None if amount is None else _measured(amount, currency)


def _measured(amount: int, currency: str | None) -> MoneyShown | int:
    return MoneyShown.of(amount, currency) if currency else amount


class WorkingShown(Shown):
    """How the line's own amount follows: the window's worth before and after its event, and which part of it this is.

    `change`: total − posted_before. `new`: total × (measure_after − measure_before) ÷ measure_after. `rest`: total −
    posted_before − beside. `returned`: −(share_held × quantity_returned ÷ quantity_held_before), where share_held is
    posted_before × line_measure ÷ measure_before by largest remainder. `moved`: from one state to another.
    """

    part: Part
    posted_before: MoneyShown
    total: MoneyShown
    measure_before: MoneyShown | int
    measure_after: MoneyShown | int
    beside: MoneyShown | None = Field(None, description="the other lines of the same event")
    line_measure: MoneyShown | int | None = Field(None, description="what the returned line put into the measure")
    share_held: MoneyShown | None = Field(None, description="what the returned line held of posted_before")
    quantity_returned: int | None = None
    quantity_held_before: int | None = None


def working_shown(working: Working, currency: str, measured_in: str | None) -> WorkingShown:
    taken = working.taken
    shown = WorkingShown(
        part=working.part,
        posted_before=MoneyShown.of(working.posted_before, currency),
        total=MoneyShown.of(working.total, currency),
        measure_before=_measured(working.measure_before, measured_in),
        measure_after=_measured(working.measure_after, measured_in),
        beside=MoneyShown.of(working.beside, currency) if working.part is Part.REST else None,
    )
    if taken is None:
        return shown
    return shown.model_copy(
        update={
            "line_measure": _measured(taken.measure_minor, measured_in),
            "share_held": MoneyShown.of(taken.share_minor, currency),
            "quantity_returned": taken.returned,
            "quantity_held_before": taken.held,
        }
    )


class ExplanationShown(Shown):
    """The decision rebuilt at the posting's journal position by the same pure evaluator that made it."""

    accrual: AccrualShown
    posting: WorkingShown
    text: list[str] = Field(description="the trace and the line's own sum in words, in Accept-Language's language")
    decision: dict[str, Any] = Field(description="outcome and whole trace, enough to recompute the amount")
    same_trace: bool = Field(description="whether the rebuilt trace has the digest stored with the posting")


class GapShown(Shown):
    """The smallest rise of the measure that reaches the next row."""

    amount: MoneyShown | str
    to: str = Field(examples=["table.rows[2]"])


class ProgressShown(Shown):
    policy: str
    title: WordsShown
    window: str
    measure: MoneyShown | int
    reached_row: int | None
    worth: MoneyShown
    state: Literal["gives", "nothing", "asks", "pending", "no_evidence", "out_of_scope"]
    gap: GapShown | None
    approval: str = Field(description="none, open, granted, rejected or withdrawn: of a row without a figure")
    text: list[str]
