"""One day's documents as code asks them: by moment, or by subject and policy row, never by a document's id."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from shared.errors import FieldError, Problem, Words
from shared.policy.evaluation import Answer, Case
from shared.policy.explain import sentence_of
from shared.policy.forms import TableRow
from shared.policy.plan import Plans, TablePlan
from shared.policy.route import RoutePlan
from shared.policy.scorecard import ScorecardPlan
from shared.policy.speech import Language, Speech
from shared.trace import Decision, Node, Text

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


class PolicyRefuses(Problem):
    """A conditions document whose `otherwise` is `refuse`; `refusal` is its code, `decision` the whole trace."""

    status = 422
    code = "policy_refuses"
    title: ClassVar[Words] = {"en": "A policy does not allow this", "zh": "政策不允许此操作"}

    def __init__(self, refusal: str, decision: Decision[Any], title: Words) -> None:
        self.refusal = refusal
        super().__init__(
            {"en": f"{title['en']} ({decision.policy})", "zh": f"{title['zh']}（{decision.policy}）"},
            errors=[_failure(node, titled) for node, titled in failures(decision.trace)],
            refusal=refusal,
            policy=decision.policy,
        )


class NotGoverned(Problem):
    """No document in force says how this goes; a policy owner has to publish one."""

    status = 409
    code = "no_policy_in_force"
    title: ClassVar[Words] = {"en": "No policy in force covers this", "zh": "没有生效的政策适用于此"}


@dataclass(frozen=True)
class Rulebook:
    """One day's documents, compiled."""

    plans: Plans

    def ask(self, moment: str, case: Case, *, subject: str) -> list[Decision[Any]]:
        """What every conditions document asked at this moment about this kind of subject answers.

        Raises PolicyRefuses for the first that refuses; an `ask`, a `flag` or a `hold` is left to the caller.
        """
        asked = (plan for plan in self.plans.asked_at(moment) if plan.document.subject == subject)
        decisions = []
        for plan in asked:
            decision = plan.decide(case)
            if decision.outcome.action == "refuse":
                words = plan.document.title
                raise PolicyRefuses(decision.outcome.code, decision, {"en": words.en, "zh": words.zh})
            decisions.append(decision)
        return decisions

    def scorecard(self, *, row: str, subject: str) -> ScorecardPlan:
        """The scorecard that carries a policy row for a kind of subject; raises NotGoverned."""
        for plan in self.plans:
            if isinstance(plan, ScorecardPlan) and row in plan.document.row and subject in plan.document.subjects:
                return plan
        raise NotGoverned(
            {
                "en": f"No scorecard of {row} rates a {subject} on that day.",
                "zh": f"当日没有{row}的评分卡适用于{subject}。",
            }
        )

    def route(self, name: str) -> RoutePlan:
        """A route by the name with which another document asks for it; raises NotGoverned."""
        plan = self.plans.by_id.get(name)
        if not isinstance(plan, RoutePlan):
            raise NotGoverned({"en": f"Route {name} is not in force on that day.", "zh": f"审批路线{name}当日未生效。"})
        return plan

    def route_for(self, subject: str) -> str:
        """The one route of a kind of subject that no document asks for by name; raises NotGoverned."""
        found = [
            plan.document.id for plan in self.plans if isinstance(plan, RoutePlan) and plan.document.subject == subject
        ]
        if len(found) != 1:
            raise NotGoverned(
                {
                    "en": f"{len(found) or 'No'} routes approve a {subject} on that day.",
                    "zh": f"当日适用于{subject}的审批路线有{len(found)}条，应为一条。",
                }
            )
        return found[0]

    def table(self, name: str) -> tuple[TableRow, ...]:
        """The rows of a plain table; raises NotGoverned."""
        plan = self.plans.by_id.get(name)
        if not isinstance(plan, TablePlan):
            raise NotGoverned({"en": f"Table {name} is not in force on that day.", "zh": f"表{name}当日未生效。"})
        return plan.rows


def failures(node: Node, titled: Text | None = None) -> Iterator[tuple[Node, Text | None]]:
    """The innermost conditions that did not hold, in the order of the document, each with the title it stands under."""
    if node.result not in (Answer.FAILS, Answer.NO_EVIDENCE, Answer.NOT_YET):
        return
    titled = node.rule.title if node.rule.title and node.rule.what != "conditions" else titled
    deeper = [found for inner in node.inside for found in failures(inner, titled)]
    if deeper:
        yield from deeper
    else:
        yield node, titled


def _failure(node: Node, titled: Text | None) -> FieldError:
    """What was looked at, what it would have to be and how much is missing, as the explanation says it."""
    said: Words = {"en": _said_of(node, titled, Speech("en")), "zh": _said_of(node, titled, Speech("zh"))}
    return FieldError(f"/{node.rule.rule}", str(node.result), said, where="policy")


def _said_of(node: Node, titled: Text | None, speech: Speech) -> str:
    sentence = sentence_of(node, speech)
    apart = titled is not None and node.rule.title is None
    return speech.say("named", title=speech.text(titled), said=sentence) if apart else sentence
