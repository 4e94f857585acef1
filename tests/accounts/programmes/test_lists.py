"""A4 over HTTP: nominated by departments, agreed by each of them, published, compared with the list before."""

import pytest

from shared.events.approvals import ApprovalRejected
from shared.events.contracts import ContractActivated
from shared.ids import new_id
from tests.accounts.programmes_house import DEPARTMENTS, MOMENT, House, decided, granted

LARGE = {"fact": "account.has_large_orders", "value": True, "evidence": "four orders above a million"}
STRATEGIC = {"fact": "account.strategic_project", "value": True, "evidence": "the port's new terminal"}


def a_nomination(account_id, key, *reasons, department="market_development"):
    return {"half_year": key, "account_id": account_id, "department": department, "reasons": list(reasons)}


async def nominated(house: House, account_id, key, *reasons, department="market_development"):
    body = a_nomination(account_id, key, *(reasons or (STRATEGIC,)), department=department)
    return await house.people[department].post("/v1/nominations", body)


async def agreed(house: House, key: str, *account_ids: str):
    for account_id in account_ids:
        assert (await nominated(house, account_id, key)).status_code == 201
    answer = await house.people["kam"].post(f"/v1/key-account-lists/{key}/propose", {})
    assert answer.status_code == 201, answer.text
    for step in ("market", "production", "contracts", "treasury"):
        await house.receives(decided(key, step))
    await house.receives(granted("key_account_list", key))


@pytest.mark.parametrize(
    "fact",
    ["account.strategic_project", "account.major_effect", "account.absorbs_technology", "account.develops_market"],
)
async def test_any_one_of_the_criteria_qualifies_an_account_a4(house, fact):
    reason = {"fact": fact, "value": True, "evidence": "seen on site"}
    assert (await nominated(house, await house.opened(), "2041-H1", reason)).status_code == 201


@pytest.mark.parametrize(
    ("value", "status"),
    [
        pytest.param("P1Y", 201, id="large orders under a year of contracts"),
        pytest.param("P364D", 422, id="large orders under a day less"),
    ],
)
async def test_large_orders_count_under_continuous_contracts_of_a_year_a4(house, value, status):
    contracts = {"fact": "account.continuous_contracts", "value": value, "evidence": "framework contract 2019/7"}
    answer = await nominated(house, await house.opened(), "2041-H1", LARGE, contracts)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["refusal"] == "not_a_key_account"


async def test_large_orders_count_under_the_contracts_the_house_itself_activated_a4(house):
    account_id = await house.opened()
    for first, until in (("2019-01-01", "2019-09-01"), ("2019-09-01", "2020-01-01")):
        await house.receives(activated(account_id, first, until))
    answer = await nominated(house, account_id, "2041-H1", LARGE)
    assert answer.status_code == 201, answer.text
    path = f"/v1/nominations/{answer.json()['id']}/explanation"
    explained = (await house.people["kam"].get(path, headers={"Accept-Language": "zh"})).json()
    assert any("P12M" in line or "12" in line for line in explained["lines"])


def activated(account_id, first, until):
    return ContractActivated(
        occurred_at=MOMENT,
        contract_id=str(new_id()),
        account_id=account_id,
        number="C-1",
        revision=1,
        branch="kinshasa",
        currency="USD",
        amount_minor=1,
        lines=(),
        first_responsible="u",
        initiator="u",
        submitted_at=MOMENT,
        valid_from=first,
        valid_until=until,
    )


async def test_what_one_department_says_counts_for_the_next_one_a4(house):
    account_id = await house.opened()
    assert (await nominated(house, account_id, "2041-H1", STRATEGIC)).status_code == 201
    weak = {"fact": "account.major_effect", "value": False, "evidence": "small"}
    assert (await nominated(house, account_id, "2041-H1", weak, department="treasury")).status_code == 201
    alone = await nominated(house, account_id, "2041-H2", weak, department="treasury")
    assert (alone.status_code, alone.json()["refusal"]) == (422, "not_a_key_account")


@pytest.mark.parametrize(
    ("reason", "pointer"),
    [
        pytest.param({"fact": "account.class", "value": True}, "/reasons/0/fact", id="another fact"),
        pytest.param({"fact": "account.major_effect", "value": "yes"}, "/reasons/0", id="a word for a yes"),
        pytest.param({"fact": "account.continuous_contracts", "value": True}, "/reasons/0", id="a yes for a duration"),
        pytest.param({"fact": "account.continuous_contracts", "value": "long"}, "/reasons/0", id="no duration"),
        pytest.param({"fact": "account.continuous_contracts", "value": "P9000Y"}, "/reasons/0", id="before any date"),
    ],
)
async def test_a_reason_that_cannot_be_weighed_is_pointed_at_a4(house, reason, pointer):
    answer = await nominated(house, await house.opened(), "2041-H1", reason | {"evidence": "hearsay"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_only_a_department_of_the_pack_nominates_a4(house):
    body = a_nomination(await house.opened(), "2041-H1", STRATEGIC, department="kitchen")
    answer = await house.people["treasury"].post("/v1/nominations", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/department")


async def test_every_department_is_asked_and_its_word_is_seen_a4(house):
    account_id = await house.opened()
    await nominated(house, account_id, "2042-H1")
    await house.people["kam"].post("/v1/key-account-lists/2042-H1/propose", {})
    await house.receives(decided("2042-H1", "treasury"), decided("2042-H1", "market", revision=7))
    found = (await house.people["kam"].get("/v1/key-account-lists/2042-H1")).json()
    assert [one["department"] for one in found["departments"]] == list(DEPARTMENTS)
    assert {one["department"]: one["decision"] for one in found["departments"]} == {
        "market_development": None,
        "production_control": None,
        "cost_contracts": None,
        "treasury": "approve",
    }
    assert found["state"] == "proposed"
    assert await house.told("KeyAccountListAgreed", account_id) == []


async def test_nobody_more_is_nominated_once_the_departments_are_asked_a4(house):
    await nominated(house, await house.opened(), "2042-H2")
    await house.people["kam"].post("/v1/key-account-lists/2042-H2/propose", {})
    late = await nominated(house, await house.opened(), "2042-H2")
    assert (late.status_code, late.json()["code"]) == (409, "list_is_fixed")
    refused = granted("key_account_list", "2042-H2").model_dump(exclude={"content_hash", "terms", "granted_at"})
    await house.receives(ApprovalRejected(**refused, reason="too few"))
    assert (await nominated(house, await house.opened(), "2042-H2")).status_code == 201


async def test_a_list_is_published_once_every_department_agreed_a4(house):
    account_id = await house.opened()
    assert (await house.people["kam"].post("/v1/key-account-lists/2043-H1/publish", {})).status_code == 404
    await nominated(house, account_id, "2043-H1")
    await house.people["kam"].post("/v1/key-account-lists/2043-H1/propose", {})
    early = await house.people["kam"].post("/v1/key-account-lists/2043-H1/publish", {})
    assert (early.status_code, early.json()["code"]) == (409, "list_move_not_allowed")
    assert "agree" in early.json()["detail"]
    await house.receives(granted("key_account_list", "2043-H1"))
    assert (await house.people["sales"].post("/v1/key-account-lists/2043-H1/publish", {})).status_code == 403
    published = await house.people["kam"].post("/v1/key-account-lists/2043-H1/publish", {})
    assert published.status_code == 201, published.text
    assert (published.json()["state"], published.json()["accounts"]) == ("published", [account_id])
    assert published.json()["published_at"]
    assert (await house.people["kam"].post("/v1/key-account-lists/2043-H1/publish", {})).status_code == 409
    (told,) = await house.told("KeyAccountListAgreed", account_id)
    assert (told.list_id, told.listed, str(told.valid_from)) == ("2043-H1", True, "2043-01-01")


async def test_a_list_is_compared_with_the_last_one_a4(house):
    stays, leaves, joins = [await house.opened(legal_name=name) for name in ("Stays", "Leaves", "Joins")]
    await agreed(house, "2044-H1", stays, leaves)
    await agreed(house, "2045-H1", stays, joins)
    found = (await house.people["kam"].get("/v1/key-account-lists/2045-H1/difference")).json()
    assert found["against"] == "2044-H1"
    assert [one["legal_name"] for one in found["joined"]] == ["Joins"]
    assert [one["legal_name"] for one in found["stayed"]] == ["Stays"]
    assert [one["legal_name"] for one in found["left"]] == ["Leaves"]


async def test_another_branch_sees_neither_nominations_nor_members_a4(house):
    account_id = await house.opened()
    await agreed(house, "2046-H1", account_id)
    for path in ("/v1/key-account-lists/2046-H1", "/v1/key-account-lists/2046-H1/difference"):
        assert account_id in (await house.people["rep"].get(path)).text
        for stranger in ("other_rep", "branch_manager"):
            assert account_id not in (await house.people[stranger].get(path)).text
    asked = {"half_year": "2046-H1"}
    mine = (await house.people["kam"].get("/v1/nominations", params=asked)).json()["items"]
    assert [one["account_id"] for one in mine] == [account_id]
    assert (await house.people["branch_manager"].get("/v1/nominations", params=asked)).json()["items"] == []
    path = f"/v1/nominations/{mine[0]['id']}/explanation"
    assert (await house.people["branch_manager"].get(path)).status_code == 404
    own = (await house.people["rep"].get("/v1/key-account-lists/2046-H1")).json()
    assert own["nominations"] == []
