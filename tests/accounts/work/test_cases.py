"""A7: a development case walks step by step from its pick to won or lost, screened and reviewed twice."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.accounts.cases.domain import MOVES, CaseMove, Stage
from services.accounts.moves import MoveNotAllowed, moved
from shared.events.approvals import ApprovalGranted, ApprovalReturned, ApprovalWithdrawn, StepDecided
from tests.accounts.work.conftest import House, pointers

ROAD = (
    "pick", "survey", "screening", "application", "manager_review", "director_review",
    "group", "dossier", "execution", "reporting", "won",
)  # fmt: skip
FORWARD = {
    "survey": "survey", "screen": "screening", "apply": "application", "submit": "manager_review",
    "manager_agrees": "director_review", "director_agrees": "group", "open_dossier": "dossier",
    "execute": "execution", "report": "reporting", "win": "won",
}  # fmt: skip
AGAIN = {"survey": "survey", "apply": "application", "form_group": "group", "report": "reporting"}


class CasesAgreeWithTheModel(RuleBasedStateMachine):
    """The model is the source's list of steps: one further, the same again where it says so, back, or given up."""

    def __init__(self) -> None:
        super().__init__()
        self.at, self.been = "pick", ["pick"]

    def _after(self, move: str) -> str | None:
        if self.at in ("won", "lost"):
            return None
        if move == "lose":
            return "lost"
        if move == "send_back":
            return "application" if self.at in ("manager_review", "director_review") else None
        if move == "survey" and self.at == "screening":
            return "survey"
        if AGAIN.get(move) == self.at:
            return self.at
        further = ROAD[ROAD.index(self.at) + 1]
        return further if FORWARD.get(move) == further else None

    @rule(move=st.sampled_from(CaseMove))
    def make(self, move: CaseMove) -> None:
        expected = self._after(move)
        if expected is None:
            with pytest.raises(MoveNotAllowed) as refused:
                moved(MOVES, Stage(self.at), move)
            possible = [one for one in CaseMove if self._after(one) is not None]
            assert sorted(refused.value.more["allowed"]) == sorted(possible)
            return
        self.at = str(moved(MOVES, Stage(self.at), move))
        assert self.at == expected
        self.been.append(self.at)

    @rule()
    def make_the_next_move(self) -> None:
        """Chance alone would seldom come far."""
        if self.at not in ("won", "lost"):
            further = ROAD[ROAD.index(self.at) + 1]
            self.make(next(CaseMove(move) for move, stage in FORWARD.items() if stage == further))

    @invariant()
    def nothing_was_skipped(self) -> None:
        if self.at != "lost":
            assert set(ROAD[: ROAD.index(self.at) + 1]) <= set(self.been)

    @invariant()
    def what_was_sent_back_is_reviewed_again(self) -> None:
        if "group" in self.been:
            group = self.been.index("group")
            assert self.been[group - 2 : group] == ["manager_review", "director_review"]


TestCases = CasesAgreeWithTheModel.TestCase
TestCases.settings = settings(max_examples=60, stateful_step_count=40)

SURVEY = {
    "cost_fit": "high",
    "technology_fit": "fair",
    "environment_fit": "high",
    "expected_purchases": {"amount": "100000.00", "currency": "CNY"},
}
APPLICATION = {"plan": "three demonstrations and a trial", "budget": {"amount": "5000.00", "currency": "CNY"}}
NOW = datetime(2021, 3, 2, 8, tzinfo=UTC)


async def picked(house: House) -> str:
    body = {"candidate": "Matadi Port Services SA", "branch": "kinshasa", "reason": "runs forty vehicles"}
    made = await house["rep"].post("/v1/development-cases", body)
    assert (made.status_code, made.json()["stage"]) == (201, "pick")
    return str(made.json()["id"])


async def advanced(house: House, case_id: str, move: str, **details: Any) -> Any:
    return await house["rep"].post(f"/v1/development-cases/{case_id}/advance", {"move": move, **details})


async def walked(house: House, case_id: str, *moves: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    for move, details in moves:
        answer = await advanced(house, case_id, move, **details)
        assert answer.status_code == 200, answer.text
    return dict(answer.json())


TO_REVIEW = (
    ("survey", {"survey": SURVEY}),
    ("screen", {}),
    ("apply", {"application": APPLICATION}),
    ("submit", {}),
)


def said(event: type, case_id: str, revision: int = 1, **fields: Any) -> Any:
    about = {"request_id": "r-1", "subject_type": "case", "subject_id": case_id, "revision": revision}
    return event(occurred_at=NOW, **about, **fields)


def granted(case_id: str, revision: int = 1) -> Any:
    return said(ApprovalGranted, case_id, revision, content_hash="x", granted_at=NOW)


def manager_agreed(case_id: str, revision: int = 1) -> Any:
    return said(StepDecided, case_id, revision, step="manager", decision="approve", decided_by="kam")


async def stage_of(house: House, case_id: str) -> str:
    return str((await house["rep"].get(f"/v1/development-cases/{case_id}")).json()["stage"])


async def test_a7_a_case_is_won_step_by_step_and_tells_who_picked_the_customer(house):
    case_id = await picked(house)
    await walked(house, case_id, *TO_REVIEW)
    (asked,) = await house.told("ApprovalSought", case_id)
    assert (asked["route"], asked["requester"], asked["content"]["budget"]) == (
        "development-case",
        house.ids["rep"],
        {"amount": "5000.00", "currency": "CNY"},
    )
    await house.receive(manager_agreed(case_id))
    assert await stage_of(house, case_id) == "director_review"
    await house.receive(granted(case_id), granted(case_id), manager_agreed(case_id))
    assert await stage_of(house, case_id) == "group"
    account = await house.account()
    ended = await walked(
        house,
        case_id,
        ("form_group", {"group": [house.ids["rep"], house.ids["kam"]]}),
        ("open_dossier", {"account_id": account["id"]}),
        ("execute", {}),
        ("report", {"report": "first demonstration went well"}),
        ("report", {"report": "trial of ten sets begun"}),
        ("win", {}),
    )
    assert (ended["stage"], ended["allowed"], ended["account_id"]) == ("won", [], account["id"])
    assert [step["note"] for step in ended["steps"] if step["move"] == "report"] == [
        "first demonstration went well",
        "trial of ten sets begun",
    ]
    (won,) = await house.told("DevelopmentCaseWon", account["id"])
    assert (won["case_id"], won["picked_by"]) == (case_id, house.ids["rep"])


@pytest.mark.parametrize(
    ("move", "details"),
    [
        pytest.param("win", {}, id="won before anything"),
        pytest.param("submit", {}, id="reviewed before it is applied for"),
        pytest.param("apply", {"application": APPLICATION}, id="applied for before it is surveyed"),
        pytest.param("execute", {}, id="executed before it is reviewed"),
    ],
)
async def test_a7_a_wrong_move_is_a_409_that_names_the_allowed_ones(house, move, details):
    case_id = await picked(house)
    refused = await advanced(house, case_id, move, **details)
    assert (refused.status_code, refused.json()["code"]) == (409, "move_not_allowed")
    assert refused.json()["allowed"] == ["survey", "lose"]
    assert await stage_of(house, case_id) == "pick"


async def test_a7_nobody_makes_the_reviews_moves_by_hand(house):
    case_id = await picked(house)
    await walked(house, case_id, *TO_REVIEW)
    for move in ("manager_agrees", "director_agrees", "send_back"):
        refused = await advanced(house, case_id, move)
        assert (refused.status_code, refused.json()["allowed"]) == (409, ["lose"])


async def test_a7_a_candidate_that_does_not_pass_the_screening_is_not_applied_for(house):
    """0 of 30, 18 of 30, 15 of 15, 5 of 25 (99,999.99 stays in the lowest row) are 38: failed, below 60."""
    case_id = await picked(house)
    poor = SURVEY | {"cost_fit": "weak", "expected_purchases": {"amount": "99999.99", "currency": "CNY"}}
    screened = await walked(house, case_id, ("survey", {"survey": poor}), ("screen", {}))
    assert (screened["score"], screened["grade"]) == ("38.00", "fail")
    refused = await advanced(house, case_id, "apply", application=APPLICATION)
    assert (refused.status_code, refused.json()["refusal"]) == (422, "screening_not_passed")
    # Surveyed better, exactly 100,000 reaches the middle row: 30 + 18 + 15 + 15 = 78.
    again = await walked(house, case_id, ("survey", {"survey": SURVEY}), ("screen", {}))
    assert (again["score"], again["grade"]) == ("78.00", "pass")
    why = await house["rep"].get(f"/v1/development-cases/{case_id}/explanation", headers={"Accept-Language": "zh"})
    assert any("费用可承受" in line for line in why.json()["lines"])
    assert (await advanced(house, case_id, "apply", application=APPLICATION)).status_code == 200


async def test_a7_what_is_returned_is_applied_for_and_reviewed_again_and_older_answers_change_nothing(house):
    case_id = await picked(house)
    await walked(house, case_id, *TO_REVIEW)
    await house.receive(manager_agreed(case_id), said(ApprovalReturned, case_id, reason="too dear"))
    assert await stage_of(house, case_id) == "application"
    cheaper = APPLICATION | {"budget": {"amount": "3000.00", "currency": "CNY"}}
    await walked(house, case_id, ("apply", {"application": cheaper}), ("submit", {}))
    await house.receive(granted(case_id), said(ApprovalWithdrawn, case_id, reason="superseded"))
    assert await stage_of(house, case_id) == "manager_review"
    await house.receive(granted(case_id, 2))
    assert await stage_of(house, case_id) == "group"
    asked = await house.told("ApprovalSought", case_id)
    assert [one["revision"] for one in asked] == [1, 2]
    assert asked[0]["content_hash"] != asked[1]["content_hash"]


async def test_a7_a_case_lost_under_review_takes_its_ask_back(house):
    case_id = await picked(house)
    await walked(house, case_id, *TO_REVIEW)
    lost = await walked(house, case_id, ("lose", {"reason": "bought elsewhere"}))
    assert (lost["stage"], lost["lost_because"]) == ("lost", "bought elsewhere")
    (withdrawn,) = await house.told("ApprovalAskWithdrawn", case_id)
    assert withdrawn["revision"] == 1
    assert len(await house.told("DevelopmentCaseLost", case_id)) == 1
    await house.receive(granted(case_id))
    assert await stage_of(house, case_id) == "lost"


@pytest.mark.parametrize(
    ("move", "details", "where"),
    [
        pytest.param("survey", {}, ["/survey"], id="a survey without its answers"),
        pytest.param("survey", {"survey": SURVEY, "report": "x"}, ["/report"], id="a survey with a report"),
        pytest.param("lose", {}, ["/reason"], id="lost without a reason"),
        pytest.param("survey", {"survey": SURVEY | {"cost_fit": "great"}}, ["/survey/cost_fit"], id="an unknown word"),
        pytest.param("fly", {}, ["/move"], id="a move nobody knows"),
    ],
)
async def test_a7_a_move_brings_exactly_what_it_needs(house, move, details, where):
    case_id = await picked(house)
    refused = await advanced(house, case_id, move, **details)
    assert (refused.status_code, pointers(refused)) == (422, where)
    assert await stage_of(house, case_id) == "pick"


async def test_a7_the_dossier_needs_a_project_group_and_belongs_to_the_case_s_branch(house):
    case_id = await picked(house)
    await walked(house, case_id, *TO_REVIEW)
    await house.receive(granted(case_id))
    account, elsewhere = await house.account(), await house.account(branch="lubumbashi")
    early = await advanced(house, case_id, "open_dossier", account_id=account["id"])
    assert (early.status_code, early.json()["code"]) == (409, "no_project_group")
    await walked(house, case_id, ("form_group", {"group": [house.ids["rep"]]}))
    path = f"/v1/development-cases/{case_id}/advance"
    refused = await house["kam"].post(path, {"move": "open_dossier", "account_id": elsewhere["id"]})
    assert (refused.status_code, pointers(refused)) == (422, ["/account_id"])
    assert (await advanced(house, case_id, "open_dossier", account_id=elsewhere["id"])).status_code == 404
    assert await stage_of(house, case_id) == "group"


async def test_a7_another_branch_does_not_see_the_case(house):
    case_id = await picked(house)
    assert (await house["other_rep"].get(f"/v1/development-cases/{case_id}")).status_code == 404
    path = f"/v1/development-cases/{case_id}/advance"
    assert (await house["other_rep"].post(path, {"move": "survey", "survey": SURVEY})).status_code == 404
    assert (await house["other_rep"].get("/v1/development-cases")).json()["items"] == []
    body = {"candidate": "Elsewhere", "branch": "lubumbashi", "reason": "x"}
    assert (await house["rep"].post("/v1/development-cases", body)).status_code == 403
