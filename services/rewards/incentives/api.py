"""Routes of confirmations: a rep submits his new-product sale, the route's people confirm it."""

from typing import Annotated

from fastapi import Request
from sqlalchemy import or_, select

from services.rewards.accrual.asking import AWARD
from services.rewards.accrual.dependencies import benefits_of, own_user
from services.rewards.accrual.models import WindowState
from services.rewards.accrual.repository import read_window
from services.rewards.accrual.schemas import MoneyShown
from services.rewards.accrual.windows import Window
from services.rewards.facts.models import AccountState
from services.rewards.incentives.schemas import BonusSubmitted, ConfirmationShown
from services.rewards.incentives.service import Submission, find_reward, submit_bonus
from shared.auth.principal import Principal
from shared.auth.scope import within
from shared.errors import NotFound
from shared.http.dependencies import Now, Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router

router = Router(tags=["bonuses"])


@router.post("/bonus-confirmations", status_code=201)
async def submit_bonus_confirmation(
    *,
    wanted: BonusSubmitted,
    request: Request,
    session: Session,
    now: Now,
    caller: Annotated[Principal, allowed("bonuses.submit")],
) -> ConfirmationShown:
    """Submit a pending bonus; its policy's route decides (C8)."""
    posting = await find_reward(session, wanted.reward_id)
    account = await session.get(AccountState, posting.account_id or "")
    person = posting.beneficiary.partition(":")[2]
    reach = caller.reach("bonuses.submit")
    if not reach.covers(branch=account.branch if account else None, user_id=person):
        raise NotFound
    submission = Submission(posting, caller.user_id, now)
    return _shown(await submit_bonus(session, submission, policies=benefits_of(request)))


@router.get("/bonus-confirmations")
async def list_bonus_confirmations(
    session: Session, page: PageQuery, caller: Annotated[Principal, allowed("bonuses.read")]
) -> Page[ConfirmationShown]:
    """What waits for a confirmation, and what was answered."""
    reach = caller.reach("bonuses.read")
    query = (
        select(WindowState)
        .outerjoin(AccountState, AccountState.account_id == WindowState.account_id)
        .where(within(reach, branch=AccountState.branch, user=own_user(WindowState.beneficiary)))
        .where(or_(WindowState.confirmation.is_not(None), WindowState.pending_minor != 0))
    )
    by = oldest_first(WindowState.policy_id, WindowState.beneficiary, WindowState.window_key)
    return await read_page(session, query, asked=page, by=by, show=lambda row: _shown(read_window(row)))


def _shown(window: Window) -> ConfirmationShown:
    return ConfirmationShown(
        beneficiary=window.key.beneficiary,
        policy=f"{window.key.policy_id}@{window.version}",
        window=window.key.window,
        state=window.confirmation.state,
        pending=MoneyShown.of(window.posted.pending, window.currency),
        payable=MoneyShown.of(window.posted.payable, window.currency),
        subject_type=AWARD,
        subject_id=window.key.subject_id,
        revision=window.confirmation.revision,
        route=window.confirmation.route,
    )
