"""Orders that wait for an account or a product, from files and from the topic: parked, never lost, never doubled."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.pricing.consumers import consumers
from services.pricing.imports.flowing import ParkedOrders
from shared.db.session import commit
from shared.events.orders_in import OrderReported, ReportedLine
from tests.pricing.conftest import START, Pricing, good, received
from tests.pricing.imports.test_api import LATER, MARCH, a_row, an_account, send


def reported(account: str, reference: str, sku: str, quantity: int = 3, **more: Any) -> OrderReported:
    said: dict[str, Any] = {
        "occurred_at": START, "system": "sap", "reference": reference, "account": account, "currency": "CNY",
        "ordered_at": datetime(2021, 3, 1, 9, tzinfo=UTC),
        "lines": (ReportedLine(sku=sku, quantity=quantity, unit_price="10.00"),),
    }  # fmt: skip
    return OrderReported(**said | more)


async def hear(pricing: Pricing, *events: OrderReported) -> None:
    """As the consumer of `orders.in.v1` hands them over, in one batch."""
    async with pricing.sessions() as session:
        await consumers(pricing.settings.zone)[1].handler(session, [received(event) for event in events])
        await commit(session)


async def flow(pricing: Pricing) -> None:
    async with pricing.sessions() as session:
        await ParkedOrders(pricing.settings.zone).flow(session, START)
        await commit(session)


async def orders_of(pricing: Pricing, reference: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await good(pricing.caller("kam").get(f"/v1/orders?reference={reference}")))["items"]
    return items


async def waits(pricing: Pricing, reference: str) -> str | None:
    """The state of a parked order; none where it is not parked."""
    page = await good(pricing.caller("auditor").get("/v1/parked-orders?limit=200"))
    return next((one["state"] for one in page["items"] if one["reference"] == reference), None)


async def refused(pricing: Pricing) -> list[str]:
    """The reasons on the dead-letter topic, oldest first."""
    query = text("SELECT headers ->> 'ce_deadletterreason' FROM outbox WHERE topic = 'orders.in.v1.dlq' ORDER BY pos")
    async with pricing.sessions() as session:
        return list(await session.scalars(query))


async def test_p8_an_order_of_an_unknown_account_waits_and_flows_once_when_the_account_appears(
    pricing: Pricing,
) -> None:
    number, reference = f"N-{uuid4().hex[:8]}", uuid4().hex[:6]
    sale = a_row(number, reference, "X", 3, "10.00", MARCH)
    back = a_row(number, f"C{reference}", "X", -1, "10.00", LATER)
    assert (await send(pricing, sale, back))["parked"] == 2
    await flow(pricing)
    assert (await orders_of(pricing, reference), await waits(pricing, reference)) == ([], "waiting")
    await pricing.new_account(number=number)
    for _ in range(3):
        await flow(pricing)
    [order] = await orders_of(pricing, reference)
    assert (order["lines"][0]["quantity"], order["lines"][0]["returned"], order["state"]) == (3, 1, "delivered")
    assert (await waits(pricing, reference), await waits(pricing, f"C{reference}")) == (None, None)
    again = await send(pricing, sale, back)
    assert (again["unchanged"], again["parked"], again["accepted"]) == (2, 0, 0)


async def test_p8_an_order_told_on_the_topic_is_placed_delivered_and_paid_once(pricing: Pricing) -> None:
    number, reference, sku = await an_account(pricing), uuid4().hex[:6], await pricing.new_product()
    await pricing.told()
    event = reported(number, reference, sku)
    await hear(pricing, event)
    await hear(pricing, event)
    assert [type(one).__name__ for one in await pricing.told()] == ["OrderPlaced", "OrderDelivered", "OrderPaid"]
    [order] = await orders_of(pricing, reference)
    assert (order["source"], order["net_amount"]["amount"]) == ({"system": "sap", "reference": reference}, "30.00")
    await hear(pricing, reported(number, reference, sku, 1, kind="return"))
    assert (await orders_of(pricing, reference))[0]["lines"][0]["returned"] == 1


async def test_p8_an_order_of_an_unknown_product_waits_and_a_corrected_one_stands_in_its_place(
    pricing: Pricing,
) -> None:
    number, reference, sku = await an_account(pricing), uuid4().hex[:6], await pricing.new_product()
    await hear(pricing, reported(number, reference, f"{sku}-NOT-YET"))
    assert await waits(pricing, reference) == "waiting"
    await hear(pricing, reported(number, reference, sku, 5))
    await flow(pricing)
    assert [order["lines"][0]["quantity"] for order in await orders_of(pricing, reference)] == [5]
    await flow(pricing)
    assert len(await orders_of(pricing, reference)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"quantity": 0}, "line 1: quantity_zero", id="no quantity"),
        pytest.param({"quantity": -1}, "line 1: sign_mismatch", id="less than nothing"),
        pytest.param({"quantity": 10**18}, "line 1: quantity_zero, more than 10000000 pieces", id="too many"),
        pytest.param({"currency": "XYZ"}, "'XYZ' is no ISO 4217 currency", id="no currency"),
        pytest.param({"system": "s p"}, "'s p' is no name of a system", id="no system"),
        pytest.param({"ordered_at": datetime(2031, 1, 1, tzinfo=UTC)}, "line 1: bad_date", id="a time to come"),
        pytest.param({"kind": "return"}, "line 1: unmatched_return", id="a return of nothing"),
    ],
)
async def test_p8_a_refused_order_is_a_dead_letter_with_its_reasons_and_holds_nothing_back(
    pricing: Pricing, change: dict[str, Any], reason: str
) -> None:
    number, reference, sku = await an_account(pricing), uuid4().hex[:6], await pricing.new_product()
    before, quantity = len(await refused(pricing)), change.get("quantity", 3)
    more = {name: value for name, value in change.items() if name != "quantity"}
    good_line, bad_line = (ReportedLine(sku=sku, quantity=n, unit_price="1.00") for n in (1, quantity))
    lines = (bad_line, good_line)
    await hear(pricing, reported(number, reference, sku, lines=lines, **more), reported(number, f"{reference}9", sku))
    assert [one[: len(reason)] for one in (await refused(pricing))[before:]] == [reason]
    assert (len(await orders_of(pricing, reference)), len(await orders_of(pricing, f"{reference}9"))) == (0, 1)


async def test_p8_a_parked_order_that_cannot_be_taken_later_is_kept_with_its_reasons(pricing: Pricing) -> None:
    number, reference, sku = f"N-{uuid4().hex[:8]}", uuid4().hex[:6], await pricing.new_product()
    await hear(pricing, reported(number, reference, sku, 0))
    await pricing.new_account(number=number)
    await flow(pricing)
    assert (await waits(pricing, reference), await orders_of(pricing, reference)) == ("refused", [])


async def test_an_upload_that_breaks_off_leaves_nothing_behind(pricing: Pricing) -> None:
    caller = pricing.caller("integrator")
    imports = (await good(caller.get("/v1/order-imports")))["items"]
    parts = [{"type": "http.request", "body": b'{"reference": "half', "more_body": True}, {"type": "http.disconnect"}]
    headers = [(b"authorization", f"Bearer {pricing.issuer.token('integrator')}".encode())]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/order-imports", "raw_path": b"/v1/order-imports",
        "query_string": b"format=ndjson&mapping=standard", "headers": headers, "http_version": "1.1", "root_path": "",
        "scheme": "http", "server": ("test", 80), "client": ("test", 1),
    }  # fmt: skip
    answered: list[Any] = []

    async def hears() -> Any:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def says(message: Any) -> None:
        answered.append(message)

    await pricing.app(scope, hears, says)
    assert all(message.get("status", 500) >= 400 for message in answered if message["type"] == "http.response.start")
    assert (await good(caller.get("/v1/order-imports")))["items"] == imports


async def test_a_file_of_a_hundred_megabytes_is_refused_before_anything_is_taken(pricing: Pricing) -> None:
    caller = pricing.caller("integrator")
    imports = (await good(caller.get("/v1/order-imports")))["items"]

    async def body() -> Any:
        for _ in range(100):
            yield b" " * 1_000_000

    asked = {"format": "ndjson", "mapping": "standard"}
    answer = await caller.call("POST", "/v1/order-imports", params=asked, content=body())
    assert (answer.status_code, answer.json()["code"]) == (413, "order_file_too_large")
    assert (await good(caller.get("/v1/order-imports")))["items"] == imports
