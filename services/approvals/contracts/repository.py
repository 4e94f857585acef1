"""Contracts as rows: the head, its revisions, and what happened to it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy import Sequence as NumberSequence
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.contracts.amounts import Counted
from services.approvals.contracts.content import Content
from services.approvals.contracts.domain import COUNTED_FOR_ROUTING, Approval, Contract, State, Submission
from services.approvals.contracts.models import ContractMoved, ContractRow, RevisionRow
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.calendar import local_day
from shared.canonical import plain, restored
from shared.errors import NotFound
from shared.ids import new_id
from shared.money import ExchangeRate, Money

NUMBERS = NumberSequence("contract_number")


async def next_number(session: AsyncSession, *, year: int) -> str:
    """A number nobody has had: C-2021-00001."""
    return f"C-{year}-{await session.scalar(NUMBERS.next_value()):05}"


def contract_of(row: ContractRow) -> Contract:
    """The domain's view of a row with its present revision."""
    revision = present_revision(row)
    return Contract(
        id=row.id,
        number=row.number,
        account_id=row.account_id,
        branch=row.branch,
        initiator=row.initiator,
        state=State(row.state),
        revision=row.revision,
        content=restored(Content, revision.content),
        submission=_submission(revision),
        approval=_approval(revision),
        signed_on=row.signed_on,
        active_on=row.active_on,
    )


def present_revision(row: ContractRow) -> RevisionRow:
    return next(revision for revision in row.revisions if revision.revision == row.revision)


def _submission(row: RevisionRow) -> Submission | None:
    if row.request_id is None or row.submitted_at is None or row.amount_minor is None:
        return None
    currency = str(row.content["currency"])
    routing = None
    if row.routing_amount_minor is not None and row.routing_currency is not None:
        routing = Money(row.routing_amount_minor, row.routing_currency)
    return Submission(
        request_id=row.request_id,
        policy=row.policy or "",
        content_hash=row.content_hash or "",
        amount=Money(row.amount_minor, currency),
        routing_amount=routing,
        rates=tuple(rate_of(rate) for rate in row.rates),
        at=row.submitted_at,
    )


def _approval(row: RevisionRow) -> Approval | None:
    if row.approved_at is None:
        return None
    return Approval(row.content_hash or "", row.approved_at, row.approval_until)


def rate_of(data: dict[str, str]) -> ExchangeRate:
    return ExchangeRate(
        data["base"], data["quote"], Decimal(data["rate"]), datetime.fromisoformat(data["date"]).date(), data["source"]
    )


def _rate_data(rate: ExchangeRate) -> dict[str, str]:
    return {
        "base": rate.base,
        "quote": rate.quote,
        "rate": f"{rate.rate:f}",
        "date": rate.on.isoformat(),
        "source": rate.source,
    }


async def add_contract(session: AsyncSession, contract: Contract) -> ContractRow:
    row = ContractRow(
        id=contract.id,
        number=contract.number,
        account_id=contract.account_id,
        branch=contract.branch,
        initiator=contract.initiator,
        state=contract.state,
        revision=contract.revision,
        version=1,
    )
    row.revisions = [RevisionRow(revision=contract.revision, content=plain(contract.content), rates=[])]
    session.add(row)
    await session.flush()
    return row


async def save_contract(session: AsyncSession, row: ContractRow, contract: Contract) -> None:
    """Write the contract as it now is; a new revision is a new row, the version goes up."""
    if contract.revision != row.revision:
        row.revisions.append(RevisionRow(revision=contract.revision, rates=[], content={}))
    row.state, row.revision = contract.state, contract.revision
    row.signed_on, row.active_on = contract.signed_on, contract.active_on
    row.version += 1
    _show_revision(present_revision(row), contract)
    await session.flush()


def _show_revision(row: RevisionRow, contract: Contract) -> None:
    row.content = plain(contract.content)
    submission, approval = contract.submission, contract.approval
    if submission is not None:
        row.request_id, row.policy, row.content_hash = submission.request_id, submission.policy, submission.content_hash
        row.amount_minor, row.submitted_at = submission.amount.amount_minor, submission.at
        routing = submission.routing_amount
        row.routing_amount_minor = routing.amount_minor if routing else None
        row.routing_currency = routing.currency if routing else None
        row.rates = [_rate_data(rate) for rate in submission.rates]
    if approval is not None:
        row.approved_at, row.approval_until = approval.granted_at, approval.lasts_until


def note_move(
    session: AsyncSession, contract: Contract, move: str, *, by: str, at: datetime, changed: Sequence[str] = ()
) -> None:
    """A line of the contract's history."""
    session.add(
        ContractMoved(
            id=str(new_id()),
            contract_id=contract.id,
            revision=contract.revision,
            move=move,
            state=contract.state,
            by=by,
            at=at,
            changed=list(changed),
        )
    )


async def history(session: AsyncSession, contract_id: str) -> Sequence[ContractMoved]:
    """What happened to a contract, oldest first."""
    query = select(ContractMoved).where(ContractMoved.contract_id == contract_id)
    return (await session.scalars(query.order_by(ContractMoved.at, ContractMoved.id))).all()


def reached(reach: Reach) -> ColumnElement[bool]:
    """The contracts a permission reaches: of its branches or account, and always one's own."""
    return within(reach, branch=ContractRow.branch, account=ContractRow.account_id, user=ContractRow.initiator)


async def contract_to_read(session: AsyncSession, contract_id: str, *, reach: Reach) -> ContractRow:
    """The contract; raises NotFound also for one outside the reach."""
    return await _one(session, select(ContractRow).where(ContractRow.id == contract_id, reached(reach)))


async def contract_for_update(session: AsyncSession, contract_id: str, *, reach: Reach | None = None) -> ContractRow:
    """The contract, locked until the commit; raises NotFound also for one outside the reach."""
    query = select(ContractRow).where(ContractRow.id == contract_id).with_for_update(of=ContractRow)
    return await _one(session, query if reach is None else query.where(reached(reach)))


async def _one(session: AsyncSession, query: Select[ContractRow]) -> ContractRow:
    row = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise NotFound()
    return row


async def counted_beside(session: AsyncSession, contract: Contract, *, zone: str) -> tuple[Counted, ...]:
    """The account's other contracts that were submitted and still stand, at their stored amounts and rates (C12)."""
    query = (
        select(ContractRow.id, ContractRow.number, RevisionRow)
        .join(RevisionRow, (RevisionRow.contract_id == ContractRow.id) & (RevisionRow.revision == ContractRow.revision))
        .where(
            ContractRow.account_id == contract.account_id,
            ContractRow.id != contract.id,
            ContractRow.state.in_(COUNTED_FOR_ROUTING),
            RevisionRow.submitted_at.is_not(None),
        )
        .order_by(ContractRow.id)
    )
    return tuple(_counted((await session.execute(query)).all(), zone))


def _counted(rows: Iterable[Any], zone: str) -> Iterable[Counted]:
    for contract_id, number, revision in rows:
        submission = _submission(revision)
        if submission is not None:
            yield Counted(contract_id, submission.amount, local_day(submission.at, zone), submission.rates, number)
