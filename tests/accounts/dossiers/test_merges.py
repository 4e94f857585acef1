"""I2: two dossiers of one customer go on as one from a moment on, with both histories kept, and can part again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.accounts.consumers import take_events
from services.accounts.dossiers.domain import AccountMerged
from services.accounts.merges.domain import FrozenAccount, Heirs, Party, SameAccount, check_merge
from shared.db.session import commit
from shared.events.orders import LineQuantity, OrderDelivered, OrderLine, OrderPlaced
from shared.received import Received
from tests.accounts.conftest import Accounts
from tests.serving import Caller

FREE, FROZEN, GONE = Party("a", False, None), Party("f", True, None), Party("g", False, "h")
NOON = datetime(2021, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("absorbed", "into", "refusal"),
    [
        pytest.param(FREE, FREE, SameAccount, id="into itself"),
        pytest.param(GONE, FREE, AccountMerged, id="what is merged away already"),
        pytest.param(FREE, GONE, AccountMerged, id="into what is merged away"),
        pytest.param(FROZEN, FREE, FrozenAccount, id="a frozen one, whose freeze would end unnoticed"),
    ],
)
def test_what_cannot_be_merged_i2(absorbed, into, refusal):
    with pytest.raises(refusal):
        check_merge(absorbed, into)


def test_a_free_account_is_merged_into_a_frozen_one_and_shares_its_freeze_i2():
    check_merge(FREE, FROZEN)


@pytest.mark.parametrize(
    ("at", "heir"),
    [
        pytest.param(NOON - timedelta(seconds=1), "a", id="before the merge it is its own"),
        pytest.param(NOON, "b", id="from that moment on the next one's"),
        pytest.param(NOON + timedelta(hours=1), "c", id="and later that one's heir's"),
    ],
)
def test_a_fact_belongs_to_who_goes_on_at_its_moment_s_i2(at, heir):
    assert Heirs({"a": ("b", NOON), "b": ("c", NOON + timedelta(hours=1))}).of("a", at) == heir


async def merged(people: dict[str, Caller], absorbed: dict[str, Any], into: dict[str, Any]) -> Any:
    body = {"absorbed_account_id": absorbed["id"], "into_account_id": into["id"], "reason": "one licence, two names"}
    return await people["kam"].post("/v1/merges", body)


async def hear(accounts: Accounts, *events: Any) -> None:
    batch = [
        Received(
            event=event,
            event_id=uuid4(),
            type=type(event).__name__,
            topic=event.topic,
            aggregate=event.aggregate,
            aggregate_id=event.aggregate_id(),
            sequence=1,
            key=event.partition_key(),
            payload=event.to_bytes(),
            received_at=event.occurred_at,
        )
        for event in events
    ]
    async with accounts.sessions() as session:
        await take_events("Africa/Kinshasa")(session, batch)
        await commit(session)


async def test_one_account_goes_on_for_two_and_says_so_everywhere_i2(accounts, people, opened):
    old, heir = await opened(), await opened()
    answer = await merged(people, old, heir)
    assert (answer.status_code, answer.json()["stands"]) == (201, True)
    assert f"account/{old['id']}@" in answer.headers["Mainstay-Seen"]
    shown = (await people["rep"].get(f"/v1/accounts/{old['id']}")).json()
    assert shown["merged_into"] == heir["id"]
    assert (await people["rep"].get(f"/v1/accounts/{heir['id']}")).json()["merged_into"] is None
    listed = (await people["rep"].get("/v1/merges", params={"account_id": heir["id"]})).json()["items"]
    assert [one["absorbed_account_id"] for one in listed] == [old["id"]]
    async with accounts.sessions() as session:
        query = "SELECT detail FROM audit_entry WHERE action = 'accounts.merged' AND subject = :subject"
        detail = await session.scalar(text(query), {"subject": f"account/{old['id']}"})
    assert detail["reason"] == "one licence, two names"


def a_nomination(account_id: str) -> dict[str, Any]:
    reason = {"fact": "account.strategic_project", "value": True, "evidence": "the port's new terminal"}
    return {
        "half_year": "2031-H1",
        "account_id": account_id,
        "department": "market_development",
        "reasons": [reason],
    }


async def test_nothing_new_is_written_on_what_was_merged_away_i2(people, ids, opened):
    old, heir = await opened(), await opened()
    path = f"/v1/accounts/{old['id']}"
    tag = (await people["rep"].get(path)).headers["ETag"]
    member = {"user_id": ids["rep"], "duty": "account_rep", "valid_from": "2020-12-01"}
    await merged(people, old, heir)
    tried = [
        await people["rep"].patch(path, {"phone": "+243 1"}, headers={"If-Match": tag}),
        await people["rep"].post(f"{path}/people", {"role": "principal", "name": "Chen Li"}),
        await people["rep"].post(f"{path}/documents", {"type": "business_licence", "number": "1"}),
        await people["rep"].post(f"{path}/bank-accounts", {"bank": "Rawbank", "number": "12345678"}),
        await people["kam"].put(f"{path}/team", {"members": [member]}),
        await people["kam"].post(f"{path}/freeze", {"reason": "too late"}),
        await people["market"].post("/v1/nominations", a_nomination(old["id"])),
    ]
    for refused in tried:
        assert (refused.status_code, refused.json()["code"]) == (409, "account_merged")
        assert refused.json()["merged_into"] == heir["id"]
    assert (await people["rep"].get(f"{path}/dossier")).status_code == 200


async def test_a_merge_undone_lets_each_go_on_for_itself_once_i2(accounts, people, opened):
    old, heir = await opened(), await opened()
    merge = (await merged(people, old, heir)).json()
    undone = await people["kam"].post(f"/v1/merges/{merge['id']}/undo", {"reason": "two shops after all"})
    assert (undone.json()["stands"], undone.json()["undone_because"]) == (False, "two shops after all")
    again = await people["kam"].post(f"/v1/merges/{merge['id']}/undo", {"reason": "again"})
    assert (again.status_code, again.json()["code"]) == (409, "merge_undone")
    freed = await people["rep"].post(f"/v1/accounts/{old['id']}/people", {"role": "principal", "name": "Chen Li"})
    assert freed.status_code == 201
    assert (await merged(people, old, heir)).status_code == 201
    async with accounts.sessions() as session:
        query = "SELECT type FROM outbox WHERE aggregateid = :id AND type LIKE 'Accounts%' ORDER BY aggregate_seq"
        told = (await session.scalars(text(query), {"id": old["id"]})).all()
    assert told == ["AccountsMerged", "AccountsParted", "AccountsMerged"]


async def test_orders_of_before_stay_and_orders_of_later_are_the_heirs_s_i2(accounts, people, opened):
    old, heir = await opened(), await opened()
    now = accounts.app.state.mainstay.clock.now()
    early, late = str(uuid4()), str(uuid4())
    await hear(accounts, an_order(early, old["id"], now))
    merge = (await merged(people, old, heir)).json()
    later = datetime.fromisoformat(merge["merged_at"]) + timedelta(minutes=1)
    delivered = {"delivery_id": "d", "delivered_at": later, "lines": (LineQuantity(line=1, quantity=1),)}
    await hear(
        accounts,
        an_order(late, old["id"], later),
        *(
            OrderDelivered(occurred_at=later, order_id=order_id, account_id=old["id"], **delivered)
            for order_id in (early, late)
        ),
    )
    async with accounts.sessions() as session:
        query = "SELECT order_id, account_id FROM purchase_order WHERE order_id IN (:early, :late)"
        found = await session.execute(text(query), {"early": early, "late": late})
        assert {row.order_id: row.account_id for row in found} == {early: old["id"], late: heir["id"]}


async def test_an_order_told_after_the_undo_is_the_heirs_where_it_was_placed_before_s_i2(accounts, people, opened):
    old, heir = await opened(), await opened()
    merge = (await merged(people, old, heir)).json()
    during = accounts.app.state.mainstay.clock.now()
    assert (await people["kam"].post(f"/v1/merges/{merge['id']}/undo", {"reason": "two shops"})).status_code == 200
    after = accounts.app.state.mainstay.clock.now()
    before = datetime.fromisoformat(merge["merged_at"]) - timedelta(minutes=1)
    placed = {str(uuid4()): at for at in (before, during, after)}
    await hear(accounts, *(an_order(order_id, old["id"], at) for order_id, at in placed.items()))
    async with accounts.sessions() as session:
        query = "SELECT order_id, account_id FROM purchase_order WHERE order_id = ANY(:ids)"
        found = {row.order_id: row.account_id for row in await session.execute(text(query), {"ids": list(placed)})}
    assert [found[order_id] for order_id in placed] == [old["id"], heir["id"], old["id"]]


def an_order(order_id: str, account_id: str, at: datetime) -> OrderPlaced:
    line = OrderLine(line=1, sku="S", quantity=1, list_minor=100, net_minor=100)
    return OrderPlaced(
        occurred_at=at,
        order_id=order_id,
        account_id=account_id,
        number="1",
        branch="kinshasa",
        currency="CNY",
        placed_at=at,
        priced_at=at,
        lines=(line,),
    )


async def test_two_merges_in_opposite_directions_make_one_i2(people, opened):
    one, two = await opened(), await opened()
    answers = await asyncio.gather(merged(people, one, two), merged(people, two, one))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_frozen_account_is_not_merged_away_i2(people, opened):
    old, heir = await opened(), await opened()
    await people["kam"].post(f"/v1/accounts/{old['id']}/freeze", {"reason": "unpaid"})
    answer = await merged(people, old, heir)
    assert (answer.status_code, answer.json()["code"]) == (409, "account_frozen")


async def test_only_who_sees_both_sides_sees_a_merge_i2(people, opened):
    old, heir = await opened(), await opened(branch="lubumbashi")
    await merged(people, old, heir)
    for who, seen in (("rep", 0), ("other_rep", 0), ("auditor", 1)):
        listed = await people[who].get("/v1/merges", params={"account_id": old["id"]})
        assert len(listed.json()["items"]) == seen
    body = {"absorbed_account_id": old["id"], "into_account_id": heir["id"], "reason": "x"}
    assert (await people["rep"].post("/v1/merges", body)).status_code == 403
    gone = await people["kam"].post("/v1/merges", body | {"absorbed_account_id": "nobody"})
    assert gone.status_code == 404
