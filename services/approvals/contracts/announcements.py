"""What the others hear of a contract, on `contracts.v1`: always the whole contract as it now is."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.contracts.content import Line
from services.approvals.contracts.domain import Contract
from shared import outbox
from shared.events.contracts import (
    ContractActivated,
    ContractApproved,
    ContractEvent,
    ContractLine,
    ContractSigned,
    ContractSubmitted,
)
from shared.events.sales import Salesperson, UsedRate

BY_MOVE: dict[str, type[ContractEvent]] = {
    "submit": ContractSubmitted,
    "approve": ContractApproved,
    "sign": ContractSigned,
    "activate": ContractActivated,
}


class NotSubmitted(ValueError):
    """A contract is told of only once it has been submitted."""


def announce(session: AsyncSession, contract: Contract, move: str, *, at: datetime) -> None:
    """Tell that a contract was submitted, approved, signed or activated."""
    submission = contract.submission
    if submission is None:
        raise NotSubmitted(contract.id)
    told = BY_MOVE[move](
        occurred_at=at,
        contract_id=contract.id,
        account_id=contract.account_id,
        number=contract.number,
        revision=contract.revision,
        branch=contract.branch,
        currency=contract.content.currency,
        amount_minor=submission.amount.amount_minor,
        lines=tuple(_line(line) for line in contract.content.lines),
        quote_id=contract.content.quote_id,
        first_responsible=contract.content.first_responsible,
        initiator=contract.initiator,
        submitted_at=submission.at,
        rates=tuple(
            UsedRate(base=rate.base, quote=rate.quote, rate=f"{rate.rate:f}", date=rate.on) for rate in submission.rates
        ),
        signed_on=contract.signed_on,
        valid_from=contract.content.valid_from,
        valid_until=contract.content.valid_until,
    )
    outbox.record(session, told)


def _line(line: Line) -> ContractLine:
    return ContractLine(
        line=line.line,
        sku=line.sku,
        quantity=line.quantity,
        net_minor=line.net_minor,
        cost_minor=line.cost_minor,
        new_brand=line.new_brand,
        salespeople=tuple(Salesperson(user_id=one.user_id, share=f"{one.share:f}") for one in line.salespeople),
    )
