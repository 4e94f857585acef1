"""A13 over HTTP and by the clock: plans, objectives bound to facts, progress, and the accounts without a whole plan."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from services.accounts.growth.service import close_month_of_plans
from shared.db.session import commit
from shared.policy.compiled import CompiledPolicies
from tests.accounts.programmes_house import House, bought

SALES = {"fact": "purchases", "basis": "delivered", "currency": "CNY"}
KINDS = ("visit", "call", "demonstration", "training")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def owner(house: House) -> str:
    return str((await house.accounts.new_user({"role": "account_rep", "branch": "kinshasa"}))["user_id"])


def an_objective(owner: str | None, **fields) -> dict:
    whole = {
        "title": "Sell in every shop",
        "measure": SALES,
        "target": "1000.00",
        "owner": owner,
        "starts_on": "2021-01-01",
        "due_on": "2021-06-30",
    }
    return {name: value for name, value in (whole | fields).items() if value is not None}


async def make(house: House, account_id: str, *objectives: dict, kinds=KINDS, who: str = "rep"):
    body = {
        "account_id": account_id,
        "title": "Two shops in Matadi",
        "valid_from": "2021-01-01",
        "valid_until": "2022-01-01",
        "activities": [{"kind": kind, "timetable": "every second Tuesday"} for kind in kinds],
        "objectives": list(objectives),
    }
    return await house.people[who].post("/v1/growth-plans", body)


async def test_progress_of_an_objective_is_computed_from_its_fact_on_its_own_days_a13(house, owner):
    account_id = await house.opened()
    for day, net in (("2020-12-31", 5_000), ("2021-01-01", 40_000), ("2021-06-30", 33_700), ("2021-07-01", 9_000)):
        await house.receives(*bought(account_id, net_minor=net, day=day))
    made = await make(house, account_id, an_objective(owner))
    assert made.status_code == 201, made.text
    plan = made.json()
    (objective,) = plan["objectives"]
    assert objective["complete"] is True
    assert objective["progress"] == {
        "value": "737.00",
        "share": "0.7370",
        "reached": False,
        "short_by": "263.00",
        "no_evidence": None,
    }
    early = await house.people["kam"].get(f"/v1/growth-plans/{plan['id']}", params={"as_of": "2021-06-29"})
    assert early.json()["objectives"][0]["progress"]["value"] == "400.00"


async def test_visits_and_orders_count_towards_objectives_a13(house, owner):
    account_id = await house.opened()
    await house.receives(*bought(account_id, net_minor=100, day="2021-02-01"))
    logged = {"kind": "visit", "on_day": "2021-03-02", "note": "met the buyer"}
    assert (await house.people["rep"].post(f"/v1/accounts/{account_id}/contacts", logged)).status_code == 201
    orders = an_objective(owner, measure={"fact": "orders.count", "basis": "placed"}, target="1")
    contacts = an_objective(owner, measure={"fact": "account.contacts_logged"}, target="4")
    market = an_objective(owner, measure={"fact": "account.territory_share"}, target="0.25")
    found = (await make(house, account_id, orders, contacts, market)).json()["objectives"]
    assert [one["progress"]["share"] for one in found] == ["1.0000", "0.2500", None]
    assert [one["progress"]["reached"] for one in found] == [True, False, False]
    assert found[2]["progress"]["no_evidence"]


async def test_what_is_not_settled_yet_may_be_left_out_and_filled_in_later_a13(house, owner):
    plan = (await make(house, await house.opened(), {"title": "Train their sellers"})).json()
    (objective,) = plan["objectives"]
    assert (objective["complete"], objective["progress"]) == (False, None)
    path = f"/v1/growth-plans/{plan['id']}"
    tag = (await house.people["rep"].get(path)).headers["ETag"]
    change = f"{path}/objectives/{objective['id']}"
    assert (await house.people["rep"].put(change, an_objective(owner))).status_code == 428
    filled = await house.people["rep"].put(change, an_objective(owner), headers={"If-Match": tag})
    assert (filled.status_code, filled.json()["complete"]) == (200, True)
    stale = await house.people["rep"].put(change, {"title": "Forget it"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    more = await house.people["rep"].post(f"{path}/objectives", an_objective(owner, title="And buyers"))
    assert more.status_code == 201
    titles = [one["title"] for one in (await house.people["rep"].get(path)).json()["objectives"]]
    assert titles == ["Sell in every shop", "And buyers"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"measure": {"fact": "account.class"}}, "/measure/fact", id="a fact that is no figure"),
        pytest.param({"measure": SALES | {"basis": "signed"}}, "/measure/basis", id="a basis nobody keeps here"),
        pytest.param({"measure": {"fact": "purchases", "basis": "paid"}}, "/measure/currency", id="money of none"),
        pytest.param(
            {"measure": {"fact": "account.contacts_logged", "currency": "CNY"}}, "/measure/currency", id="paid visits"
        ),
        pytest.param({"target": "0.00"}, "/target", id="nothing at all"),
        pytest.param({"target": "-5.00"}, "/target", id="less than nothing"),
        pytest.param({"target": "NaN"}, "/target", id="no figure"),
        pytest.param({"target": "1e3"}, "/target", id="an exponent"),
        pytest.param({"measure": {"fact": "account.contacts_logged"}, "target": "1.5"}, "/target", id="half a visit"),
        pytest.param({"measure": {"fact": "account.territory_share"}, "target": "1.2"}, "/target", id="beyond all"),
        pytest.param({"measure": {"fact": "account.territory_share"}, "target": "0.٥"}, "/target", id="other digits"),
        pytest.param({"measure": {"fact": "account.territory_share"}, "target": "1E-29"}, "/target", id="next to none"),
        pytest.param({"target": "٥.00"}, "/target", id="money in other digits"),
        pytest.param({"owner": "nobody"}, "/owner", id="a stranger"),
        pytest.param({"due_on": "2020-12-31"}, "", id="due before it starts"),
        pytest.param({"due_on": "2021-02-30"}, "/due_on", id="30 Feb"),
        pytest.param({"mood": "high"}, "/mood", id="an unknown field"),
    ],
)
async def test_an_objective_nothing_could_be_computed_for_is_pointed_at_and_nothing_is_kept_a13(
    house, owner, fields, pointer
):
    account_id = await house.opened()
    answer = await make(house, account_id, an_objective(owner), an_objective(owner) | fields)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/objectives/1{pointer}")
    kept = await house.people["rep"].get("/v1/growth-plans", params={"account_id": account_id})
    assert kept.json()["items"] == []


async def test_another_branch_sees_and_makes_no_plan_here_a13(house, owner):
    account_id = await house.opened()
    plan = (await make(house, account_id, an_objective(owner))).json()
    assert (await make(house, account_id, who="other_rep")).status_code == 404
    path = f"/v1/growth-plans/{plan['id']}"
    assert (await house.people["other_rep"].get(path)).status_code == 404
    assert (await house.people["other_rep"].post(f"{path}/objectives", {"title": "x"})).status_code == 404
    assert (await house.people["other_rep"].get("/v1/growth-plans")).json()["items"] == []
    assert (await house.people["auditor"].get(path)).status_code == 200
    assert (await house.people["auditor"].post(f"{path}/objectives", {"title": "x"})).status_code == 403


async def test_a_closed_month_flags_the_key_accounts_whose_plan_lacks_something_a13(house, owner):
    whole, none, vague, silent = [await house.on_the_list("2021-H1") for _ in range(4)]
    stranger = await house.opened()
    await make(house, whole, an_objective(owner))
    await make(house, vague, an_objective(owner), an_objective(None))
    await make(house, silent, an_objective(owner), kinds=("visit", "call", "training"))
    for day in (1, 2):
        async with house.accounts.sessions() as session:
            policies = await CompiledPolicies().current(session)
            now = datetime(2021, 5, day, 8, tzinfo=UTC)
            await close_month_of_plans(session, policies=policies, now=now, zone="Africa/Kinshasa")
            await commit(session)
    flagged = {}
    for account_id in (whole, none, vague, silent, stranger):
        asked = {"account_id": account_id, "code": "growth_plan_incomplete"}
        found = (await house.people["kam"].get("/v1/flags", params=asked)).json()["items"]
        flagged[account_id] = [one["period"] for one in found]
    assert flagged == {whole: [], none: ["2021-04"], vague: ["2021-04"], silent: ["2021-04"], stranger: []}
