"""Which route a subject takes: the same code for a preview and for the frozen route of a request (S-G2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from services.approvals.circumstances import Circumstances
from services.approvals.routing.domain import Chain, chain_of, turns
from services.approvals.routing.reasons import reasons
from shared.errors import Problem, Words
from shared.office_hours import due_at, office_hours
from shared.policy.evaluation import Answer, Case, Facts
from shared.policy.notation import Words as PolicyWords
from shared.policy.route import RoutePlan
from shared.trace import Subject


class UnknownRoute(Problem):
    status = 409
    code = "unknown_route"
    title: ClassVar[Words] = {"en": "No such route is in force", "zh": "该流程未生效"}


class RouteNotDecidable(Problem):
    """A step depends on something nobody knows: nothing is guessed, nothing is submitted."""

    status = 409
    code = "route_not_decidable"
    title: ClassVar[Words] = {
        "en": "The route depends on something not known",
        "zh": "流程所依据的信息缺失",
    }


@dataclass(frozen=True, slots=True)
class Routed:
    """A route frozen for a subject: the chain, why each step is on it, and the whole trace as JSON values."""

    chain: Chain
    title: Words
    initiators: tuple[str, ...]
    why: Mapping[str, Words]
    trace: Mapping[str, object]


def find_route(route: str, *, at: Circumstances) -> RoutePlan:
    """The route's plan in force; raises UnknownRoute."""
    plan = at.plans.by_id.get(route)
    if not isinstance(plan, RoutePlan) or not plan.heading.valid.covers(at.today):
        raise UnknownRoute({"en": f"{route} on {at.today}.", "zh": f"{route}（{at.today}）。"})
    return plan


def freeze_route(route: str, *, subject: Subject, facts: Facts, branch: str | None, at: Circumstances) -> Routed:
    """The chain a subject of a branch takes now; raises UnknownRoute, RouteNotDecidable or NobodyDecides."""
    plan = find_route(route, at=at)
    decision = plan.decide(Case(facts, subject, at.now), at.office(branch))
    why = reasons(decision.trace)
    if decision.outcome.answer is not Answer.HOLDS:
        raise RouteNotDecidable(_unknown(why))
    return Routed(
        chain=chain_of(plan.document, policy=decision.policy, stages=decision.outcome.steps),
        title=_words(plan.document.title),
        initiators=plan.document.initiators,
        why=why,
        trace=decision.to_plain(),
    )


def _unknown(why: Mapping[str, Words]) -> Words:
    open_ones = {step: words for step, words in why.items() if "?" in words["en"]}
    return {
        "en": "; ".join(f"{step}: {words['en']}" for step, words in open_ones.items()),
        "zh": "; ".join(f"{step}: {words['zh']}" for step, words in open_ones.items()),
    }


def _words(words: PolicyWords) -> Words:
    return {"en": words.en, "zh": words.zh}


def step_due_at(chain: Chain, opened_at: datetime, *, branch: str | None, at: Circumstances) -> datetime | None:
    """When a step opened at a moment is late, in business time; none where its calendar is not published."""
    return _after(chain.clock.each, chain, opened_at, branch=branch, at=at)


def remind_at(chain: Chain, opened_at: datetime, *, branch: str | None, at: Circumstances) -> datetime | None:
    """When the people of a step opened at a moment are reminded, in business time; none without a calendar."""
    return _after(chain.clock.remind, chain, opened_at, branch=branch, at=at)


def _after(time: str, chain: Chain, opened_at: datetime, *, branch: str | None, at: Circumstances) -> datetime | None:
    hours = office_hours(at.plans, calendar=chain.clock.calendar, branch=branch or at.head_office)
    return None if hours is None or not hours.weekdays else due_at(opened_at, time, hours)


def expected_days(chain: Chain, *, branch: str | None, at: Circumstances) -> int | None:
    """Calendar days from today until the last stage is due, each stage taking its whole time."""
    reached: datetime | None = at.now
    for stage in chain.stages:
        if reached is not None and any(turn.kind != "copy" for turn in turns([stage])):
            reached = step_due_at(chain, reached, branch=branch, at=at)
    return None if reached is None else (reached.date() - at.now.date()).days
