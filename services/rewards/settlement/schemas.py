"""What clients read of periods and statements."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.rewards.accrual.judging import Judge
from services.rewards.accrual.schemas import MoneyShown, Shown, WordsShown
from services.rewards.ledger.domain import BalanceOf, State
from services.rewards.settlement.domain import Line
from services.rewards.settlement.statements import Judges, Statement
from services.rewards.settlement.words import KINDS
from shared.calendar import following, period
from shared.money import Money


class PeriodShown(Shown):
    period: str = Field(examples=["2021-03"])
    state: str = Field(description="open, grace, closed or paid")
    first_day: date
    last_day: date
    closes_from: date = Field(description="first local day on which it may be closed")
    journal_position: int | None = Field(None, description="the cut: what was journaled up to it belongs to the period")
    closed_at: datetime | None = None
    closed_by: str | None = None
    statements: int | None = None
    closed: list[str] | None = Field(None, description="the months this call has closed, in order")
    totals: list[MoneyShown] | None = Field(None, description="of all statements together, one a currency")
    adjustments: list[MoneyShown] | None = Field(None, description="the part of them that belongs to earlier months")


class LineShown(Shown):
    """One line; `origin_period` is the month it was earned in where that was closed already."""

    reward_id: UUID
    policy: str = Field(examples=["volume-subsidy@1"])
    rows: list[str]
    row: int | None = Field(description="index of the reached row of the policy's table")
    title: WordsShown
    kind: str
    says: WordsShown
    window: str
    origin_period: str | None
    state: str
    pays_in: str = Field(description="the month it is paid in", examples=["2021-04"])
    amount: MoneyShown
    order_id: str | None
    contract_id: str | None
    line: int | None
    occurred_at: datetime
    explanation: str


class WaitingShown(Shown):
    """Earned or pending, and not payable yet."""

    policy: str
    title: WordsShown
    window: str
    state: str
    amount: MoneyShown


class StatementShown(Shown):
    id: UUID | None = Field(description="absent while provisional")
    beneficiary: str
    period: str
    state: str = Field(description="provisional or issued")
    journal_position: int
    lines: list[LineShown]
    totals: list[MoneyShown]
    waiting: list[WaitingShown]


class ExplainedLine(Shown):
    reward_id: UUID
    amount: MoneyShown
    says: str
    text: list[str] = Field(description="the trace in words")
    same_trace: bool


class StatementExplained(Shown):
    id: UUID
    beneficiary: str
    period: str
    language: str
    lines: list[ExplainedLine]


def statement_shown(found: Statement, judges: Judges) -> StatementShown:
    issued = found.statement_id is not None
    return StatementShown(
        id=found.statement_id,
        beneficiary=found.beneficiary,
        period=found.period,
        state="issued" if issued else "provisional",
        journal_position=found.position,
        lines=[_line(line, found.period, judges, issued=issued) for line in found.lines],
        totals=[_money(total) for total in found.totals],
        waiting=[_waiting(balance, amount, judges) for balance, amount in found.waiting],
    )


def _line(line: Line, month: str, judges: Judges, *, issued: bool) -> LineShown:
    posting = line.posting
    judge = judges.get(f"{posting.policy_id}@{posting.version}")
    return LineShown(
        reward_id=posting.posting_id,
        policy=f"{posting.policy_id}@{posting.version}",
        rows=list(posting.clauses),
        row=posting.row,
        title=_title(judge, posting.policy_id),
        kind=posting.kind,
        says=WordsShown(**KINDS[posting.kind]),
        window=posting.window,
        origin_period=posting.origin_period,
        state=State.PAYABLE if issued and posting.target is State.ACCRUED else posting.target,
        pays_in=_pays_in(judge, month),
        amount=_money(line.amount),
        order_id=posting.cause.order_id,
        contract_id=posting.cause.contract_id,
        line=posting.cause.line,
        occurred_at=posting.occurred_at,
        explanation=f"/v1/accruals/{posting.posting_id}/explanation",
    )


def _waiting(balance: BalanceOf, amount: int, judges: Judges) -> WaitingShown:
    judge = next((one for one in judges.values() if one.plan.policy_id == balance.policy_id), None)
    return WaitingShown(
        policy=balance.policy_id,
        title=_title(judge, balance.policy_id),
        window=balance.window,
        state=balance.state,
        amount=MoneyShown.of(amount, balance.currency),
    )


def _pays_in(judge: Judge | None, month: str) -> str:
    """With the salary of the month after, or with the settlement itself."""
    timing = judge.plan.benefit.timing if judge else None
    later = timing is not None and timing.pay == "month_after"
    return following(period(month)).key if later else month


def _title(judge: Judge | None, policy_id: str) -> WordsShown:
    if judge is None:
        return WordsShown(en=policy_id, zh=policy_id)
    return WordsShown(en=judge.plan.benefit.title.en, zh=judge.plan.benefit.title.zh)


def _money(amount: Money) -> MoneyShown:
    return MoneyShown.of(amount.amount_minor, amount.currency)
