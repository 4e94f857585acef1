"""The policies are asked at named moments; code names the moment and the subject, never a document."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from services.approvals.circumstances import Circumstances
from services.approvals.contracts.domain import Contract
from shared.errors import Problem, Words
from shared.policy.conditions import ConditionsPlan, Finding
from shared.policy.evaluation import Answer, Case, Facts, Grant
from shared.trace import Decision, Node, Subject

SUBMISSION = "contract.submission"
SIGNING = "contract.signing"


class ConditionsNotMet(Problem):
    """A policy refuses; its document chooses the code."""

    status = 409
    code = "conditions_not_met"
    title: ClassVar[Words] = {"en": "A policy does not allow this", "zh": "政策不允许此操作"}


class ApprovalNeeded(Problem):
    """A policy asks for an approval that no grant covers."""

    status = 409
    code = "approval_needed"
    title: ClassVar[Words] = {"en": "An approval is missing for this", "zh": "缺少所需审批"}


def ask_policies(
    moment: str, contract: Contract, facts: Facts, *, grants: Iterable[Grant] = (), at: Circumstances
) -> None:
    """Ask every document of the moment about the contract and its lines; raises what the first unmet one says."""
    given = tuple(grants)
    for plan in at.plans.asked_at(moment):
        for subject in subjects_of(plan, contract):
            _refuse_unmet(plan, plan.decide(Case(facts, subject, at.now, given)))


def about(contract: Contract) -> Subject:
    """The contract as policies see it: it belongs to its account."""
    return Subject("contract", contract.id, Subject("account", contract.account_id))


def subjects_of(plan: ConditionsPlan, contract: Contract) -> Iterator[Subject]:
    """What a document looks at: the contract as a contract or a sale, or each of its lines."""
    kind, whole = plan.document.subject, about(contract)
    if kind == "line":
        yield from (Subject(kind, str(line.line), whole) for line in contract.content.lines)
    else:
        yield whole if kind == whole.kind else Subject(kind, contract.id, whole)


def _refuse_unmet(plan: ConditionsPlan, decision: Decision[Finding]) -> None:
    finding = decision.outcome
    if finding.lets_pass or finding.action not in ("refuse", "ask"):
        return
    unmet = list(_unmet(decision.trace))
    detail = _detail(plan, unmet)
    if finding.action == "ask":
        raise ApprovalNeeded(detail, route=finding.code, policy=decision.policy, unmet=unmet)
    raise type("Refused", (ConditionsNotMet,), {"code": finding.code})(detail, policy=decision.policy, unmet=unmet)


def _detail(plan: ConditionsPlan, unmet: list[Mapping[str, str]]) -> Words:
    title = plan.document.title
    named = {"en": "; ".join(one["en"] for one in unmet), "zh": "；".join(one["zh"] for one in unmet)}
    return {"en": f"{title.en}: {named['en']}".rstrip(": "), "zh": f"{title.zh}：{named['zh']}".rstrip("：")}


def _unmet(node: Node) -> Iterator[Mapping[str, str]]:
    """The comparisons that do not hold, by their titles where they have one, with what was compared."""
    if node.rule.what == "compare" and node.result not in (Answer.HOLDS, Answer.DOES_NOT_APPLY):
        title = node.rule.title or node.rule.asks[0].title
        yield {one: f"{title[one]} ({node.evaluated})" for one in ("en", "zh")}
    for inside in node.inside:
        yield from _unmet(inside)
