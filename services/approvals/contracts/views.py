"""How a contract is shown: its present revision, what was frozen with it, and its amount."""

from collections.abc import Sequence
from typing import Any

from services.approvals.circumstances import Circumstances
from services.approvals.contracts import repository
from services.approvals.contracts.amounts import worth
from services.approvals.contracts.content import Content, Line
from services.approvals.contracts.domain import Submission
from services.approvals.contracts.models import ContractMoved, ContractRow
from services.approvals.contracts.schemas import ContractShown, HistoryShown, MoveShown
from services.approvals.contracts.seeking import open_ended
from shared.money import ExchangeRate, Money


def show_contract(row: ContractRow, *, at: Circumstances) -> ContractShown:
    """The contract as it now is."""
    contract = repository.contract_of(row)
    submission, approval = contract.submission, contract.approval
    amount = submission.amount if submission else worth(contract.content, open_ended=open_ended(at))
    head = {
        "id": contract.id,
        "number": contract.number,
        "account_id": contract.account_id,
        "branch": contract.branch,
        "state": contract.state,
        "revision": contract.revision,
        "initiator": contract.initiator,
        "amount": amount.to_json(),
        "approved_at": approval.granted_at if approval else None,
        "approval_lasts_until": approval.lasts_until if approval else None,
        "signed_on": contract.signed_on,
        "active_on": contract.active_on,
    }
    return ContractShown.model_validate({**head, **_content(contract.content), **_submission(submission)})


def _content(content: Content) -> dict[str, Any]:
    terms, rent = content.payment_terms, Money(content.monthly_rent_minor, content.currency)
    return {
        "first_responsible": content.first_responsible,
        "quote_id": content.quote_id,
        "currency": content.currency,
        "lines": [_line(line, content.currency) for line in content.lines],
        "monthly_rent": rent.to_json() if content.monthly_rent_minor else None,
        "term": str(content.term) if content.term else None,
        "plan": content.plan,
        "payment_terms": {
            "prepaid_share": f"{terms.prepaid_share:f}",
            "credit_days": terms.credit_days,
            "instalments": terms.instalments,
            "consignment": terms.consignment,
        },
        "documents": [{"type": paper.type, "number": paper.number} for paper in content.documents],
        "payee": dict(content.payee) if content.payee else None,
        "valid_from": content.valid_from,
        "valid_until": content.valid_until,
        "backdating_reason": content.backdating_reason,
    }


def _line(line: Line, currency: str) -> dict[str, Any]:
    floor = line.floor_unit_minor
    return {
        "line": line.line,
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price": {"amount": f"{line.unit_price:f}", "currency": currency},
        "net_amount": Money(line.net_minor, currency).to_json(),
        "new_brand": line.new_brand,
        "below_floor": floor is not None and line.net_minor < floor * line.quantity,
    }


def _submission(submission: Submission | None) -> dict[str, Any]:
    routing = submission.routing_amount if submission else None
    return {
        "request_id": submission.request_id if submission else None,
        "route": submission.policy if submission else None,
        "routing_amount": routing.to_json() if routing else None,
        "rates": [_rate(rate) for rate in submission.rates] if submission else [],
        "submitted_at": submission.at if submission else None,
    }


def _rate(rate: ExchangeRate) -> dict[str, Any]:
    return {
        "base": rate.base,
        "quote": rate.quote,
        "rate": f"{rate.rate:f}",
        "date": rate.on,
        "source": rate.source,
    }


def show_history(row: ContractRow, moves: Sequence[ContractMoved]) -> HistoryShown:
    """What happened to a contract, and what each revision says."""
    return HistoryShown(
        moves=[
            MoveShown(at=one.at, revision=one.revision, move=one.move, state=one.state, by=one.by, changed=one.changed)
            for one in moves
        ],
        revisions=[
            {"revision": one.revision, "content": one.content, "content_hash": one.content_hash, "route": one.policy}
            for one in row.revisions
        ],
    )
