"""One key account from dossier to statement: every figure that was promised, as the running services answered it."""

import json
from typing import Any

import pytest

from tests.e2e.played import Played

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]

STEPS = ["first", "legal", "marketing", "finance", "general"]


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def request_on(played: Played, subject_type: str, revision: int = 1) -> dict[str, Any]:
    (found,) = [one for one in played.requests if (one["subject_type"], one["revision"]) == (subject_type, revision)]
    return found


def deciders(request: dict[str, Any]) -> dict[str, str]:
    """Who decided each step."""
    return {step["id"]: step["decision"]["by"]["user_id"] for step in request["steps"] if step["decision"]}


def lines(played: Played, statement: str) -> list[tuple[str, str, str | None]]:
    shown = played.story.statements[statement]["lines"]
    return [(row["amount"]["amount"], row["kind"], row["origin_period"]) for row in shown]


# ---- 1  dossier, list, class, election -----------------------------------------------------------------------------


def test_a1_a_dossier_without_its_licence_says_that_it_misses_it(played: Played) -> None:
    before, after = played.story.completeness
    assert "business_licence" in {row["field"] for row in before["missing"]}
    assert "business_licence" not in {row["field"] for row in after["missing"]}
    assert before["completeness"] < after["completeness"]


def test_the_dossier_is_opened_in_december_2020(played: Played) -> None:
    account = played.story.account
    assert (account["filed_on"], account["opened_at"][:7]) == ("2020-12-01", "2020-12")


def test_a4_the_key_account_list_is_agreed_with_the_account_on_it(played: Played) -> None:
    agreed = played.story.key_list
    assert (agreed["half_year"], agreed["state"]) == ("2021-H1", "agreed")
    assert played.story.account["id"] in agreed["accounts"]
    assert (agreed["valid_from"], agreed["valid_until"]) == ("2021-01-01", "2021-07-01")


def test_a2_the_first_rating_scores_91_11_and_proposes_class_a(played: Played) -> None:
    assert (played.story.rating["score"], played.story.rating["grade"]) == ("91.11", "A")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("Purchases from 2019-12-16 to 2020-12-15: 1,200,000.00 CNY", id="the imported year counts"),
        pytest.param("Credit: high", id="the assessed credit counts"),
        pytest.param("Share of its local market from 2019-12-16 to 2020-12-15: 25 %", id="the surveyed share counts"),
        pytest.param("Share of our margin (weight 15): no evidence", id="orders without costs give no margin"),
        pytest.param("Visits, calls and mails logged from 2019-12-16 to 2020-12-15: 0", id="no contacts are a fact"),
        pytest.param("Score 91.11 = 4,100 ÷ 45.", id="what has no evidence is left out of the weights"),
    ],
)
def test_a2_the_rating_says_why(played: Played, said: str) -> None:
    assert any(said in line for line in played.story.rating_explained["lines"])


def test_a5_approved_on_12_20_class_a_holds_from_the_first_of_the_month_after(played: Played) -> None:
    request = request_on(played, "rating")
    assert {step["decision"]["at"][:10] for step in request["steps"]} == {"2020-12-20"}
    assert (played.story.klass["grade"], played.story.klass["valid_from"]) == ("A", "2021-01-01")


def test_a12_a_named_person_elects_the_subsidy_for_2021(played: Played) -> None:
    election = played.story.election
    assert (election["choice"], election["elected_by"]) == ("subsidy", "Ms Chen Li, purchasing director")
    assert (election["valid_from"], election["valid_until"]) == ("2021-01-01", "2022-01-01")
    assert election["recorded_at"][:10] == "2020-12-21"


# ---- 2  a quote below the floor ------------------------------------------------------------------------------------


def test_p2_880_below_a_floor_of_900_is_a_quote_that_waits_and_no_error(played: Played) -> None:
    (line,) = played.story.exception["lines"]
    assert played.story.exception["state"] == "pending_exception"
    assert (line["quantity"], line["list_unit_price"], line["floor_unit_price"]) == (600, cny("1000.00"), cny("900.00"))
    assert (line["net_unit_price"], line["below_floor_by"]) == (cny("880.00"), cny("20.00"))


def test_c5_the_marketing_director_alone_grants_it_with_an_e_mail(played: Played) -> None:
    request = request_on(played, "quote_line")
    assert request["state"] == "granted"
    assert deciders(request) == {"marketing": played.story.cast.marketing.user_id}
    assert request["steps"][0]["decision"]["evidence"]["channel"] == "email"


def test_s_b6_the_grant_is_of_880_for_1_to_600_pieces_until_the_first_of_april(played: Played) -> None:
    (line,) = played.story.quote["lines"]
    assert line["exception"]["granted"] == {
        "unit_price": cny("880.00"),
        "quantity_from": 1,
        "quantity_to": 600,
        "valid_until": "2021-04-01",
    }


def test_the_accepted_quote_is_528000_cny(played: Played) -> None:
    quote = played.story.quote
    assert (quote["state"], quote["total"]) == ("accepted", cny("528000.00"))


def test_s_g10_signing_asked_no_second_time_for_the_price(played: Played) -> None:
    assert [one["route"] for one in played.requests].count("price-exception@1") == 1


# ---- 3  the contract -----------------------------------------------------------------------------------------------


def test_s_g1_changing_590_to_600_while_pending_withdraws_the_request_and_makes_a_revision(played: Played) -> None:
    first, second = request_on(played, "contract", 1), request_on(played, "contract", 2)
    assert (first["state"], second["state"]) == ("withdrawn", "granted")
    assert [one["content"]["lines"][0]["quantity"] for one in (first, second)] == [590, 600]
    assert first["content_hash"] != second["content_hash"]


def test_s_g1_the_contract_remembers_both_revisions(played: Played) -> None:
    moves = [(move["move"], move["revision"]) for move in played.contract_history["moves"]]
    assert moves == [
        ("draft", 1),
        ("submit", 1),
        ("edit", 2),
        ("submit", 2),
        ("request_granted", 2),
        ("sign", 2),
        ("activate", 2),
    ]


def test_c2_528000_cny_at_6_50_route_as_81230_77_usd(played: Played) -> None:
    contract = played.story.contract
    assert contract["amount"] == cny("528000.00")
    assert contract["routing_amount"] == {"amount": "81230.77", "currency": "USD"}
    (rate,) = contract["rates"]
    assert (rate["base"], rate["quote"], rate["rate"]) == ("USD", "CNY", "6.50")


def test_c2_more_than_2000_usd_ask_the_general_manager_and_the_step_says_so(played: Played) -> None:
    general = played.story.preview["steps"][-1]
    assert general["id"] == "general"
    assert "81230.77 > 2000.00" in general["why"]["en"]
    assert "81230.77 > 2000.00" in general["why"]["zh"]


def test_s_g2_the_previewed_route_is_the_route_that_was_walked(played: Played) -> None:
    preview = [(step["id"], step["role"], step["kind"]) for step in played.story.preview["steps"]]
    walked = [(step["id"], step["role"], step["kind"]) for step in played.story.chain["steps"]]
    assert preview == walked
    assert [step for step, _, _ in walked] == STEPS


@pytest.mark.parametrize(
    ("step", "person"),
    [
        pytest.param("first", "kam", id="the first responsible person reviews"),
        pytest.param("legal", "legal", id="legal reviews"),
        pytest.param("marketing", "marketing", id="the marketing director approves"),
        pytest.param("finance", "findir", id="the finance director approves"),
        pytest.param("general", "gm", id="the general manager approves"),
    ],
)
def test_c2_each_step_is_decided_by_its_own_role(played: Played, step: str, person: str) -> None:
    assert deciders(played.story.chain)[step] == played.story.cast.people[person].user_id


def test_c11_the_requester_is_refused_on_his_own_request(played: Played) -> None:
    own = played.story.refusals[0]
    assert (own["status"], own["body"]["code"]) == (403, "segregation_of_duties")
    assert played.story.cast.rep.user_id not in deciders(played.story.chain).values()


def test_s_g7_a_second_approve_with_the_same_key_answers_the_same(played: Played) -> None:
    assert played.story.repeated == ["kam", "legal", "marketing", "findir", "gm"]


def test_c3_the_contract_carries_the_licence_of_step_1_and_its_first_responsible_person(played: Played) -> None:
    contract = played.story.contract
    assert contract["documents"] == [{"type": "business_licence", "number": "CD/KIN/RCCM/12-B-0417"}]
    assert contract["first_responsible"] == played.story.cast.kam.user_id


def test_the_contract_is_signed_and_active_on_03_08(played: Played) -> None:
    contract = played.story.contract
    assert (contract["state"], contract["signed_on"], contract["active_on"]) == ("active", "2021-03-08", "2021-03-08")


# ---- 4  orders and what they earn ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "day", "pieces", "amount"),
    [
        pytest.param(0, "2021-03-10", 400, "352000.00", id="400 pieces on 03-10"),
        pytest.param(1, "2021-03-25", 200, "176000.00", id="200 pieces on 03-25"),
    ],
)
def test_an_order_of_the_quote_is_delivered_and_paid(
    played: Played, place: int, day: str, pieces: int, amount: str
) -> None:
    order = played.story.orders[place]
    (line,) = order["lines"]
    assert (order["placed_at"][:10], line["delivered"]) == (day, pieces)
    assert (order["net_amount"], order["paid"]) == (cny(amount), cny(amount))


def test_r1_the_subsidy_accrues_88000_then_52800_and_17600_as_a_true_up(played: Played) -> None:
    found = [(one["occurred_at"][:10], one["kind"], one["amount"]["amount"]) for one in played.story.march_accruals]
    assert found == [
        ("2021-03-10", "accrual", "88000.00"),
        ("2021-03-25", "accrual", "52800.00"),
        ("2021-03-25", "re_evaluation", "17600.00"),
    ]


def test_s_a5_the_month_is_worth_158400_after_the_second_order(played: Played) -> None:
    second = played.explained[played.story.march_accruals[1]["id"], "en"]
    assert second["decision"]["outcome"]["amount"] == cny("158400.00")
    assert any("30 % of 528,000.00 CNY" in said for said in second["text"])


def test_r1_the_first_order_alone_is_in_the_row_of_25_percent(played: Played) -> None:
    first = played.explained[played.story.march_accruals[0]["id"], "en"]
    assert any("25 % of 352,000.00 CNY" in said for said in first["text"])


# ---- 5  the bonus --------------------------------------------------------------------------------------------------


def test_r2_the_rep_earns_800_and_it_is_pending(played: Played) -> None:
    first = played.story.bonus["first"]
    assert (first["amount"], first["state"], first["rows"]) == (cny("800.00"), "pending", ["R2", "C8"])
    assert first["measure_after"] == {"amount": "81230.77", "currency": "USD"}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("20.45 %, required ≥ 10 % – holds.", id="the margin is shown as people read it"),
        pytest.param("81,230.77 USD, in row 4 (> 60,000.00 USD, ≤ 100,000.00 USD)", id="the row is (60,000, 100,000]"),
    ],
)
def test_r2_the_bonus_says_why(played: Played, said: str) -> None:
    explained = played.explained[played.story.bonus["first"]["id"], "en"]
    assert any(said in line for line in explained["text"])


def test_c8_the_rep_asks_and_the_general_manager_confirms_on_03_12(played: Played) -> None:
    request = request_on(played, "award")
    assert (request["requester"], request["state"]) == (played.story.cast.rep.user_id, "granted")
    assert deciders(request) == {"confirm": played.story.cast.gm.user_id}
    assert request["granted_at"][:10] == "2021-03-12"


def test_c8_confirmed_it_is_payable_in_april_and_on_the_statement_of_march(played: Played) -> None:
    confirmed = played.story.bonus["confirmed"]
    assert (confirmed["state"], confirmed["period"], confirmed["occurred_at"][:10]) == (
        "payable",
        "2021-03",
        "2021-03-12",
    )
    (line,) = played.story.statements["rep 2021-03"]["lines"]
    assert (line["amount"], line["state"], line["pays_in"]) == (cny("800.00"), "payable", "2021-04")


# ---- 6  March closes -----------------------------------------------------------------------------------------------


def test_r13_march_closes_at_the_first_instant_after_its_grace(played: Played) -> None:
    closed = played.story.closed
    assert (closed["state"], closed["closes_from"]) == ("closed", "2021-04-06")
    assert closed["closed_at"].startswith("2021-04-05T23:00:0")
    assert closed["closed"][-1] == "2021-03"
    assert closed["statements"] == 2


@pytest.mark.parametrize(
    ("statement", "total"),
    [
        pytest.param("account 2021-03", "158400.00", id="the account's"),
        pytest.param("rep 2021-03", "800.00", id="the rep's"),
    ],
)
def test_r13_a_statement_of_march_is_issued(played: Played, statement: str, total: str) -> None:
    issued = played.story.statements[statement]
    assert (issued["state"], issued["totals"], issued["waiting"]) == ("issued", [cny(total)], [])


def test_the_accounts_statement_has_its_three_lines(played: Played) -> None:
    assert lines(played, "account 2021-03") == [
        ("88000.00", "accrual", None),
        ("52800.00", "accrual", None),
        ("17600.00", "re_evaluation", None),
    ]


@pytest.mark.parametrize("statement", ["account 2021-03", "rep 2021-03", "account 2021-04", "rep 2021-04"])
@pytest.mark.parametrize(
    ("language", "title"),
    [
        pytest.param("en", {"Monthly volume subsidy", "New-product bonus"}, id="in English"),
        pytest.param("zh", {"大客户现金补贴", "新品牌产品销售奖金"}, id="in Chinese"),
    ],
)
def test_each_line_of_each_statement_is_explained(
    played: Played, statement: str, language: str, title: set[str]
) -> None:
    for row in played.story.statements[statement]["lines"]:
        explained = played.story.explanations[row["reward_id"], language]
        assert any(explained["text"][0].startswith(words) for words in title)
        assert explained["same_trace"] is True


# ---- 7  fifty come back --------------------------------------------------------------------------------------------


def test_r14_april_shows_13200_and_24200_taken_back_with_origin_march(played: Played) -> None:
    assert lines(played, "account 2021-04") == [
        ("-13200.00", "clawback", "2021-03"),
        ("-24200.00", "re_evaluation", "2021-03"),
    ]
    assert played.story.statements["account 2021-04"]["totals"] == [cny("-37400.00")]


def test_s_f1_both_are_under_the_version_of_march(played: Played) -> None:
    march = {row["policy"] for row in played.story.statements["account 2021-03"]["lines"]}
    april = {row["policy"] for row in played.story.statements["account 2021-04"]["lines"]}
    assert march == april == {"volume-subsidy@1"}


@pytest.mark.parametrize(
    ("place", "language", "said"),
    [
        pytest.param(
            0, "en", "52,800.00 CNY held × 50 ÷ 200 pieces = 13,200.00 CNY taken back.", id="what that line earned"
        ),
        pytest.param(
            0,
            "zh",
            "所持52,800.00 CNY × 退回50 ÷ 原有200件 = 收回13,200.00 CNY。",
            id="what that line earned, in Chinese",
        ),
        pytest.param(1, "en", "  25 % of 484,000.00 CNY, rounded half up: 121,000.00 CNY.", id="the month fell"),
    ],
)
def test_r14_the_lines_say_how_they_came_about(played: Played, place: int, language: str, said: str) -> None:
    row = played.story.statements["account 2021-04"]["lines"][place]
    assert said in played.story.explanations[row["reward_id"], language]["text"]


def test_s_f3_the_bonus_is_tested_again_on_74461_54_usd_and_stays_800(played: Played) -> None:
    retest = played.story.bonus["retest"]
    assert retest["amount"] == cny("0.00")
    assert retest["measure_after"] == {"amount": "74461.54", "currency": "USD"}
    explained = played.story.bonus["retest_explained"]
    assert explained["decision"]["outcome"]["amount"] == cny("800.00")
    assert explained["text"][-1] == "800.00 CNY now and posted before: it stays."
    assert any("74,461.54 USD, in row 4" in said for said in explained["text"])


def test_s_d1_march_as_known_before_the_return_is_byte_for_byte_what_was_printed(played: Played) -> None:
    printed, again = played.story.printed["2021-03"], played.story.printed["2021-03 again"]
    assert json.loads(printed)["items"][0]["totals"] == [cny("158400.00")]
    assert printed == again


# ---- 8  what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "status", "code"),
    [
        pytest.param(1, 401, "unauthenticated", id="without a token"),
        pytest.param(2, 404, "unknown_order", id="with another branch's token there is no such order"),
        pytest.param(3, 422, "invalid_request", id="with a wrong body"),
    ],
)
def test_a_request_is_refused(played: Played, place: int, status: int, code: str) -> None:
    refused = played.story.refusals[place]
    assert (refused["status"], refused["body"]["status"], refused["body"]["code"]) == (status, status, code)


def test_a_wrong_field_is_named_by_its_pointer(played: Played) -> None:
    errors = played.story.refusals[3]["body"]["errors"]
    assert [error["pointer"] for error in errors] == ["/lines/0/quantity"]


# ---- the books after it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "amount"), [pytest.param("payable", "158400.00"), pytest.param("accrued", "-37400.00")]
)
def test_h3_what_the_account_is_owed_stands_in_its_state(played: Played, state: str, amount: str) -> None:
    found = [
        one["balance"]
        for one in played.balances
        if (one["beneficiary"], one["window"], one["state"]) == (played.account, "2021-03", state)
    ]
    assert found == [cny(amount)]


def test_s_h1_the_ledger_proves_itself_after_the_story(played: Played) -> None:
    assert played.verified["ok"] is True
    assert played.verified["differences"] == []
    assert played.verified["sum_by_currency"] == [cny("0.00")]
