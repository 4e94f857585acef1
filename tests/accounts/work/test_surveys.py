"""A10: surveys are sent, answered through a signed link without a login, and scored."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.accounts.surveys.domain import NoSuchLink, average, check_link, link_of
from shared.db.session import commit
from tests.accounts.work.conftest import House, pointers

ANSWERS = {"quality": 5, "delivery": 4, "service": 4, "price": 3, "again": 5}
LAST = date(2021, 4, 1)


@given(st.text(min_size=1, max_size=40), st.text(min_size=16, max_size=40))
def test_a10_a_link_opens_only_the_survey_it_was_made_for(survey, secret):
    link = link_of(survey, LAST, secret=secret)
    check_link(link, survey, LAST, secret=secret)
    for other in (("another", LAST, secret), (survey, date(2021, 4, 2), secret), (survey, LAST, secret + "x")):
        with pytest.raises(NoSuchLink):
            check_link(link, other[0], other[1], secret=other[2])


def test_a10_the_average_is_not_rounded():
    assert average((5, 4, 4)) == Decimal(13) / 3


async def sent(house: House, account_id: str) -> dict:
    made = await house["rep"].post("/v1/surveys", {"account_id": account_id})
    assert made.status_code == 201, made.text
    return made.json()


async def answered(house: House, link: str, answers=ANSWERS, **fields):
    return await house.accounts.client.post(f"/v1/survey-links/{link}/answers", json={"answers": answers, **fields})


async def test_a10_a_customer_answers_through_the_link_without_a_login_once(house):
    account = await house.account()
    survey = await sent(house, account["id"])
    seen = await house.accounts.client.get(f"/v1/survey-links/{survey['link']}")
    assert (seen.status_code, seen.json()["answered"]) == (200, False)
    assert account["id"] not in seen.text
    first = await answered(house, survey["link"], comment="more colours please")
    assert (first.status_code, first.json()["answered"]) == (201, True)
    again = await answered(house, survey["link"])
    assert (again.status_code, again.json()["code"]) == (409, "survey_answered")
    (kept,) = (await house["rep"].get("/v1/surveys", params={"account_id": account["id"]})).json()["items"]
    assert (kept["answers"], kept["average"], kept["comment"]) == (ANSWERS, "4.20", "more colours please")
    assert "link" not in kept


async def test_a10_a_forged_link_opens_nothing(house):
    account = await house.account()
    survey = await sent(house, account["id"])
    seal = survey["link"].partition(".")[2]
    other = await sent(house, account["id"])
    for link in (f"{other['id']}.{seal}", f"{survey['id']}.{'0' * 64}", survey["id"], "x", "no-such.survey"):
        assert (await house.accounts.client.get(f"/v1/survey-links/{link}")).status_code == 404
        assert (await answered(house, link)).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        pytest.param({"quality": 6}, "/answers/quality", id="above the scale"),
        pytest.param({"quality": 0}, "/answers/quality", id="below the scale"),
        pytest.param({"mood": 5}, "/answers/mood", id="a question that was not asked"),
        pytest.param({"quality": "5"}, "/answers/quality", id="a text"),
        pytest.param({"quality": None}, "/answers/quality", id="nothing"),
    ],
)
async def test_a10_marks_outside_the_scale_or_the_questions_are_refused(house, change, pointer):
    survey = await sent(house, (await house.account())["id"])
    refused = await answered(house, survey["link"], ANSWERS | change)
    assert (refused.status_code, pointers(refused)) == (422, [pointer])
    assert (await answered(house, survey["link"])).status_code == 201


async def test_a10_every_question_is_answered(house):
    survey = await sent(house, (await house.account())["id"])
    refused = await answered(house, survey["link"], {"quality": 5})
    missing = [f"/answers/{name}" for name in ("delivery", "service", "price", "again")]
    assert (refused.status_code, pointers(refused)) == (422, missing)


async def test_a10_after_its_last_day_a_survey_is_closed(house):
    survey = await sent(house, (await house.account())["id"])
    async with house.sessions() as session:
        # The clock of this house runs live, so its last day is moved instead, and the link with it.
        await session.execute(text("UPDATE survey SET expires_on = '2021-01-01' WHERE id = :id"), {"id": survey["id"]})
        await commit(session)
    secret = house.accounts.settings.signing_key_secret
    late = await answered(house, link_of(survey["id"], date(2021, 1, 1), secret=secret))
    assert (late.status_code, late.json()["code"]) == (409, "survey_closed")
    assert (await answered(house, survey["link"])).status_code == 404


async def test_a10_a_survey_goes_to_a_person_of_that_account(house):
    account, other = await house.account(), await house.account()
    person = await house["rep"].post(f"/v1/accounts/{other['id']}/people", {"role": "main_contact", "name": "Chen Li"})
    body = {"account_id": account["id"], "person_id": person.json()["id"]}
    refused = await house["rep"].post("/v1/surveys", body)
    assert (refused.status_code, pointers(refused)) == (422, ["/person_id"])


async def test_a10_the_link_is_shown_once_and_not_again_to_a_repeated_request(house):
    account = await house.account()
    first = await house["rep"].post("/v1/surveys", {"account_id": account["id"]}, key="send-once")
    again = await house["rep"].post("/v1/surveys", {"account_id": account["id"]}, key="send-once")
    assert first.json()["link"]
    assert (again.json()["id"], again.json()["link"]) == (first.json()["id"], None)


async def test_a10_satisfaction_weighs_answers_and_complaints_we_caused(house):
    """4.20 on average gives 100 of 70; two complaints of ours 50 of 30: (7000 + 1500) / 100 = 85, satisfied."""
    account = await house.account()
    now = house.accounts.app.state.mainstay.clock.now().date()
    params = {"period": f"{now.year}-Q{(now.month + 2) // 3}"}
    path = f"/v1/accounts/{account['id']}/satisfaction"
    # Without any answer the complaints alone are weighed: none is 100.
    nothing = (await house["kam"].get(path, params=params)).json()
    assert (nothing["score"], nothing["grade"]) == ("100.00", "satisfied")
    survey = await sent(house, account["id"])
    await answered(house, survey["link"])
    for _ in range(2):
        complaint = await house["rep"].post("/v1/complaints", {"account_id": account["id"], "about": "late again"})
        body = {"resolution": "a second van", "caused_by_us": True}
        await house["kam"].post(f"/v1/complaints/{complaint.json()['id']}/resolve", body)
    scored = (await house["kam"].get(path, params=params)).json()
    assert (scored["score"], scored["grade"], scored["policy"]) == ("85.00", "satisfied", "satisfaction-survey@1")
    third = await house["rep"].post("/v1/complaints", {"account_id": account["id"], "about": "and again"})
    body = {"resolution": "a third van", "caused_by_us": True}
    await house["kam"].post(f"/v1/complaints/{third.json()['id']}/resolve", body)
    scored = (await house["kam"].get(path, params=params, headers={"Accept-Language": "zh"})).json()
    assert (scored["score"], scored["grade"]) == ("70.00", "content")
    assert any("调查评分" in line for line in scored["lines"])
    assert (await house["other_rep"].get(path, params=params)).status_code == 404
    assert pointers(await house["kam"].get(path, params={"period": "2021-03"})) == ["/period"]
