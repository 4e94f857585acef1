"""Routes of the ledger: accounts, entries, balances at any time, and its verification."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy import func, select, text

from services.rewards.accrual.dependencies import AsOf, Beneficiary, Judges, Known
from services.rewards.accrual.schemas import MoneyShown
from services.rewards.ledger.models import EntryRow, PostingRow
from services.rewards.ledger.schemas import (
    BalanceShown,
    DifferenceShown,
    EntryShown,
    HeadShown,
    LedgerAccountShown,
    VerdictShown,
)
from services.rewards.ledger.service import ledger_head
from services.rewards.ledger.verifying import verify
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router, without_idempotency_key

router = Router(tags=["ledger"])
_reads = [allowed("ledger.read")]


@router.get("/ledger/accounts", dependencies=_reads)
async def list_ledger_accounts(
    session: Session,
    page: PageQuery,
    prefix: Annotated[str, Query(max_length=100, description="only accounts whose name begins so")] = "",
) -> Page[LedgerAccountShown]:
    """Every account of the ledger with its balance; what has been granted stands in `expense:…` with a minus."""
    keys: tuple[Any, ...] = (EntryRow.account, EntryRow.currency)
    query = (
        select(*keys, func.sum(EntryRow.amount_minor).label("amount"))
        .where(EntryRow.account.startswith(prefix, autoescape=True))
        .group_by(*keys)
    )
    return await read_page(session, query, asked=page, by=oldest_first(*keys), show=_account)


@router.get("/ledger/entries", dependencies=_reads)
async def list_ledger_entries(
    session: Session,
    page: PageQuery,
    account: Annotated[str | None, Query(max_length=200, description="only entries of this account")] = None,
    posting_id: Annotated[UUID | None, Query(description="only the sides of this posting")] = None,
) -> Page[EntryShown]:
    """Entries in the order of their postings."""
    query = select(*_ENTRY).join(PostingRow, PostingRow.posting_id == EntryRow.posting_id)
    query = query.where(EntryRow.account == account) if account else query
    query = query.where(EntryRow.posting_id == posting_id) if posting_id else query
    by = oldest_first(EntryRow.posting_id, EntryRow.side)
    return await read_page(session, query, asked=page, by=by, show=_entry)


@router.get("/ledger/balances", dependencies=_reads)
async def list_balances(
    *,
    session: Session,
    page: PageQuery,
    known: Known,
    as_of: AsOf = None,
    beneficiary: Beneficiary = None,
) -> Page[BalanceShown]:
    """Balances by beneficiary, policy, window, currency and state, as of a business time and as known at another."""
    keys: tuple[Any, ...] = (
        PostingRow.beneficiary,
        PostingRow.policy_id,
        PostingRow.window_key,
        EntryRow.currency,
        EntryRow.account,
    )
    query = (
        select(*keys, func.sum(EntryRow.amount_minor).label("amount"))
        .join(PostingRow, PostingRow.posting_id == EntryRow.posting_id)
        .where(EntryRow.account != PostingRow.expense)
        .group_by(*keys)
        .having(func.sum(EntryRow.amount_minor) != 0)
    )
    query = query.where(PostingRow.beneficiary == beneficiary) if beneficiary else query
    query = query.where(PostingRow.occurred_at <= as_of) if as_of else query
    query = query.where(PostingRow.position <= known.until) if known.until is not None else query
    return await read_page(session, query, asked=page, by=oldest_first(*keys), show=_balance)


@router.post("/ledger/verify", dependencies=[allowed("ledger.verify")])
@without_idempotency_key
async def verify_ledger(session: Session, judges: Judges) -> VerdictShown:
    """Rebuild every balance from the journal, sum every entry, and name each row that differs; nothing is changed."""
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    verdict = await verify(session, judges=judges)
    return VerdictShown(
        ok=verdict.ok,
        postings=verdict.postings,
        windows=verdict.windows,
        sum_by_currency=[MoneyShown.of(amount, currency) for currency, amount in verdict.sums.items()],
        differences=[
            DifferenceShown(
                beneficiary=one.beneficiary,
                policy=one.policy_id,
                window=one.window,
                ledger=str(one.says),
                rebuilt=str(one.rebuilt),
                found_by=one.found_by,
            )
            for one in verdict.differences
        ],
    )


@router.get("/ledger/head", dependencies=_reads)
async def read_ledger_head(session: Session) -> HeadShown:
    """Position, number of postings and one digest over all balances."""
    head = await ledger_head(session)
    return HeadShown(journal_position=head.position, postings=head.postings, digest=head.digest)


def _account(row: Any) -> LedgerAccountShown:
    return LedgerAccountShown(account=row.account, balance=MoneyShown.of(int(row.amount), row.currency))


def _entry(row: Any) -> EntryShown:
    return EntryShown(
        posting_id=row.posting_id,
        side=row.side,
        account=row.account,
        amount=MoneyShown.of(row.amount_minor, row.currency),
        kind=row.kind,
        policy=f"{row.policy_id}@{row.version}",
        window=row.window_key,
        period=row.period,
        journal_position=row.position,
        occurred_at=row.occurred_at,
    )


def _balance(row: Any) -> BalanceShown:
    return BalanceShown(
        beneficiary=row.beneficiary,
        policy=row.policy_id,
        window=row.window_key,
        state=row.account.partition(":")[0],
        balance=MoneyShown.of(int(row.amount), row.currency),
    )


_ENTRY: tuple[Any, ...] = (
    EntryRow.posting_id,
    EntryRow.side,
    EntryRow.account,
    EntryRow.currency,
    EntryRow.amount_minor,
    PostingRow.kind,
    PostingRow.policy_id,
    PostingRow.version,
    PostingRow.window_key,
    PostingRow.period,
    PostingRow.position,
    PostingRow.occurred_at,
)
