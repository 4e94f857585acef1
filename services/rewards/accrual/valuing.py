"""A window judged anew: the difference between its worth and what is posted of it becomes lines."""

from collections.abc import Iterable
from typing import Any

from services.rewards.accrual.asking import follow_ask, withdraw_confirmation
from services.rewards.accrual.books import Books, Judgement, Told
from services.rewards.accrual.counting import Tally
from services.rewards.accrual.domain import Change, Judged, TakenBack, moves, standing
from services.rewards.accrual.judging import Measured, granted
from services.rewards.accrual.measures import Known
from services.rewards.accrual.plans import Plan
from services.rewards.accrual.windows import AskState, Window
from services.rewards.facts.accounts import is_frozen
from services.rewards.ledger.domain import Cause
from shared.events.contracts import ContractSigned
from shared.policy.evaluation import Grant

Clawbacks = Iterable[tuple[TakenBack, int]]


def revalue(books: Books, told: Told, window: Window, tally: Tally, clawbacks: Clawbacks = ()) -> None:
    """Judge a counted window with its new sum and post the difference."""
    plan = books.plan_of(window)
    known = Known(account=books.account(window.account_id), moment=told.event.occurred_at)
    measured = Measured(window.key.window, tally, window.journal_from, told.position)
    found = books.judge(plan).judge(measured, known, grants_of(window))
    post_worth(books, told, window, tally=tally, found=found, clawbacks=clawbacks)


def post_worth(
    books: Books, told: Told, window: Window, *, tally: Tally, found: Judged, clawbacks: Clawbacks = ()
) -> None:
    """Post what brings the window to its worth, and open or withdraw the approval that its row asks for."""
    plan = books.plan_of(window)
    books.changed_windows[window.key] = window
    cause, by_business = cause_of(told)
    change = Change(window.tally, tally, window.row, found.row, by_business, tuple(clawbacks), found.ask is not None)
    judgement = Judgement(
        cause,
        told.position,
        told.event.occurred_at,
        found.row,
        window.tally.amount_minor,
        tally.amount_minor,
        found.digest,
    )
    window.tally, window.row = tally, found.row
    if found.total_minor != window.posted.total:
        withdraw_confirmation(books, told, window)
    state = standing(frozen=_held(books, window), unconfirmed=_unconfirmed(plan, window, found), at_once=plan.at_once)
    for move in moves(window.posted, found.total_minor, state, change):
        books.post(window, plan, move, judgement)
    follow_ask(books, told, plan, window, found)


def cause_of(told: Told) -> tuple[Cause, bool]:
    """What the lines of an event are caused by, and whether an order moved or a contract was signed."""
    event: Any = told.event
    order_id = getattr(event, "order_id", None)
    earned = order_id is not None or isinstance(event, ContractSigned)
    return Cause(told.event_id, order_id, getattr(event, "contract_id", None)), earned


def grants_of(window: Window) -> tuple[Grant, ...]:
    """The terms granted to the window, for whatever row asks for them."""
    ask = window.ask
    if ask.state is not AskState.GRANTED:
        return ()
    return (granted(ask.route, ask.request, window.account_id, ask.terms),)


def _held(books: Books, window: Window) -> bool:
    return bool(window.account_id) and is_frozen(books.account(window.account_id))


def _unconfirmed(plan: Plan, window: Window, found: Judged) -> bool:
    return found.pending or (plan.confirmed_by is not None and not window.confirmed)
