"""A8: visits and receptions are approved, committed, reported, checked, and reimbursed as far as committed."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.accounts.asked_facts import FactsOf
from services.accounts.moves import MoveNotAllowed, moved
from services.accounts.visits.domain import MOVES, VisitMove, VisitState
from services.accounts.visits.facts import FUNCTIONS, ClaimedVisit
from services.accounts.visits.paying import REIMBURSING, grants_of
from shared.auth.permissions import permission_table
from shared.calendar import local_day
from shared.clock import system_now
from shared.events.approvals import ApprovalGranted, ApprovalRejected, ApprovalReturned
from shared.money import Money
from shared.policy.evaluation import Case
from shared.policy.forms import Route
from shared.policy.plan import Numbered, compile_plans
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook
from shared.policy.seed import pack_of
from shared.trace import Subject
from tests.accounts.conftest import PACK
from tests.accounts.work.conftest import ZONE, House, pointers

NOW = datetime(2021, 3, 20, 8, tzinfo=UTC)


@cache
def rules() -> Rulebook:
    documents = [*pack_of(PACK, "accounts"), *pack_of(PACK, "approvals")]
    return Rulebook(compile_plans([Numbered(document) for document in documents], load_registry()))


def lets_pass(visit: Any) -> bool:
    known = ClaimedVisit(True, Money(visit.committed_minor, "CNY"), Money(visit.claimed_minor, "CNY"), NOW.date())
    case = Case(FactsOf(FUNCTIONS, known, ZONE), Subject("visit", visit.id), NOW, grants_of(visit))
    return all(decision.outcome.lets_pass for decision in rules().ask(REIMBURSING, case, subject="visit"))


class VisitsAgreeWithTheModel(RuleBasedStateMachine):
    """The model: the plain road in order, and never a cent out above commitment without a grant of that very claim."""

    ROAD = ("planned", "under_review", "approved", "committed", "reported", "checked", "claimed")
    FORWARD = ("submit", "approve", "commit", "report", "check", "claim")
    BACK = {("under_review", "send_back"): "planned", ("reported", "return_report"): "committed"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.state = VisitState.planned
        self.visit = SimpleNamespace(
            id="v-1", committed_minor=10_000, claimed_minor=None, extra_request=None, extra_route=None,
            extra_minor=None, extra_granted_at=None,
        )  # fmt: skip
        self.granted: set[int] = set()
        self.paid: int | None = None

    @rule(move=st.sampled_from([one for one in VisitMove if one not in ("claim", "reimburse", "grant_extra")]))
    def move_along(self, move: VisitMove) -> None:
        expected = self._after(str(move))
        if expected is None:
            with pytest.raises(MoveNotAllowed):
                moved(MOVES, self.state, move)
            return
        self.state = moved(MOVES, self.state, move)
        assert self.state == expected

    def _after(self, move: str) -> str | None:
        at = str(self.state)
        if move == "call_off":
            return "called_off" if at in self.ROAD[:4] else None
        if (at, move) in self.BACK:
            return self.BACK[at, move]
        if move == "revise":
            return at if at == "planned" else None
        if move in ("ask_extra", "refuse_extra"):
            return {("claimed", "ask_extra"): "extra_review", ("extra_review", "refuse_extra"): "claimed"}.get(
                (at, move)
            )
        further = self.ROAD.index(at) if at in self.ROAD[:-1] else None
        return self.ROAD[further + 1] if further is not None and self.FORWARD[further] == move else None

    @rule()
    def go_on(self) -> None:
        """Chance alone would seldom reach the claim."""
        if self.state in self.ROAD[:5]:
            self.move_along(VisitMove(self.FORWARD[self.ROAD.index(self.state)]))

    @precondition(lambda self: self.state in ("checked", "claimed"))
    @rule(amount=st.sampled_from([9_999, 10_000, 10_001, 10_002, 50_000]))
    def claim(self, amount: int) -> None:
        self.state = moved(MOVES, self.state, VisitMove.claim)
        self.visit.claimed_minor = amount
        self.visit.extra_request = self.visit.extra_route = self.visit.extra_minor = self.visit.extra_granted_at = None

    @precondition(lambda self: self.state == "extra_review")
    @rule()
    def grant(self) -> None:
        self.state = moved(MOVES, self.state, VisitMove.grant_extra)
        self.visit.extra_request, self.visit.extra_route = "r-1", "extra-expense"
        self.visit.extra_minor, self.visit.extra_granted_at = self.visit.claimed_minor, NOW
        self.granted = {self.visit.claimed_minor}

    @precondition(lambda self: self.state == "claimed")
    @rule()
    def reimburse(self) -> None:
        if lets_pass(self.visit):
            self.state, self.paid = moved(MOVES, self.state, VisitMove.reimburse), self.visit.claimed_minor
        else:
            assert self.visit.claimed_minor > self.visit.committed_minor
            self.state = moved(MOVES, self.state, VisitMove.ask_extra)

    @invariant()
    def no_cent_above_the_commitment_is_paid_without_a_grant_of_it(self) -> None:
        if self.paid is not None:
            assert self.paid <= self.visit.committed_minor or self.paid in self.granted


TestVisits = VisitsAgreeWithTheModel.TestCase
TestVisits.settings = settings(max_examples=50, stateful_step_count=40)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


TODAY = local_day(system_now(), ZONE)
PLAN = {"plan": "show the new radios", "planned_on": TODAY.isoformat(), "budget": cny("1000.00")}
REPORT = {
    "happened_on": TODAY.isoformat(),
    "needs": "wants a service contract",
    "objections": "the price of spare batteries",
    "gifts": [{"what": "a desk calendar", "quantity": 1}],
    "next_visit_on": (TODAY + timedelta(days=28)).isoformat(),
}


async def a_receipt(house: House) -> str:
    """Each one is its own: a receipt pays once."""
    return await house.file(f"%PDF-1.7 receipt {uuid4()}".encode())


class Walk:
    """One visit of a house, moved by whoever moves it."""

    def __init__(self, house: House, visit: dict[str, Any]) -> None:
        self.house, self.id, self.account_id = house, visit["id"], visit["account_id"]

    async def do(self, who: str, deed: str, body: Any = None) -> Any:
        return await self.house[who].post(f"/v1/visits/{self.id}/{deed}", body)

    async def done(self, who: str, deed: str, body: Any = None) -> dict[str, Any]:
        answer = await self.do(who, deed, body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def answered(self, event: type, revision: int, **fields: Any) -> None:
        about = {"request_id": f"r-{revision}", "subject_type": "visit", "subject_id": self.id}
        await self.house.receive(
            event(occurred_at=NOW, revision=revision, account_id=self.account_id, **about, **fields)
        )

    async def granted(self, revision: int = 1) -> None:
        await self.answered(ApprovalGranted, revision, content_hash="x", granted_at=NOW)

    async def seen(self) -> dict[str, Any]:
        return dict((await self.house["rep"].get(f"/v1/visits/{self.id}")).json())


async def planned(house: House, kind: str = "visits") -> Walk:
    account = await house.account()
    made = await house["rep"].post(f"/v1/{kind}", {"account_id": account["id"], **PLAN})
    assert made.status_code == 201, made.text
    return Walk(house, made.json())


async def checked(house: House, committed: str = "800.00") -> Walk:
    walk = await planned(house)
    await walk.done("rep", "submit")
    await walk.granted()
    await walk.done("finance", "commit", {"amount": cny(committed)})
    await walk.done("rep", "report", REPORT)
    await walk.done("kam", "check", {"note": "good"})
    return walk


@pytest.mark.parametrize(("kind", "route"), [("visits", "visit"), ("receptions", "reception")])
async def test_a8_a_plan_is_approved_and_paid_for_before_it_happens_and_reimbursed_after_its_report(house, kind, route):
    walk = await planned(house, kind)
    await walk.done("rep", "submit")
    (asked,) = await house.told("ApprovalSought", walk.account_id)
    assert (asked["route"], asked["content"]["budget"], asked["requester"]) == (
        route,
        cny("1000.00"),
        house.ids["rep"],
    )
    early = await walk.do("finance", "commit", {"amount": cny("800.00")})
    assert (early.status_code, early.json()["allowed"]) == (409, ["approve", "send_back", "call_off"])
    await walk.granted()
    await walk.done("finance", "commit", {"amount": cny("800.00")})
    reported = await walk.done("rep", "report", REPORT)
    assert reported["report"]["gifts"] == [{"what": "a desk calendar", "quantity": 1}]
    await walk.done("kam", "check", {"note": "good"})
    await walk.done("rep", "claim", {"amount": cny("800.00"), "receipts": [await a_receipt(house)]})
    paid = await walk.done("finance", "reimburse")
    assert (paid["state"], paid["claimed"], paid["reimbursed_by"]) == (
        "reimbursed",
        cny("800.00"),
        house.ids["finance"],
    )
    listed = await house["rep"].get(f"/v1/{kind}", params={"account_id": walk.account_id})
    assert [one["id"] for one in listed.json()["items"]] == [walk.id]


async def test_a8_a_visit_that_happened_stands_in_the_contact_log_once(house):
    walk = await planned(house)
    await walk.done("rep", "submit")
    await walk.granted()
    await walk.done("finance", "commit", {"amount": cny("800.00")})
    await walk.done("rep", "report", REPORT | {"form_hash": await house.file()})
    await walk.done("kam", "return-report", {"note": "which batteries?"})
    await walk.done("rep", "report", REPORT | {"objections": "the price of 12 V batteries"})
    contacts = (await house["rep"].get("/v1/contacts", params={"account_id": walk.account_id})).json()["items"]
    assert [(one["kind"], one["on_day"], one["made_by"]) for one in contacts] == [
        ("visit", TODAY.isoformat(), house.ids["rep"])
    ]


async def test_a8_without_a_checked_report_nothing_is_reimbursed(house):
    walk = await planned(house)
    await walk.done("rep", "submit")
    await walk.granted()
    await walk.done("finance", "commit", {"amount": cny("800.00")})
    for who, deed, body in (
        ("rep", "claim", {"amount": cny("10.00"), "receipts": [await a_receipt(house)]}),
        ("finance", "reimburse", None),
    ):
        refused = await walk.do(who, deed, body)
        assert (refused.status_code, refused.json()["allowed"]) == (409, ["report", "call_off"])
    await walk.done("rep", "report", REPORT)
    refused = await walk.do("finance", "reimburse")
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["check", "return_report"])


async def test_a8_a_cent_above_the_commitment_needs_a_new_approval_of_that_very_claim(house):
    walk = await checked(house)
    receipts = [await a_receipt(house)]
    await walk.done("rep", "claim", {"amount": cny("800.01"), "receipts": receipts})
    asking = await walk.done("finance", "reimburse")
    assert (asking["state"], asking.get("reimbursed_on")) == ("extra_review", None)
    asked = (await house.told("ApprovalSought", walk.account_id))[-1]
    assert (asked["route"], asked["revision"], asked["requester"], asked["beneficiaries"]) == (
        "extra-expense",
        2,
        house.ids["rep"],
        [house.ids["rep"]],
    )
    why = await house["finance"].get(f"/v1/visits/{walk.id}/explanation", headers={"Accept-Language": "zh"})
    assert any("不超核定额" in line for line in why.json()["lines"])
    await walk.granted(2)
    # Another amount is another claim: the grant of 800.01 does not cover 900.00.
    await walk.done("rep", "claim", {"amount": cny("900.00"), "receipts": receipts})
    assert (await walk.done("finance", "reimburse"))["state"] == "extra_review"
    await walk.granted(3)
    paid = await walk.done("finance", "reimburse")
    assert (paid["state"], paid["claimed"], paid["extra_granted"]) == ("reimbursed", cny("900.00"), cny("900.00"))


async def test_a8_a_refused_extra_expense_can_still_be_claimed_up_to_the_commitment(house):
    walk = await checked(house)
    receipts = [await a_receipt(house)]
    await walk.done("rep", "claim", {"amount": cny("1200.00"), "receipts": receipts})
    await walk.done("finance", "reimburse")
    await walk.answered(ApprovalRejected, 2, reason="not agreed")
    assert (await walk.seen())["state"] == "claimed"
    await walk.done("rep", "claim", {"amount": cny("800.00"), "receipts": receipts})
    assert (await walk.done("finance", "reimburse"))["state"] == "reimbursed"


async def test_a8_a_returned_plan_is_revised_and_an_older_answer_changes_nothing(house):
    walk = await planned(house)
    await walk.done("rep", "submit")
    await walk.answered(ApprovalReturned, 1, reason="too dear")
    assert (await walk.seen())["state"] == "planned"
    body = {**PLAN, "budget": cny("500.00")}
    assert (await house["rep"].put(f"/v1/visits/{walk.id}/plan", body)).status_code == 200
    await walk.done("rep", "submit")
    await walk.granted(1)
    assert (await walk.seen())["state"] == "under_review"
    await walk.granted(2)
    assert (await walk.seen())["state"] == "approved"


async def test_a8_finance_commits_at_most_the_approved_budget_in_its_currency(house):
    walk = await planned(house)
    await walk.done("rep", "submit")
    await walk.granted()
    above = await walk.do("finance", "commit", {"amount": cny("1000.01")})
    assert (above.status_code, pointers(above)) == (422, ["/amount/amount"])
    dollars = await walk.do("finance", "commit", {"amount": {"amount": "10.00", "currency": "USD"}})
    assert (dollars.status_code, pointers(dollars)) == (422, ["/amount/currency"])
    assert (await walk.seen())["state"] == "approved"
    assert (await walk.done("finance", "commit", {"amount": cny("1000.00")}))["committed"] == cny("1000.00")


async def test_a8_nobody_checks_his_own_report(house):
    account = await house.account()
    walk = Walk(house, (await house["kam"].post("/v1/visits", {"account_id": account["id"], **PLAN})).json())
    await walk.done("kam", "submit")
    await walk.granted()
    await walk.done("finance", "commit", {"amount": cny("800.00")})
    await walk.done("kam", "report", REPORT)
    own = await walk.do("kam", "check", {"note": "good"})
    assert (own.status_code, own.json()["code"]) == (403, "own_paper")
    assert (await walk.do("rep", "check", {"note": "good"})).status_code == 403


@pytest.mark.parametrize(
    ("deed", "change", "where"),
    [
        pytest.param("report", {"happened_on": "2999-01-01"}, ["/happened_on"], id="a visit to come"),
        pytest.param("report", {"happened_on": "2021-02-30"}, ["/happened_on"], id="the 30th of February"),
        pytest.param("report", {"needs": ""}, ["/needs"], id="no needs found"),
        pytest.param("report", {"form_hash": "0" * 64}, ["/form_hash"], id="a form nobody uploaded"),
    ],
)
async def test_a8_a_wrong_report_is_refused_where_it_is_wrong(house, deed, change, where):
    walk = await planned(house)
    await walk.done("rep", "submit")
    await walk.granted()
    await walk.done("finance", "commit", {"amount": cny("800.00")})
    refused = await walk.do("rep", deed, REPORT | change)
    assert (refused.status_code, pointers(refused)) == (422, where)
    assert (await walk.seen())["state"] == "committed"


async def test_a8_a_claim_names_receipts_that_were_uploaded(house):
    walk = await checked(house)
    refused = await walk.do("rep", "claim", {"amount": cny("1.00"), "receipts": [await a_receipt(house), "0" * 64]})
    assert (refused.status_code, pointers(refused)) == (422, ["/receipts/1"])


async def test_a8_a_visit_called_off_under_review_takes_its_ask_back(house):
    walk = await planned(house)
    await walk.done("rep", "submit")
    await walk.done("rep", "call-off", {"reason": "the customer is abroad"})
    assert len(await house.told("ApprovalAskWithdrawn", walk.account_id)) == 1
    await walk.granted()
    assert (await walk.seen())["state"] == "called_off"


async def test_a8_another_branch_neither_sees_nor_moves_a_visit(house):
    walk = await planned(house)
    assert (await house["other_rep"].get(f"/v1/visits/{walk.id}")).status_code == 404
    assert (await walk.do("other_rep", "submit")).status_code == 404
    assert (await house["other_rep"].get("/v1/visits")).json()["items"] == []


@pytest.mark.parametrize(
    ("route", "permission"),
    [
        pytest.param("development-case", "cases.write", id="A7: who picks candidates asks for their case"),
        pytest.param("visit", "visits.write", id="A8: who plans visits asks for them"),
        pytest.param("reception", "visits.write", id="A8: receptions too"),
        pytest.param("extra-expense", "visits.write", id="A8: and for what was spent above the commitment"),
    ],
)
def test_a7_a8_the_chain_admits_whoever_may_do_the_work(route: str, permission: str) -> None:
    [document] = [one for one in pack_of(PACK, "approvals") if one.id == route]
    assert isinstance(document, Route)
    assert set(document.initiators) == set(permission_table().permissions[permission].roles)


async def test_a8_money_is_committed_before_the_visit_it_is_for(house):
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    account = await house.account()
    late = await house["rep"].post("/v1/visits", {"account_id": account["id"], **PLAN, "planned_on": yesterday})
    assert (late.status_code, pointers(late)) == (422, ["/planned_on"])
    walk = await planned(house)
    moved_back = await house["rep"].put(f"/v1/visits/{walk.id}/plan", {**PLAN, "planned_on": yesterday})
    assert (moved_back.status_code, pointers(moved_back)) == (422, ["/planned_on"])
    await walk.done("rep", "submit")
    await walk.granted()
    await walk.done("finance", "commit", {"amount": cny("100.00")})
    before = await walk.do("rep", "report", {**REPORT, "happened_on": yesterday})
    assert (before.status_code, pointers(before)) == (422, ["/happened_on"])
    back = await walk.do("rep", "report", {**REPORT, "next_visit_on": "1998-01-01"})
    assert (back.status_code, pointers(back)) == (422, ["/next_visit_on"])
    assert (await walk.seen())["state"] == "committed"


async def test_a8_a_receipt_pays_once(house):
    first, second = await checked(house), await checked(house)
    receipt, other = await a_receipt(house), await a_receipt(house)
    thrice = await first.do("rep", "claim", {"amount": cny("1.00"), "receipts": [receipt, receipt, other, receipt]})
    assert (thrice.status_code, pointers(thrice)) == (422, ["/receipts/1", "/receipts/3"])
    await first.done("rep", "claim", {"amount": cny("1.00"), "receipts": [receipt]})
    again = await second.do("rep", "claim", {"amount": cny("1.00"), "receipts": [other, receipt]})
    assert (again.status_code, pointers(again)) == (422, ["/receipts/1"])
    await first.done("rep", "claim", {"amount": cny("1.00"), "receipts": [other]})
    await second.done("rep", "claim", {"amount": cny("1.00"), "receipts": [receipt]})


async def test_a8_of_two_claims_at_once_with_one_receipt_one_is_taken(house):
    walks, receipt = [await checked(house), await checked(house)], await a_receipt(house)
    claim = {"amount": cny("1.00"), "receipts": [receipt]}
    answers = await asyncio.gather(*(walk.do("rep", "claim", claim) for walk in walks))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
