"""The policies are asked at named moments; code names the moment and the subject, never a document."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from services.approvals.circumstances import Circumstances
from services.approvals.contracts.domain import Contract
from shared.errors import Problem, Words
from shared.policy.evaluation import Case, Facts, Grant
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

SUBMISSION = "contract.submission"
SIGNING = "contract.signing"


class ApprovalNeeded(Problem):
    """A policy asks for an approval that no grant covers; `route` names it."""

    status = 409
    code = "approval_needed"
    title: ClassVar[Words] = {"en": "An approval is missing for this", "zh": "缺少所需审批"}


def ask_policies(
    moment: str, contract: Contract, facts: Facts, *, grants: Iterable[Grant] = (), at: Circumstances
) -> None:
    """Ask what this moment asks of the contract, of its sale and of its lines; raises PolicyRefuses, ApprovalNeeded."""
    book, given = Rulebook(at.plans), tuple(grants)
    for subject in subjects_of(contract):
        for decision in book.ask(moment, Case(facts, subject, at.now, given), subject=subject.kind):
            if decision.outcome.action == "ask":
                what = f"{subject.kind} {subject.id}: {decision.outcome.code} ({decision.policy})"
                raise ApprovalNeeded({"en": what, "zh": what}, route=decision.outcome.code, policy=decision.policy)


def about(contract: Contract) -> Subject:
    """The contract as policies see it: it belongs to its account."""
    return Subject("contract", contract.id, Subject("account", contract.account_id))


def subjects_of(contract: Contract) -> Iterator[Subject]:
    """The contract, the sale it is, and each of its lines."""
    whole = about(contract)
    yield whole
    yield Subject("sale", contract.id, whole)
    yield from (Subject("line", str(line.line), whole) for line in contract.content.lines)
