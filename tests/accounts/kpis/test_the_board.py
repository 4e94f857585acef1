"""A quarter of one branch, from its plan to the appraisal (KPI): boards by scope and day, warnings once, a picture."""

import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import func, insert, select, text, update

from deploy.local.databases import plain
from mainstay.kpis import bring_orders
from services.accounts.app import make_app
from services.accounts.consumers import take_events
from services.accounts.identity.bootstrap import create_first_administrator
from services.accounts.kpis.consumer import note_sales
from services.accounts.kpis.jobs import note_completeness, watch_periods
from services.accounts.kpis.models import Appraisal, DossierShare, KpiSale, KpiWarning, WatchedPeriod
from services.accounts.kpis.repository import people_of
from services.accounts.settings import AccountsSettings
from shared.db.mechanisms import outbox
from shared.db.session import commit
from shared.events.accounts import KpiWarningRaised
from shared.events.orders import LineQuantity, OrderDelivered, OrderLine, OrderPlaced, OrderReturned, ReturnedLine
from shared.events.sales import Salesperson
from shared.ids import new_id
from shared.policy.compiled import CompiledPolicies
from shared.policy.seed import pack_of, seed_pack
from tests.accounts.conftest import PACK, PASSWORD, Accounts
from tests.accounts.test_the_road import received
from tests.serving import Caller, serving

ZONE = "Africa/Kinshasa"
BEGIN = datetime(2021, 1, 5, 8, tzinfo=UTC)
take = take_events(ZONE)


@dataclass
class Quarter:
    """The branch of Kinshasa in the first quarter of 2021, played until the 20th of April."""

    accounts: Accounts
    people: dict[str, Caller]
    ids: dict[str, str]
    at_its_end: dict[str, Any]

    async def board(self, who: str, scope: str, scope_id: str, period: str = "2021-Q1", **query: str) -> dict[str, Any]:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        answer = await self.people[who].get(f"/v1/kpis?scope={scope}&id={scope_id}&period={period}&{asked}")
        assert answer.status_code == 200, answer.text
        [board] = answer.json()["items"]
        return dict(board)


def line_of(board: dict[str, Any], kpi: str) -> dict[str, Any]:
    return next(line for line in board["kpis"] if line["kpi"] == kpi)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Accounts]:
    settings = AccountsSettings(
        database_url=await service_database("accounts"),
        clock_profile="story",
        story_clock_start=BEGIN,
        anonymous_rate_limit_burst=100_000,
    )
    app = make_app(settings)
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            await seed_pack(session, service="accounts", documents=pack_of(PACK, "accounts"), now=BEGIN)
            admin_id = await create_first_administrator(session, login="admin", password=PASSWORD, now=BEGIN)
            await commit(session)
        yield Accounts(app, client, settings, admin_id)


async def sold(house: Accounts, account_id: str, rep: str, amount: int, at: datetime, branch: str = "kinshasa") -> str:
    """An order of one line, placed and delivered at once; returns its id."""
    placed, delivered = an_order(account_id, rep, amount, at, branch)
    await received(house, placed, delivered)
    return placed.order_id


def an_order(
    account_id: str, rep: str, amount: int, at: datetime, branch: str = "kinshasa"
) -> tuple[OrderPlaced, OrderDelivered]:
    order_id, salespeople = str(new_id()), (Salesperson(user_id=rep),) if rep else ()
    line = OrderLine(line=1, sku="HS-1", quantity=10, list_minor=amount, net_minor=amount, salespeople=salespeople)
    order = {"occurred_at": at, "order_id": order_id, "account_id": account_id}
    placed = OrderPlaced(
        **order, number=order_id[-6:], branch=branch, currency="CNY", placed_at=at, priced_at=at, lines=(line,)
    )
    delivered = OrderDelivered(
        **order, delivery_id=str(new_id()), delivered_at=at, lines=(LineQuantity(line=1, quantity=10),)
    )
    return placed, delivered


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def quarter(house: Accounts) -> Quarter:
    roles = {
        "rep": {"role": "account_rep", "branch": "kinshasa"},
        "second": {"role": "account_rep", "branch": "kinshasa"},
        "stranger": {"role": "account_rep", "branch": "lubumbashi"},
        "head": {"role": "branch_manager", "branch": "kinshasa"},
        "clerk": {"role": "office_clerk", "branch": "kinshasa"},
        "kam": {"role": "key_account_manager"},
    }
    people, ids = {}, {}
    for name, role in roles.items():
        user = await house.new_user(role)
        people[name], ids[name] = await house.caller(user["login"]), user["user_id"]
    admin = await house.admin()
    for rep in ("rep", "second"):
        await admin.put(f"/v1/users/{ids[rep]}/employment", {"manager_id": ids["head"]}, headers={"If-Match": '"2"'})
    dossier = {"legal_name": "Gombe Cars", "branch": "kinshasa", "channel": "dealer", "sales_class": "wholesale"}
    account = (await people["rep"].post("/v1/accounts", dossier)).json()["id"]
    async with house.sessions() as session:
        await note_completeness(session, policies=CompiledPolicies(), now=BEGIN, zone=ZONE)
        await commit(session)
    team = [{"user_id": ids["rep"], "duty": "account_rep", "share": "1", "valid_from": "2021-01-05"}]
    set_team = await people["kam"].put(f"/v1/accounts/{account}/team", {"members": team})
    assert set_team.status_code == 200, set_team.text
    plans = ("rep", ids["rep"], "1000.00"), ("branch", "kinshasa", "2000.00"), ("branch", "goma", "1000.00")
    for scope, scope_id, amount in plans:
        target = {"scope": scope, "scope_id": scope_id, "period": "2021-Q1"}
        made = await people["kam"].post(
            "/v1/sales-targets", {**target, "amount": {"amount": amount, "currency": "CNY"}}
        )
        assert made.status_code == 201, made.text
    first = await sold(house, account, ids["rep"], 90_000, datetime(2021, 2, 10, 9, tzinfo=UTC))
    await sold(house, account, "", 20_000, datetime(2021, 3, 1, 9, tzinfo=UTC))
    await sold(house, account, ids["second"], 30_000, datetime(2021, 3, 31, 22, 30, tzinfo=UTC))
    await clock(house, datetime(2021, 3, 31, 22, 45, tzinfo=UTC))
    played = Quarter(house, people, {**ids, "account": account}, {})
    played.at_its_end = await played.board("kam", "rep", ids["rep"])
    returned_at = datetime(2021, 4, 10, 9, tzinfo=UTC)
    back = ReturnedLine(line=1, quantity=5, net_minor=45_000)
    event = OrderReturned(
        occurred_at=returned_at, order_id=first, account_id=account, return_id=str(new_id()),
        returned_at=returned_at, lines=(back,),
    )  # fmt: skip
    await clock(house, datetime(2021, 4, 20, 9, tzinfo=UTC))
    await received(house, event)
    return played


async def clock(house: Accounts, to: datetime) -> None:
    moved = await (await house.admin()).put("/v1/clock", {"now": to.isoformat()})
    assert moved.status_code == 200, moved.text


async def test_kpi_a_reps_board_credits_what_he_sold_and_his_accounts_unnamed_orders(quarter: Quarter) -> None:
    plan = line_of(quarter.at_its_end, "plan")
    assert (plan["value"], plan["light"], plan["weight"]) == ("1.100000", "green", "30")
    assert plan["target"] == {"sign": "at_least", "figure": "1"}


async def test_kpi_as_of_the_quarters_end_shows_the_same_board_after_a_later_return(quarter: Quarter) -> None:
    rep = quarter.ids["rep"]
    assert await quarter.board("kam", "rep", rep, as_of="2021-03-31") == quarter.at_its_end
    today = line_of(await quarter.board("kam", "rep", rep), "plan")
    assert (today["value"], today["light"]) == ("0.650000", "red")


async def test_kpi_a_sale_counts_on_the_local_day_of_its_delivery(quarter: Quarter) -> None:
    second = quarter.ids["second"]
    assert (
        line_of(await quarter.board("kam", "rep", second, period="2021-04", as_of="2021-04-20"), "plan")["value"]
        is None
    )
    branch = line_of(await quarter.board("kam", "branch", "kinshasa", as_of="2021-03-31"), "plan")
    # 23:30 in Kinshasa is still the 31st: 90,000 + 20,000 + 30,000 of 200,000 minor units
    assert branch["value"] == "0.700000"


async def test_kpi_a_manager_answers_for_his_people(quarter: Quarter) -> None:
    plan = line_of(await quarter.board("head", "manager", quarter.ids["head"], as_of="2021-03-31"), "plan")
    assert plan["value"] == "1.400000"  # 140,000 over the one target his people have


async def test_kpi_without_a_plan_there_is_no_light_and_no_hundred_per_cent(quarter: Quarter) -> None:
    plan = line_of(await quarter.board("kam", "rep", quarter.ids["second"]), "plan")
    assert (plan["value"], plan["light"], plan["score"], plan["because"]) == (None, "", None, "no_plan")


async def test_kpi_boards_are_by_month_quarter_and_year(quarter: Quarter) -> None:
    cards = [
        (await quarter.board("kam", "branch", "kinshasa", period=period, as_of="2021-04-20"))["policy"]
        for period in ("2021-03", "2021-Q1", "2021")
    ]
    assert cards == ["kpi-month@1", "kpi-quarter@1", "kpi-year@1"]


async def test_kpi_dossier_completeness_is_known_from_its_day_on(quarter: Quarter) -> None:
    async with quarter.accounts.sessions() as session:
        kept = (await session.execute(select(DossierShare.on_day, DossierShare.share))).all()
    assert [row.on_day for row in kept] == [date(2021, 1, 5)]
    board = await quarter.board("kam", "branch", "kinshasa", period="2021", as_of="2021-04-20")
    assert line_of(board, "dossier")["value"] == f"{kept[0].share:.10f}"[:8]


async def test_kpi_a_dossier_is_measured_again_only_where_it_changed(quarter: Quarter) -> None:
    policies, now = CompiledPolicies(), datetime(2021, 4, 20, 9, tzinfo=UTC)
    async with quarter.accounts.sessions() as session:
        first = await note_completeness(session, policies=policies, now=now, zone=ZONE)
        again = await note_completeness(session, policies=policies, now=now, zone=ZONE)
    assert (first, again) == (1, 0)  # the team moved the account's version


async def test_kpi_a_rep_sees_his_own_board_and_a_branch_manager_his_branch(quarter: Quarter) -> None:
    async def seen(who: str, scope: str) -> set[str]:
        answer = await quarter.people[who].get(f"/v1/kpis?scope={scope}&period=2021-Q1")
        return {board["scope_id"] for board in answer.json()["items"]}

    ids = quarter.ids
    assert await seen("rep", "rep") == {ids["rep"]}
    assert await seen("rep", "branch") == set()
    assert await seen("head", "rep") == {ids["rep"], ids["second"]}
    assert await seen("head", "branch") == {"kinshasa"}
    assert {ids["rep"], ids["second"], ids["stranger"]} <= await seen("kam", "rep")


async def test_kpi_boards_come_in_pages(quarter: Quarter) -> None:
    seen, path = [], "/v1/kpis?scope=rep&period=2021-Q1&limit=1"
    while path:
        answer = await quarter.people["kam"].get(path)
        seen += [board["scope_id"] for board in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url", "")
    assert seen == sorted(quarter.ids[name] for name in ("rep", "second", "stranger"))


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        pytest.param("period=2021-Q5", "/period", id="a quarter there is not"),
        pytest.param("period=2021-H1", "/period", id="a half year has no board"),
        pytest.param("period=2021-Q1&as_of=2020-12-31", "/as_of", id="before the period"),
        pytest.param("period=2021-Q1&as_of=2031-01-01", "/as_of", id="a day to come"),
        pytest.param("period=2021-Q1&as_of=2021-02-30", "/as_of", id="a day there is not"),
    ],
)
async def test_kpi_a_board_that_cannot_be_is_refused(quarter: Quarter, query: str, pointer: str) -> None:
    answer = await quarter.people["kam"].get(f"/v1/kpis?scope=rep&{query}")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_kpi_the_overview_is_a_picture_of_lights_in_both_languages(quarter: Quarter) -> None:
    path = "/v1/kpis/picture?scope=rep&period=2021-Q1&as_of=2021-03-31"
    pictures = {
        language: await quarter.people["kam"].get(path, headers={"Accept-Language": language})
        for language in ("en", "zh")
    }
    for picture in pictures.values():
        assert picture.headers["content-type"] == "image/svg+xml"
        root = ElementTree.fromstring(picture.text)
        lights = list(root.iter("{http://www.w3.org/2000/svg}circle"))
        assert len(lights) == 3 * 9 + 4  # three reps, eight KPIs and the score each, and the legend
    assert "Key-account KPIs 2021-Q1" in pictures["en"].text
    assert "大客户绩效指标" in pictures["zh"].text
    assert "110.0 %" in pictures["en"].text


async def watch(quarter: Quarter) -> int:
    async with quarter.accounts.sessions() as session:
        now = quarter.accounts.app.state.mainstay.clock.now()
        raised = await watch_periods(session, policies=CompiledPolicies(), now=now, zone=ZONE)
        await commit(session)
    return raised


async def test_kpi_warnings_are_recorded_once_for_each_kpi_scope_and_period(quarter: Quarter) -> None:
    assert await watch(quarter) > 0
    assert await watch(quarter) == 0
    listed = (await quarter.people["head"].get("/v1/kpi-warnings?scope=branch&period=2021-Q1")).json()["items"]
    assert [(row["kpi"], row["scope_id"], row["code"], row["light"]) for row in listed] == [
        ("kpi.plan_completion", "kinshasa", "kpi_below_threshold", "red")
    ]
    async with quarter.accounts.sessions() as session:
        told = await session.scalars(select(outbox.c.payload).where(outbox.c.type == "KpiWarningRaised"))
        events = [KpiWarningRaised.from_bytes(payload) for payload in told]
    keys = [(event.kpi, event.scope, event.scope_id, event.period) for event in events]
    assert ("kpi.plan_completion", "branch", "kinshasa", "2021-Q1") in keys
    assert len(set(keys)) == len(keys)


async def test_kpi_an_appraisal_keeps_the_weighted_score_once(quarter: Quarter) -> None:
    wanted = {"scope": "rep", "scope_id": quarter.ids["rep"], "period": "2021-Q1"}
    made = await quarter.people["head"].post("/v1/appraisals", wanted)
    again = await quarter.people["head"].post("/v1/appraisals", wanted)
    assert made.status_code == 201, made.text
    assert (again.status_code, again.json()["code"]) == (409, "already_appraised")
    board = await quarter.board("head", "rep", quarter.ids["rep"])
    assert (made.json()["score"], made.json()["grade"]) == (board["score"], board["grade"])
    own = (await quarter.people["rep"].get("/v1/appraisals")).json()["items"]
    assert own == [made.json()]
    said = await quarter.people["rep"].get(f"/v1/appraisals/{made.json()['id']}/explanation")
    assert any("Sales plan completion" in line for line in said.json()["lines"])
    assert (await quarter.people["stranger"].get("/v1/appraisals")).json()["items"] == []


async def test_kpi_an_appraisal_waits_for_the_end_of_its_period(quarter: Quarter) -> None:
    wanted = {"scope": "rep", "scope_id": quarter.ids["rep"], "period": "2021-Q2"}
    answer = await quarter.people["head"].post("/v1/appraisals", wanted)
    assert (answer.status_code, answer.json()["code"]) == (409, "period_not_over")


WEAK = {"skill": "weak", "investigation": "fair", "problem_solving": "fair", "innovation": "weak"}


async def test_kpi_an_office_clerk_is_appraised_by_answers_and_warned(quarter: Quarter) -> None:
    wanted = {"scope": "employee", "scope_id": quarter.ids["clerk"], "period": "2021-Q1", "answers": WEAK}
    made = await quarter.people["kam"].post("/v1/appraisals", wanted)
    assert made.status_code == 201, made.text
    assert (made.json()["score"], made.json()["grade"], made.json()["warning"]) == ("30.00", "red", "appraisal_warning")
    warned = (await quarter.people["kam"].get("/v1/kpi-warnings?scope=employee")).json()["items"]
    assert [(row["kpi"], row["scope_id"], row["value"]) for row in warned] == [
        ("appraisal", quarter.ids["clerk"], "30")
    ]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"scope": "employee"}, id="a clerk without answers"),
        pytest.param({"answers": WEAK}, id="answers about a rep"),
        pytest.param({"scope": "employee", "answers": {**WEAK, "skill": "superb"}}, id="a word there is not"),
        pytest.param({"scope_id": "nobody"}, id="nobody"),
        pytest.param({"period": "2021-03"}, id="a month is no appraisal"),
    ],
)
async def test_kpi_an_appraisal_that_cannot_be_meant_is_refused(quarter: Quarter, fields: dict[str, Any]) -> None:
    wanted = {"scope": "rep", "scope_id": quarter.ids["second"], "period": "2021-Q1", **fields}
    assert (await quarter.people["kam"].post("/v1/appraisals", wanted)).status_code == 422


async def test_kpi_nobody_appraises_outside_his_branch(quarter: Quarter) -> None:
    wanted = {"scope": "rep", "scope_id": quarter.ids["stranger"], "period": "2021-Q1"}
    answer = await quarter.people["head"].post("/v1/appraisals", wanted)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_scope")


async def test_kpi_sales_are_kept_exactly_once_by_whom_and_day(quarter: Quarter) -> None:
    async with quarter.accounts.sessions() as session:
        theirs = KpiSale.account_id == quarter.ids["account"]
        total = await session.scalar(select(func.sum(KpiSale.net_minor)).where(theirs))
    assert total == 90_000 + 20_000 + 30_000 - 45_000


async def test_kpi_an_order_from_before_the_board_counts_for_nobody_and_stops_nothing(quarter: Quarter) -> None:
    at = datetime(2021, 4, 1, tzinfo=UTC)
    unknown = OrderReturned(
        occurred_at=at, order_id=str(new_id()), account_id=quarter.ids["account"], return_id=str(new_id()),
        returned_at=at, lines=(ReturnedLine(line=1, quantity=1, net_minor=1),),
    )  # fmt: skip
    async with quarter.accounts.sessions() as session:
        await note_sales(session, [(unknown, at)], zone=ZONE)
        assert await session.scalar(select(func.count()).select_from(KpiSale).where(KpiSale.net_minor == -1)) == 0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def goma(quarter: Quarter) -> str:
    """An account of a branch that planned a thousand for the quarter and sells to nobody else."""
    dossier = {"legal_name": "Goma Autos", "branch": "goma", "channel": "dealer", "sales_class": "wholesale"}
    account = await quarter.people["kam"].post("/v1/accounts", dossier)
    return str(account.json()["id"])


async def test_kpi_known_at_leaves_out_the_orders_that_came_late(quarter: Quarter, goma: str) -> None:
    """Both were delivered in March; of one the board heard in the middle of April."""
    in_time, late = (datetime(2021, 3, day, 9, tzinfo=UTC) for day in (20, 30))
    heard = datetime(2021, 4, 15, 9, tzinfo=UTC)
    await sold(quarter.accounts, goma, "", 50_000, in_time, branch="goma")
    async with quarter.accounts.sessions() as session:
        events = an_order(goma, "", 30_000, late, branch="goma")
        await note_sales(session, [(event, heard) for event in events], zone=ZONE)
        await commit(session)

    async def value(**query: str) -> str:
        return str(line_of(await quarter.board("kam", "branch", "goma", **query), "plan")["value"])

    assert await value(as_of="2021-03-31") == "0.800000"
    assert await value(as_of="2021-03-31", known_at="2021-04-01T00:00:00Z") == "0.500000"
    assert await value(known_at="2021-04-15T09:00:00Z") == "0.800000"
    seen = await quarter.board("kam", "branch", "goma", known_at="2021-04-01T00:00:00Z")
    assert (seen["as_of"], seen["known_at"]) == ("2021-04-01", "2021-04-01T00:00:00Z")
    query = "scope=branch&id=goma&period=2021-Q1&known_at=2021-04-01T00:00:00Z"
    picture = await quarter.people["kam"].get(f"/v1/kpis/picture?{query}")
    assert "50.0" in picture.text
    early = await quarter.people["kam"].get("/v1/kpis?scope=branch&period=2021-Q1&known_at=2020-12-01T00:00:00Z")
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/known_at")


async def test_kpi_orders_from_before_the_board_come_on_it_from_the_archive(
    quarter: Quarter, goma: str, service_database: Callable[[str], Awaitable[str]]
) -> None:
    """S-E: what the service has taken of them is folded once; what it takes later it folds by itself."""
    at = datetime(2021, 2, 1, 9, tzinfo=UTC)
    placed, delivered = an_order(goma, "", 10_000, at, branch="goma")
    back = OrderReturned(
        occurred_at=at, order_id=placed.order_id, account_id=goma, return_id="r", returned_at=at,
        lines=(ReturnedLine(line=1, quantity=1, net_minor=1_000),),
    )  # fmt: skip
    pricing = await service_database("pricing")
    connection = await asyncpg.connect(plain(pricing))
    for number, event in enumerate((placed, delivered, back), start=1):
        await connection.execute(
            "INSERT INTO event_archive VALUES ($1, $2, $3, $4, '', 'order', $5, $6, $2, '{}', $7, $8, $8)",
            at.date(), number, new_id(), event.topic, placed.order_id, type(event).__name__, event.to_bytes(), at,
        )  # fmt: skip
    await connection.close()
    async with quarter.accounts.sessions() as session:
        taken = "INSERT INTO stream_position VALUES ('accounts', 'orders.v1', :id, 2)"
        await session.execute(text(taken), {"id": placed.order_id})
        await commit(session)

    async def on_the_board() -> list[tuple[int, date, datetime]]:
        rows = select(KpiSale.net_minor, KpiSale.counts_on, KpiSale.recorded_at).order_by(KpiSale.id)
        async with quarter.accounts.sessions() as session:
            found = await session.execute(rows.where(KpiSale.order_id == placed.order_id))
            return [tuple(row) for row in found]

    assert await on_the_board() == []
    accounts = str(quarter.accounts.settings.database_url)
    assert await bring_orders(accounts, pricing) == 1
    assert await bring_orders(accounts, pricing) == 0
    assert await on_the_board() == [(10_000, at.date(), at)]
    async with quarter.accounts.sessions() as session:
        await note_sales(session, [(back, at)], zone=ZONE)
        await commit(session)
    assert [net for net, _, _ in await on_the_board()] == [10_000, -1_000]


async def test_s_d1_as_of_shows_the_quarters_board_after_the_people_have_another_manager(quarter: Quarter) -> None:
    head, rep, admin = quarter.ids["head"], quarter.ids["rep"], await quarter.accounts.admin()
    before = await quarter.board("kam", "manager", head, as_of="2021-03-31")
    path = f"/v1/users/{rep}/employment"
    tag = (await admin.get(path)).headers["ETag"]
    moved = await admin.put(path, {"manager_id": quarter.ids["kam"]}, headers={"If-Match": tag})
    assert moved.status_code == 200, moved.text
    assert await quarter.board("kam", "manager", head, as_of="2021-03-31") == before
    today = await quarter.board("kam", "manager", quarter.ids["kam"], period="2021-04")
    assert line_of(today, "plan")["because"] == "no_plan"
    async with quarter.accounts.sessions() as session:
        led = [await people_of(session, manager_id=head, on=date(2021, month, 30)) for month in (3, 4)]
    assert [rep in people for people in led] == [True, False]


async def test_s_d1_as_of_shows_the_quarters_board_after_the_team_was_rewritten(quarter: Quarter) -> None:
    before = await quarter.board("kam", "rep", quarter.ids["rep"], as_of="2021-03-31")
    team = f"/v1/accounts/{quarter.ids['account']}/team"
    tag = (await quarter.people["kam"].get(f"/v1/accounts/{quarter.ids['account']}")).headers["ETag"]
    other = [{"user_id": quarter.ids["second"], "duty": "account_rep", "share": "1", "valid_from": "2021-01-05"}]
    put = await quarter.people["kam"].put(team, {"members": other}, headers={"If-Match": tag})
    assert put.status_code == 200, put.text
    assert await quarter.board("kam", "rep", quarter.ids["rep"], as_of="2021-03-31") == before


async def test_kpi_a_manager_of_one_branch_sees_what_somebody_of_two_did_in_his(quarter: Quarter) -> None:
    house, admin = quarter.accounts, await quarter.accounts.admin()
    roles = [{"role": "account_rep", "branch": branch} for branch in ("kinshasa", "lubumbashi")]
    user = await house.new_user(*roles)
    both = user["user_id"]
    assert (await admin.get(f"/v1/users/{both}")).status_code == 200
    at, account = datetime(2021, 4, 6, 9, tzinfo=UTC), quarter.ids["account"]
    await sold(house, account, both, 70_000, at, branch="lubumbashi")
    await sold(house, account, both, 30_000, at)
    target = {"scope": "rep", "scope_id": both, "period": "2021-04", "amount": {"amount": "1000.00", "currency": "CNY"}}
    assert (await quarter.people["kam"].post("/v1/sales-targets", target)).status_code == 201
    quarter.people["both"] = await house.caller(user["login"])
    seen = {
        who: line_of(await quarter.board(who, "rep", both, period="2021-04"), "plan")["value"]
        for who in ("head", "kam", "both")
    }
    assert seen == {"head": "0.300000", "kam": "1.000000", "both": "1.000000"}


async def test_kpi_who_left_a_branch_is_seen_there_only_for_the_days_he_was_in_it(quarter: Quarter) -> None:
    house, kam, head = quarter.accounts, quarter.people["kam"], quarter.people["head"]
    until = {"role": "account_rep", "branch": "kinshasa", "valid_until": "2021-04-01"}
    mover = (await house.new_user(until, {"role": "account_rep", "branch": "lubumbashi", "valid_from": "2021-04-01"}))[
        "user_id"
    ]
    amount = {"amount": "777777.00", "currency": "CNY"}
    for period in ("2021-Q2", "2021"):
        made = await kam.post(
            "/v1/sales-targets", {"scope": "rep", "scope_id": mover, "period": period, "amount": amount}
        )
        assert made.status_code == 201, made.text
    listed = (await head.get(f"/v1/sales-targets?scope_id={mover}")).json()["items"]
    assert [row["period"] for row in listed] == ["2021"]
    appraised = await quarter.people["kam"].post(
        "/v1/appraisals", {"scope": "rep", "scope_id": mover, "period": "2021-Q1"}
    )
    assert appraised.status_code == 201, appraised.text
    [there_then] = (await head.get(f"/v1/appraisals?id={mover}")).json()["items"]
    async with house.sessions() as session:
        later = {"valid_from": date(2021, 4, 1), "valid_until": date(2021, 7, 1), "period": "2021-Q2"}
        await session.execute(update(Appraisal).where(Appraisal.id == there_then["id"]).values(**later))
        await session.execute(
            insert(KpiWarning).values(
                id=str(new_id()), kpi="kpi.plan_completion", scope="rep", scope_id=mover, policy="p@1", code="low",
                value="0", light="red", recorded_at=BEGIN, **later,
            )
        )  # fmt: skip
        await commit(session)
    assert (await head.get(f"/v1/appraisals?id={mover}")).json()["items"] == []
    assert (await head.get(f"/v1/appraisals/{there_then['id']}/explanation")).status_code == 404
    assert (await head.get(f"/v1/kpi-warnings?id={mover}")).json()["items"] == []
    assert len((await kam.get(f"/v1/kpi-warnings?id={mover}")).json()["items"]) == 1


async def test_kpi_months_and_quarters_a_worker_stood_over_are_looked_at_once(quarter: Quarter) -> None:
    policies = CompiledPolicies()
    async with quarter.accounts.sessions() as session:
        for now in (datetime(2021, 5, 2, 9, tzinfo=UTC), datetime(2021, 8, 2, 9, tzinfo=UTC)):
            await watch_periods(session, policies=policies, now=now, zone=ZONE)
        assert await watch_periods(session, policies=policies, now=now, zone=ZONE) == 0
        watched = set(await session.scalars(select(WatchedPeriod.period)))
        await session.rollback()
    assert {"2021-04", "2021-05", "2021-06", "2021-07", "2021-Q1", "2021-Q2", "2020"} <= watched
