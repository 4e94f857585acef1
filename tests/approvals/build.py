"""Routes, requests and decisions as the approvals tests speak of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from services.approvals.requests.domain import Choice, Decision, Evidence, Request, Subject, decide, open_request
from services.approvals.requests.states import State
from services.approvals.routing.domain import Chain, Limit, Stage, StepClock
from shared.policy.forms import OnNo
from shared.policy.route import FrozenGroup, FrozenStep, StepKind

START = datetime(2021, 3, 3, 9, 0, tzinfo=UTC)
CLOCK = StepClock(each="PT16H", remind="PT8H", escalate_to="line_manager", calendar="office-hours")


def turn(step: str, *, role: str | None = None, kind: StepKind = "review") -> FrozenStep:
    evidence = ("signature", "email") if kind == "approve" else ()
    return FrozenStep(step, role or step, kind, evidence)


def parallel(needs: int, *parts: Stage, name: str = "together", on_no: OnNo = "when_impossible") -> FrozenGroup:
    return FrozenGroup(name, needs, parts, on_no)


def route(
    *stages: Stage,
    terms: Iterable[str] = (),
    limits: Iterable[Limit] = (),
    on_reject: str = "end",
    lasts: str | None = None,
) -> Chain:
    return Chain("some-route@1", stages, on_reject, ("content",), tuple(terms), lasts, CLOCK, tuple(limits))


FIVE_STEPS = route(
    turn("first", role="responsible_head"),
    turn("legal"),
    turn("marketing", role="marketing_director", kind="approve"),
    turn("finance", role="finance_director", kind="approve"),
    turn("general", role="general_manager", kind="approve"),
    lasts="P90D",
)


def request(
    of: Chain = FIVE_STEPS,
    *,
    requester: str = "rep",
    initiator: str | None = None,
    beneficiaries: Iterable[str] = (),
) -> Request:
    asked = Request(
        subject=Subject("contract", "c-1", 1),
        content_hash="hash",
        route=of,
        initiator=initiator or requester,
        requester=requester,
        beneficiaries=frozenset(beneficiaries),
        account_id="a-1",
        state=State.PENDING,
        steps={},
        opened={},
    )
    return open_request(asked, at=START)


def evidence(channel: str = "email", reference: str = "mail of 3 March", at: datetime = START) -> Evidence:
    return Evidence(channel, reference, at)


def decision(
    by: str,
    choice: str = "approve",
    *,
    step: str | None = None,
    comment: str = "",
    terms: dict[str, object] | None = None,
    proof: Evidence | None = None,
    minutes: int = 0,
) -> Decision:
    at = START + timedelta(minutes=minutes)
    return Decision(by, Choice(choice), at, step, comment or ("no" if choice == "reject" else ""), proof, terms)


def decided(asked: Request, by: str, choice: str = "approve", **more: object) -> Request:
    """The request after a person of the right role decides, with e-mail evidence unless said otherwise."""
    more.setdefault("proof", evidence())
    return decide(asked, decision(by, choice, **more), eligible=frozenset((by,)), today=START.date())  # type: ignore[arg-type]
