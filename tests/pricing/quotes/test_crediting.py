"""Whose sale a quote is: the team's of the day, or whoever a person with the right to say so names, all of it once."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db.session import commit
from shared.events.accounts import TeamChanged, TeamMember
from tests.pricing.conftest import START, Pricing, good
from tests.pricing.quotes.test_api import asked
from tests.serving import employ


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(pricing: Pricing) -> None:
    """Two who sell, one who left, one who is not active, one of a customer's, and a manager of each branch."""
    async with pricing.sessions() as session:
        for user_id in ("ann", "bob", "left", "idle"):
            await employ(session, user_id)
        await employ(session, "buyer", "account_contact", account_id=str(UUID(int=1)))
        await employ(session, "bm-kinshasa", ("branch_manager", "kinshasa"))
        await employ(session, "bm-lubumbashi", ("branch_manager", "lubumbashi"), ("account_rep", "kinshasa"))
        await session.execute(text("UPDATE person SET left_on = '2021-03-02' WHERE user_id = 'left'"))
        await session.execute(text("UPDATE person SET active = false WHERE user_id = 'idle'"))
        await commit(session)


async def quoting(pricing: Pricing, user_id: str, *named: tuple[str, str], preview: bool = False) -> Any:
    account, sku = await pricing.new_account(), await pricing.new_product()
    salespeople = [{"user_id": who, "share": share} for who, share in named]
    body = asked(account, {"sku": sku, "quantity": 1}, salespeople=salespeople)
    return await pricing.caller(user_id).post("/v1/quotes/preview" if preview else "/v1/quotes", body)


@pytest.mark.parametrize("preview", [False, True], ids=["a quote", "a preview"])
@pytest.mark.parametrize(
    ("named", "wrong"),
    [
        pytest.param([("ann", "0.5"), ("bob", "0.4")], ("/salespeople", "not_whole"), id="less than one"),
        pytest.param([("ann", "0.5"), ("bob", "0.500001")], ("/salespeople", "not_whole"), id="a millionth more"),
        pytest.param([("ann", "0.5"), ("ann", "0.5")], ("/salespeople/1/user_id", "named_twice"), id="one twice"),
        pytest.param([("ann", "1"), ("bob", "0")], ("/salespeople/1/share", "no_share"), id="one for nothing"),
        pytest.param([("nobody", "1")], ("/salespeople/0/user_id", "unknown_person"), id="a stranger"),
        pytest.param([("ann", "0.5"), ("left", "0.5")], ("/salespeople/1/user_id", "unknown_person"), id="who left"),
        pytest.param([("idle", "1")], ("/salespeople/0/user_id", "unknown_person"), id="who is not active"),
        pytest.param([("buyer", "1")], ("/salespeople/0/user_id", "unknown_person"), id="one of the customer's"),
    ],
)
async def test_s_i1_salespeople_that_cannot_be_are_refused_by_their_place(
    pricing: Pricing, people: None, named: list[tuple[str, str]], wrong: tuple[str, str], preview: bool
) -> None:
    refused = await quoting(pricing, "kam", *named, preview=preview)
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_salespeople")
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [wrong]


@pytest.mark.parametrize(
    ("user_id", "status"),
    [
        pytest.param("rep", 422, id="the account's own salesman may not"),
        pytest.param("bm-lubumbashi", 422, id="nor a manager of another branch who sells here"),
        pytest.param("bm-kinshasa", 201, id="its branch's manager may"),
        pytest.param("kam", 201, id="the key-account manager may"),
    ],
)
async def test_s_i1_a_sale_is_credited_to_others_by_who_may_say_so(
    pricing: Pricing, people: None, user_id: str, status: int
) -> None:
    await pricing.told()
    answer = await quoting(pricing, user_id, ("ann", "0.7"), ("bob", "0.3"))
    assert answer.status_code == status, answer.text
    if status == 422:
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/salespeople", "not_the_team")]
        assert await pricing.told("QuotePriced") == []
    else:
        [told] = await pricing.told("QuotePriced")
        assert [(one.user_id, one.share) for one in told.lines[0].salespeople] == [("ann", "0.7"), ("bob", "0.3")]


async def test_the_team_of_the_day_may_be_named_by_anybody_and_in_any_order(pricing: Pricing, people: None) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    since = date(2021, 3, 1)
    members = tuple(
        TeamMember(user_id=who, duty="account_rep", share="0.5", valid_from=since) for who in ("ann", "bob")
    )
    await pricing.hear(TeamChanged(occurred_at=START, account_id=str(account), members=members))
    named = [{"user_id": "bob", "share": "0.50"}, {"user_id": "ann", "share": "0.500"}]
    body = asked(account, {"sku": sku, "quantity": 1}, salespeople=named)
    await good(pricing.caller("rep").post("/v1/quotes", body), 201)


async def test_an_empty_list_is_no_team(pricing: Pricing) -> None:
    refused = await quoting(pricing, "rep")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/salespeople")
