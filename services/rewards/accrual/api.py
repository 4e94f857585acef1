"""Routes of accruals: what was earned, where it stands, and why."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual import repository
from services.rewards.accrual.dependencies import (
    AsOf,
    Beneficiary,
    Judges,
    Known,
    KnownMoment,
    check_seen,
    language,
    seen_by,
)
from services.rewards.accrual.explaining import books_at, explain
from services.rewards.accrual.judging import Judge, Measured
from services.rewards.accrual.measures import Known as KnownFacts
from services.rewards.accrual.schemas import (
    AccrualShown,
    ExplanationShown,
    GapShown,
    MoneyShown,
    ProgressShown,
    WordsShown,
    accrual_shown,
    working_shown,
)
from services.rewards.accrual.valuing import grants_of
from services.rewards.accrual.windows import Window
from services.rewards.accrual.working import told
from services.rewards.facts import repository as facts
from services.rewards.facts.accounts import Account
from services.rewards.ledger.domain import Posting
from services.rewards.ledger.models import PostingRow
from services.rewards.ledger.repository import read_posting
from shared.auth.principal import Principal
from shared.canonical import plain
from shared.errors import NotFound
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router
from shared.money import Money
from shared.policy.explain import explain as in_words
from shared.policy.speech import Language
from shared.policy.worth import Award
from shared.trace import Decision, Gap, Node

router = Router(tags=["accruals"])

Reader = Annotated[Principal, allowed("accruals.read")]
AccrualPath = Annotated[UUID, Path(description="the accrual's id")]


@router.get("/accruals")
async def list_accruals(
    *,
    session: Session,
    page: PageQuery,
    judges: Judges,
    known: Known,
    caller: Reader,
    as_of: AsOf = None,
    beneficiary: Beneficiary = None,
    policy: Annotated[str | None, Query(max_length=100, description="the policy's id, without a version")] = None,
    period: Annotated[
        str | None, Query(pattern=r"^\d{4}-\d{2}$", description="the month it was booked in", examples=["2021-03"])
    ] = None,
    order_id: Annotated[str | None, Query(max_length=100, description="what came of this order (P10)")] = None,
) -> Page[AccrualShown]:
    """Amounts that moved and judgements that changed nothing, oldest first: as of one time, as known at another."""
    query = seen_by(caller.reach("accruals.read"), select(PostingRow))
    for column, wanted in (
        (PostingRow.beneficiary, beneficiary),
        (PostingRow.policy_id, policy),
        (PostingRow.period, period),
        (PostingRow.order_id, order_id),
    ):
        query = query.where(column == wanted) if wanted is not None else query
    query = query.where(PostingRow.occurred_at <= as_of) if as_of is not None else query
    query = query.where(PostingRow.position <= known.until) if known.until is not None else query
    by = oldest_first(PostingRow.position, PostingRow.posting_id)
    return await read_page(session, query, asked=page, by=by, show=lambda row: _shown(read_posting(row), judges))


@router.get("/accruals/{accrual_id}")
async def read_accrual(accrual_id: AccrualPath, session: Session, judges: Judges, caller: Reader) -> AccrualShown:
    """One of them."""
    return _shown(await _find(session, accrual_id, caller), judges)


@router.get("/accruals/{accrual_id}/explanation")
async def explain_accrual(
    accrual_id: AccrualPath, request: Request, session: Session, judges: Judges, caller: Reader
) -> ExplanationShown:
    """Why: the trace, rebuilt at the posting's journal position, in words and as data."""
    posting = await _find(session, accrual_id, caller)
    found = await explain(session, [posting], judges=judges)
    if posting.posting_id not in found:
        raise NotFound
    explained, spoken = found[posting.posting_id], language(request)
    measured_in = judges[f"{posting.policy_id}@{posting.version}"].plan.currency
    return ExplanationShown(
        accrual=_shown(posting, judges),
        posting=working_shown(explained.working, posting.currency, measured_in),
        text=[*in_words(explained.decision, spoken), *told(posting, explained.working, measured_in, spoken)],
        decision=plain(explained.decision),
        same_trace=explained.same_trace,
    )


@router.get("/accounts/{account_id}/progress")
async def read_progress(
    *,
    account_id: Annotated[str, Path(max_length=100, description="the account's id")],
    request: Request,
    session: Session,
    judges: Judges,
    known: Known,
    caller: Annotated[Principal, allowed("progress.read")],
    period: Annotated[str | None, Query(max_length=40, description="only windows that settle in this month")] = None,
) -> Page[ProgressShown]:
    """Where each benefit of the account stands, and how much more reaches the next tier."""
    await check_seen(session, caller.reach("progress.read"), f"account:{account_id}")
    account, windows = await _as_known(session, account_id, known, judges)
    shown = []
    for window in windows:
        judge = judges.get(f"{window.key.policy_id}@{window.version}")
        if judge is not None and judge.plan.is_counted and period in (None, window.period):
            facts_known = KnownFacts(account=account, moment=known.at)
            measured = Measured(window.key.window, window.tally, window.journal_from, window.journal_from)
            decision = judge.decide(measured, facts_known, grants_of(window))
            shown.append(_progress(judge, window, decision, language(request)))
    return Page(items=shown, next=None)


async def _as_known(
    session: AsyncSession, account_id: str, known: KnownMoment, judges: Judges
) -> tuple[Account, Collection[Window]]:
    """The account and its windows as they are, or as they stood at the position that `known_at` names."""
    if known.until is not None:
        books = await books_at(session, account_id, position=known.until, judges=judges)
        return books.account(account_id), books.windows_of(account_id)
    accounts = await facts.accounts(session, [account_id])
    windows = await repository.windows(session, account_ids=[account_id])
    return accounts.get(account_id, Account(account_id)), windows.values()


async def _find(session: AsyncSession, accrual_id: UUID, caller: Principal) -> Posting:
    query = seen_by(caller.reach("accruals.read"), select(PostingRow)).where(PostingRow.posting_id == accrual_id)
    row: PostingRow | None = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound
    return read_posting(row)


def _shown(posting: Posting, judges: Judges) -> AccrualShown:
    return accrual_shown(posting, judges.get(f"{posting.policy_id}@{posting.version}"))


def _progress(judge: Judge, window: Window, decision: Decision[Award], spoken: Language) -> ProgressShown:
    plan, measure = judge.plan, window.tally.amount_minor
    return ProgressShown(
        policy=plan.name,
        title=WordsShown(en=plan.benefit.title.en, zh=plan.benefit.title.zh),
        window=window.key.window,
        measure=MoneyShown.of(measure, plan.currency) if plan.currency else measure,
        reached_row=window.row,
        worth=MoneyShown.of(window.posted.total, window.currency),
        state=decision.outcome.state.value,
        gap=_gap(decision.trace),
        approval=window.ask.state,
        text=list(in_words(decision, spoken)),
    )


def _gap(trace: Node) -> GapShown | None:
    gap: Gap | None = next((node.gap for node in trace.inside if node.rule.what == "row"), None)
    if gap is None:
        return None
    amount = gap.amount
    shown = MoneyShown.of(amount.amount_minor, amount.currency) if isinstance(amount, Money) else str(amount)
    return GapShown(amount=shown, to=gap.to)
