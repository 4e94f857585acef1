"""A pending bonus is submitted for confirmation: its approval is bound to contract, salesperson and amount (C8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual import repository
from services.rewards.accrual.asking import AWARD
from services.rewards.accrual.plans import Plan
from services.rewards.accrual.service import Policies
from services.rewards.accrual.windows import AskState, Window, WindowKey
from services.rewards.facts.repository import accounts
from services.rewards.ledger.domain import Posting
from services.rewards.ledger.repository import find_posting
from shared.asking import sought
from shared.errors import Conflict, NotFound, Words
from shared.events.asks import ApprovalSought
from shared.money import Money
from shared.outbox import record


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"
    title: ClassVar[Words] = {"en": "Nothing of this reward waits for a confirmation", "zh": "该奖励没有待确认的金额"}


class AlreadySubmitted(Conflict):
    code = "already_submitted"
    title: ClassVar[Words] = {"en": "This reward is submitted already", "zh": "该奖励已提交确认"}


@dataclass(frozen=True, slots=True)
class Submission:
    """Who submits which reward, and when."""

    posting: Posting
    requester: str
    now: datetime


async def find_reward(session: AsyncSession, reward_id: UUID) -> Posting:
    """Raises NotFound."""
    posting = await find_posting(session, reward_id)
    if posting is None:
        raise NotFound
    return posting


async def submit_bonus(session: AsyncSession, submission: Submission, *, policies: Policies) -> Window:
    """Ask the route of the reward's policy to confirm what is pending; raises NothingToConfirm, AlreadySubmitted."""
    await repository.open_books(session, alone=False)
    key = WindowKey(submission.posting.policy_id, submission.posting.beneficiary, submission.posting.window)
    window = (await repository.windows(session, keys=[key]))[key]
    plan = (await policies.judges(session))[f"{key.policy_id}@{window.version}"].plan
    if plan.confirmed_by is None or window.posted.pending <= 0:
        raise NothingToConfirm
    if window.confirmation.state in (AskState.OPEN, AskState.GRANTED):
        raise AlreadySubmitted
    window.confirmation = window.confirmation.opened(plan.confirmed_by)
    await repository.keep_windows(session, [window])
    account = (await accounts(session, [window.account_id])).get(window.account_id)
    record(session, _sought(submission, window, plan, account.branch if account else None))
    return window


def _sought(submission: Submission, window: Window, plan: Plan, branch: str | None) -> ApprovalSought:
    amount, title = Money(window.posted.pending, window.currency), plan.benefit.title
    salesperson = window.key.beneficiary.partition(":")[2]
    content = {
        "contract": window.key.window.partition(":")[2],
        "salesperson": salesperson,
        "amount": amount.to_json(),
    }
    return sought(
        occurred_at=submission.now,
        subject=(AWARD, window.key.subject_id),
        revision=window.confirmation.revision,
        account_id=window.account_id,
        branch=branch,
        content=content,
        route=window.confirmation.route,
        requester=submission.requester,
        beneficiaries=(salesperson,),
        title=(f"{title.en}: {amount} {amount.currency}", f"{title.zh}：{amount} {amount.currency}"),
    )
