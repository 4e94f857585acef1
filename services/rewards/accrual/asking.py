"""Some rows give no figure but a route, and some rewards wait for a signature: one ask a window."""

from typing import Any, Final

from services.rewards.accrual.books import Books, Told
from services.rewards.accrual.domain import Judged
from services.rewards.accrual.plans import Plan
from services.rewards.accrual.windows import Ask, AskState, Window, WindowKey
from shared.asking import sought
from shared.events.approvals import ApprovalGranted, ApprovalRejected
from shared.events.asks import ApprovalAskWithdrawn, ApprovalSought
from shared.money import Money

BENEFIT: Final = "benefit"
AWARD: Final = "award"
SYSTEM: Final = "system"


def follow_ask(books: Books, told: Told, plan: Plan, window: Window, found: Judged) -> None:
    """Reaching a row without a figure opens one approval, falling below it withdraws it (S-A6, C6)."""
    if found.ask is None:
        _withdraw_unneeded(books, told, window)
    elif window.ask.state in (AskState.NONE, AskState.WITHDRAWN):
        window.ask = window.ask.opened(found.ask)
        books.asks.append(_sought(books, told, plan, window, found.ask))


def withdraw_confirmation(books: Books, told: Told, window: Window) -> None:
    """What is being confirmed changed: the approval was asked for another amount (S-G1)."""
    if window.confirmation.state is AskState.OPEN:
        books.asks.append(_withdrawn(told, window, AWARD, window.confirmation, "the amount changed"))
        window.confirmation = window.confirmation.moved(AskState.WITHDRAWN)


def answer(books: Books, told: Told) -> Window | None:
    """Keep what approvals said about a window; None where the answer is to something else or to an old revision."""
    event: Any = told.event
    key = WindowKey.named(event.subject_id)
    window = books.windows.get(key) if key and event.subject_type in (BENEFIT, AWARD) else None
    if window is None:
        return None
    asked = window.ask if event.subject_type == BENEFIT else window.confirmation
    if asked.revision != event.revision or asked.state is not AskState.OPEN:
        return None
    answered = _answered(asked, event)
    if event.subject_type == BENEFIT:
        window.ask = answered
    else:
        window.confirmation = answered
    return window


def _answered(asked: Ask, event: Any) -> Ask:
    if isinstance(event, ApprovalGranted):
        granted = asked.moved(AskState.GRANTED)
        return granted._replace(request=event.request_id, terms=event.terms, granted_at=event.granted_at)
    return asked.moved(AskState.REJECTED if isinstance(event, ApprovalRejected) else AskState.WITHDRAWN)


def _withdraw_unneeded(books: Books, told: Told, window: Window) -> None:
    if window.ask.state is AskState.OPEN:
        books.asks.append(_withdrawn(told, window, BENEFIT, window.ask, "the window no longer reaches that row"))
    if window.ask.state in (AskState.OPEN, AskState.REJECTED):
        window.ask = window.ask.moved(AskState.WITHDRAWN)


def _sought(books: Books, told: Told, plan: Plan, window: Window, route: str) -> ApprovalSought:
    measure = Money(window.tally.amount_minor, plan.currency).to_json() if plan.currency else window.tally.amount_minor
    content = {
        "account": window.account_id,
        "policy": plan.name,
        "window": window.key.window,
        "measure": measure,
    }
    title = plan.benefit.title
    return sought(
        occurred_at=told.event.occurred_at,
        subject=(BENEFIT, window.key.subject_id),
        revision=window.ask.revision,
        account_id=window.account_id,
        branch=books.account(window.account_id).branch,
        content=content,
        route=route,
        requester=SYSTEM,
        title=(f"{title.en}, {window.key.window}", f"{title.zh}，{window.key.window}"),
    )


def _withdrawn(told: Told, window: Window, subject_type: str, ask: Ask, reason: str) -> ApprovalAskWithdrawn:
    return ApprovalAskWithdrawn(
        occurred_at=told.event.occurred_at,
        subject_type=subject_type,
        subject_id=window.key.subject_id,
        revision=ask.revision,
        account_id=window.account_id,
        reason=reason,
    )
