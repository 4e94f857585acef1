"""Shapes of stock, allocations and delivery promises over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.pricing.allocation.models import AllocationRow, PromiseRow, StockEntryRow
from services.pricing.schemas import Answer, Code, Quantity, Request, Sku, Text
from shared.http.moments import Day
from shared.policy.registry import load_registry

LineNumber = Annotated[int, Field(ge=1, le=32_000)]


class NewStock(Request):
    sku: Sku
    branch: Code
    quantity: Quantity
    received_on: Day | None = Field(None, description="the local day; today if left out, never a day to come")
    reference: Text = Field(description="the paper it came with", examples=["GRN 2021/117"])


class WriteOff(Request):
    sku: Sku
    branch: Code
    quantity: Quantity
    reason: Text


class StockAnswer(Answer):
    sku: str
    branch: str
    on_hand: int
    allocated: int = Field(description="to open order lines")
    free: int
    short_by: int = Field(description="what open lines want beyond it")


class StockEntryAnswer(Answer):
    id: UUID
    sku: str
    branch: str
    kind: Literal["received", "delivered", "written_off"]
    quantity: int = Field(description="what was added; less than nothing where it went out")
    on_day: date
    reference: str
    recorded_at: datetime
    recorded_by: str


class Reason(Answer):
    fact: str
    title: str = Field(description="in the reader's language")
    value: str | None = Field(description="as the ranking saw it; absent: it comes last")
    decided: bool = Field(description="whether this put the line behind the one before it")


class AllocationAnswer(Answer):
    rank: int
    sku: str
    branch: str
    order_id: UUID
    line: int
    account_id: UUID
    wanted: int = Field(description="pieces still to deliver")
    quantity: int = Field(description="pieces it gets")
    policy: str = Field(description="the version of the ranking document that put it here")
    why: list[Reason]
    explanation: str
    allocated_at: datetime


class NewPromise(Request):
    order_id: UUID
    line: LineNumber
    promised_on: Day
    reason: Text


class PromiseAnswer(Answer):
    order_id: UUID
    line: int
    branch: str
    promised_on: date
    reason: str
    promised_by: str
    promised_at: datetime


def show_entry(row: StockEntryRow) -> StockEntryAnswer:
    names = ("id", "sku", "branch", "kind", "quantity", "on_day", "reference", "recorded_at", "recorded_by")
    return StockEntryAnswer(**{name: getattr(row, name) for name in names})


def show_promise(row: PromiseRow) -> PromiseAnswer:
    return PromiseAnswer(**{name: getattr(row, name) for name in PromiseAnswer.model_fields})


def show_allocation(row: AllocationRow, language: Literal["en", "zh"]) -> AllocationAnswer:
    facts = load_registry().facts
    titles = {fact: facts[fact].meaning.en if language == "en" else facts[fact].meaning.zh for fact, _ in row.why}
    why = [
        Reason(fact=fact, title=titles[fact], value=value, decided=fact == row.decided_by) for fact, value in row.why
    ]
    return AllocationAnswer(
        rank=row.rank,
        sku=row.sku,
        branch=row.branch,
        order_id=row.order_id,
        line=row.line,
        account_id=row.account_id,
        wanted=row.wanted,
        quantity=row.quantity,
        policy=row.policy,
        why=why,
        explanation=_explained(row, titles, language),
        allocated_at=row.allocated_at,
    )


def _explained(row: AllocationRow, titles: dict[str, str], language: Literal["en", "zh"]) -> str:
    """One sentence: the place, what it gets, and what decided."""
    if language == "zh":
        behind = f"；因“{titles[row.decided_by]}”排在前一行之后" if row.decided_by else ""
        return f"第{row.rank}位：需{row.wanted}件，分得{row.quantity}件{behind}（{row.policy}）。"
    behind = f"; behind the line before it by “{titles[row.decided_by]}”" if row.decided_by else ""
    return f"Place {row.rank}: {row.quantity} of the {row.wanted} pieces it waits for{behind} ({row.policy})."
