"""Order files over HTTP on a real database: taken once, priced by the election, returned first in first out."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio

from shared.events.accounts import AccountsMerged
from tests.pricing.conftest import START, Pricing, cny, good

SLICE = Path("deploy/demo/online-retail-slice.parquet")


def a_row(account: str, reference: str, sku: str, quantity: int, price: str, at: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "sku": sku,
        "quantity": quantity,
        "ordered_at": at,
        "unit_price": price,
        "account": account,
    }


async def send(to: Pricing, *rows: dict[str, Any], **query: str) -> dict[str, Any]:
    """The rows as a file of the product's own mapping."""
    asked = {"format": "ndjson", "mapping": "standard", **query}
    body = "\n".join(json.dumps(row) for row in rows).encode()
    answer = to.caller("integrator").call("POST", "/v1/order-imports", params=asked, content=body)
    return await good(answer)


async def an_account(pricing: Pricing, elects: str | None = None) -> str:
    """Its number, new in this database."""
    number = f"N-{uuid4().hex[:8]}"
    await pricing.new_account(elects=elects, number=number)
    return number


MARCH = "2021-03-01T09:00:00Z"
LATER = "2021-03-01T10:00:00Z"


async def test_an_imported_order_is_placed_delivered_and_paid_at_its_time(pricing: Pricing) -> None:
    number, reference = await an_account(pricing, "subsidy"), uuid4().hex[:6]
    await pricing.told()
    result = await send(
        pricing, a_row(number, reference, "X", 3, "10.005", MARCH), a_row(number, reference, "Y", 1, "5", MARCH)
    )
    assert (result["state"], result["rows"], result["accepted"], result["orders"]) == ("done", 2, 2, 1)
    placed, delivered, paid = await pricing.told()
    assert [(line.sku, line.net_minor, line.election) for line in placed.lines] == [
        ("X", 3002, "subsidy"),
        ("Y", 500, "subsidy"),
    ]
    assert (placed.source.system, placed.source.reference, placed.number) == ("erp", reference, reference)
    assert placed.occurred_at == delivered.delivered_at == paid.paid_at
    assert [(line.line, line.quantity) for line in delivered.lines] == [(1, 3), (2, 1)]
    assert (paid.amount_minor, paid.currency) == (3502, "CNY")
    orders = await good(pricing.caller("kam").get(f"/v1/orders?reference={reference}"))
    assert (orders["items"][0]["state"], orders["items"][0]["owed"]) == ("delivered", cny("0.00"))


async def test_the_same_file_again_changes_nothing_and_says_so(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    rows = [
        a_row(number, reference, "X", 3, "10.00", MARCH),
        a_row(number, reference, "X", 3, "10.00", MARCH),
        a_row(number, f"C{reference}", "X", -8, "10.00", LATER),
        a_row("nobody", f"{reference}9", "X", 1, "10.00", MARCH),
    ]
    first = await send(pricing, *rows)
    assert (first["accepted"], first["parked"], first["unmatched_quantity"]) == (3, 1, 2)
    await pricing.told()
    again = await send(pricing, *rows)
    assert (again["accepted"], again["unchanged"], again["parked"]) == (0, 3, 1)
    assert await pricing.told() == []


async def test_a_row_sent_again_with_other_contents_is_refused(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    await send(pricing, a_row(number, reference, "X", 3, "10.00", MARCH))
    changed = await send(pricing, a_row(number, reference, "X", 4, "10.00", MARCH))
    assert changed["rejected"] == {"source_changed": 1}
    longer = await send(
        pricing, a_row(number, reference, "X", 3, "10.00", MARCH), a_row(number, reference, "Y", 1, "1.00", MARCH)
    )
    assert (longer["unchanged"], longer["rejected"]) == (1, {"source_changed": 1})


async def test_rows_of_a_customer_who_came_later_are_taken_then(pricing: Pricing) -> None:
    number, reference = f"N-{uuid4().hex[:8]}", uuid4().hex[:6]
    row = a_row(number, reference, "X", 3, "10.00", MARCH)
    assert (await send(pricing, row))["parked"] == 1
    await pricing.new_account(number=number)
    assert (await send(pricing, row))["accepted"] == 1


async def test_s_f2_a_return_takes_from_the_oldest_orders_at_their_amounts(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    await send(
        pricing,
        a_row(number, f"{reference}1", "X", 3, "10.00", "2021-03-01T09:00:00Z"),
        a_row(number, f"{reference}2", "X", 5, "20.00", "2021-03-01T09:30:00Z"),
    )
    await pricing.told()
    result = await send(pricing, a_row(number, f"C{reference}", "X", -6, "99.00", LATER))
    assert (result["accepted"], result["returns"], result["rejected"]) == (1, 2, {})
    told = await pricing.told("OrderReturned")
    assert [(event.lines[0].quantity, event.lines[0].net_minor) for event in told] == [(3, 3000), (3, 6000)]
    orders = await good(pricing.caller("kam").get(f"/v1/orders?reference={reference}1"))
    chain = await good(pricing.caller("kam").get(f"/v1/orders/{orders['items'][0]['id']}/chain"))
    assert (chain["order"]["state"], chain["movements"][-1]["source_reference"]) == ("returned", f"C{reference}")
    assert chain["movements"][-1]["lines"] == [{"line": 1, "quantity": 3, "net_minor": 3000, "price": "99"}]


async def test_s_i2_what_an_erp_still_sends_for_a_merged_account_is_its_heirs_from_that_moment_on(
    pricing: Pricing,
) -> None:
    old, heir = f"N-{uuid4().hex[:8]}", f"N-{uuid4().hex[:8]}"
    account, into = await pricing.new_account(number=old), await pricing.new_account(number=heir)
    merged_at = datetime(2021, 3, 1, 9, 30, tzinfo=UTC)
    ids = {"account_id": str(account), "merge_id": str(uuid4()), "into_account_id": str(into)}
    await pricing.hear(AccountsMerged(occurred_at=merged_at, **ids, into_number=heir))
    await pricing.told()
    reference = uuid4().hex[:6]
    result = await send(
        pricing,
        a_row(old, f"{reference}1", "X", 3, "10.00", "2021-03-01T09:00:00Z"),
        a_row(old, f"{reference}2", "X", 5, "20.00", "2021-03-01T10:00:00Z"),
        a_row(old, f"{reference}3", "X", 1, "20.00", "2021-03-01T10:00:00Z"),
        a_row(heir, f"{reference}3", "Y", 1, "20.00", "2021-03-01T10:00:00Z"),
    )
    assert (result["accepted"], result["orders"], result["rejected"]) == (4, 3, {})
    placed = await pricing.told("OrderPlaced")
    assert [(one.number, one.account_id, len(one.lines)) for one in placed] == [
        (f"{reference}1", str(account), 1),
        (f"{reference}2", str(into), 1),
        (f"{reference}3", str(into), 2),
    ]
    result = await send(pricing, a_row(old, f"C{reference}", "X", -6, "99.00", "2021-03-01T11:00:00Z"))
    assert (result["accepted"], result["returns"], result["rejected"]) == (1, 2, {})
    returned = await pricing.told("OrderReturned")
    assert [(one.account_id, one.lines[0].quantity) for one in returned] == [(str(account), 3), (str(into), 3)]


async def test_what_a_return_finds_no_original_for_is_listed(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    result = await send(
        pricing,
        a_row(number, reference, "X", 3, "10.00", MARCH),
        a_row(number, f"C{reference}", "X", -5, "10.00", LATER),
        a_row(number, f"C{reference}", "Z", -1, "10.00", LATER),
    )
    told = {name: result[name] for name in ("accepted", "partly_unmatched", "unmatched_quantity", "rejected")}
    assert told == {"accepted": 2, "partly_unmatched": 1, "unmatched_quantity": 3, "rejected": {"unmatched_return": 1}}
    rejects = (await good(pricing.caller("integrator").get(result["rejects"])))["items"]
    assert [(one["row"], one["reason"], one["quantity"]) for one in rejects] == [
        (2, "unmatched_return", -2),
        (3, "unmatched_return", -1),
    ]


async def test_p4_orders_of_a_month_are_discounted_one_after_the_other(pricing: Pricing) -> None:
    number, reference = await an_account(pricing, "discount"), uuid4().hex[:6]
    rows = [
        a_row(number, f"{reference}{place}", "X", 50, "1000.00", f"2021-03-01T{9 + place:02}:00:00Z")
        for place in range(3)
    ]
    await pricing.told()
    result = await send(pricing, *rows, pricing="apply_policies")
    assert (result["orders"], result["discounted_orders"]) == (3, 3)
    placed = await pricing.told("OrderPlaced")
    assert [order.lines[0].discount_minor for order in placed] == [250_000, 350_000, 350_000]
    assert placed[1].lines[0].p4_discount
    assert placed[1].lines[0].rules[0].policy == "volume-discount@1"


async def test_p4_the_month_so_far_comes_from_earlier_imports_less_their_returns(pricing: Pricing) -> None:
    number, reference = await an_account(pricing, "discount"), uuid4().hex[:6]
    rows = [
        a_row(number, f"{reference}1", "X", 99, "1000.00", "2021-03-01T09:00:00Z"),
        a_row(number, f"{reference}2", "Y", 1, "1000.00", "2021-03-01T09:30:00Z"),
        a_row(number, f"C{reference}3", "X", -10, "1000.00", "2021-03-01T10:00:00Z"),
        a_row(number, f"{reference}4", "Y", 1, "1000.00", "2021-03-01T10:30:00Z"),
    ]
    for row in rows:
        await send(pricing, row, pricing="apply_policies")
    placed = [event for event in await pricing.told("OrderPlaced") if event.number.startswith(reference)]
    assert [order.lines[0].discount_minor for order in placed] == [495_000, 7_000, 5_000]


async def test_s_c2_a_discount_over_many_lines_sums_to_the_orders(pricing: Pricing) -> None:
    number, reference = await an_account(pricing, "discount"), uuid4().hex[:6]
    await pricing.told()
    rows = [a_row(number, reference, f"S{place}", 1, "33.33", MARCH) for place in range(3)]
    await send(pricing, *rows, pricing="apply_policies")
    [placed] = await pricing.told("OrderPlaced")
    assert [line.discount_minor for line in placed.lines] == [167, 167, 166]
    assert all(line.list_minor - line.discount_minor == line.net_minor for line in placed.lines)


async def test_subsidy_and_unlisted_accounts_are_taken_as_invoiced_even_where_policies_apply(pricing: Pricing) -> None:
    for elects in ("subsidy", None):
        number, reference = await an_account(pricing, elects), uuid4().hex[:6]
        result = await send(pricing, a_row(number, reference, "X", 50, "1000.00", MARCH), pricing="apply_policies")
        assert (result["orders"], result["discounted_orders"]) == (1, 0)


async def test_s_a6_an_order_that_reaches_negotiated_terms_stays_as_invoiced_and_is_counted(pricing: Pricing) -> None:
    number, reference = await an_account(pricing, "discount"), uuid4().hex[:6]
    result = await send(pricing, a_row(number, reference, "X", 1000, "1000.00", MARCH), pricing="apply_policies")
    assert (result["requires_approval"], result["discounted_orders"]) == (1, 0)


async def test_a_price_below_a_known_floor_is_counted_and_taken(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    sku = await pricing.new_product(floor="900.00", cost="700.00", new_brand=True)
    await pricing.told()
    result = await send(pricing, a_row(number, reference, sku, 2, "899.99", MARCH))
    assert (result["floor_breaches"], result["accepted"]) == (1, 1)
    [placed] = await pricing.told("OrderPlaced")
    assert (placed.lines[0].cost_minor, placed.lines[0].new_brand) == (140_000, True)


async def test_a_window_takes_only_its_part_of_the_file(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    rows = [a_row(number, f"{reference}{day}", "X", 1, "1.00", f"2021-03-0{day}T07:00:00Z") for day in (1, 2)]
    cut = {"until": "2021-03-02T00:00:00Z"}
    assert (await send(pricing, *rows, **cut))["rows_total"] == 1
    rest = await send(pricing, *rows, **{"from": "2021-03-02T00:00:00Z"})
    assert (rest["accepted"], rest["unchanged"]) == (1, 0)


async def test_an_import_can_be_asked_for_under_the_clients_own_id_and_sent_again(pricing: Pricing) -> None:
    number, reference, import_id = await an_account(pricing), uuid4().hex[:6], str(uuid4())
    row = a_row(number, reference, "X", 1, "1.00", MARCH)
    await send(pricing, row, import_id=import_id)
    await send(pricing, row, import_id=import_id)
    told = await good(pricing.caller("integrator").get(f"/v1/order-imports/{import_id}"))
    assert (told["state"], told["unchanged"], told["finished_at"] is not None) == ("done", 1, True)


async def test_a_file_that_cannot_be_read_is_refused_and_the_import_says_failed(pricing: Pricing) -> None:
    integrator, import_id = pricing.caller("integrator"), str(uuid4())
    asked = {"format": "ndjson", "mapping": "standard", "import_id": import_id}
    refused = await integrator.call("POST", "/v1/order-imports", params=asked, content=b"[1, 2")
    assert (refused.status_code, refused.json()["code"]) == (422, "unreadable_order_file")
    assert (await good(integrator.get(f"/v1/order-imports/{import_id}")))["state"] == "failed"
    unknown = await integrator.call("POST", "/v1/order-imports", params={**asked, "mapping": "nobodys"}, content=b"")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_mapping")


async def rejects_of(pricing: Pricing, result: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await good(pricing.caller("integrator").get(result["rejects"])))["items"]
    return found


async def test_an_order_of_the_future_is_no_order_yet(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    rows = [
        a_row(number, reference, "X", 1, "1.00", START.isoformat()),
        a_row(number, f"{reference}2", "X", 1, "1.00", "2021-03-03T09:00:00Z"),
        a_row(number, f"{reference}3", "X", 1, "1.00", "2199-01-01T00:00:00Z"),
    ]
    result = await send(pricing, *rows)
    assert (result["accepted"], result["rejected"]) == (1, {"bad_date": 2})
    assert [(one["row"], one["detail"]["en"]) for one in await rejects_of(pricing, result)] == [
        (2, "2021-03-03T09:00:00+00:00 is later than now"),
        (3, "2199-01-01T00:00:00+00:00 is later than now"),
    ]


async def test_every_row_that_cannot_be_kept_is_listed_and_the_others_are_taken(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    good_row = a_row(number, reference, "X", 1, "1.00", MARCH)
    wrong: list[dict[str, Any]] = [
        {"reference": "\ud800"},
        {"reference": f"{reference}\x00"},
        {"sku": "A\x00"},
        {"sku": "A" * 65},
        {"account": "7\x00"},
        {"quantity": 10**12},
        {"unit_price": "1e30"},
        {"reference": "9" * 9000},
    ]
    result = await send(pricing, good_row, *({**good_row, "reference": f"{reference}9", **cells} for cells in wrong))
    assert (result["accepted"], result["orders"]) == (1, 1)
    assert result["rejected"] == {
        "unreadable_row": 1,
        "no_customer": 1,
        "non_product": 4,
        "quantity_zero": 1,
        "price_not_positive": 1,
    }
    listed = {one["row"]: one for one in await rejects_of(pricing, result)}
    assert listed[3]["reference"] == f"{reference}\\u0000"
    assert listed[7]["detail"] == {
        "en": "more than 10000000 pieces: 1000000000000",
        "zh": "数量超过10000000件：1000000000000",
    }


async def test_a_line_that_is_no_json_is_a_rejected_row_and_not_a_refused_file(pricing: Pricing) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    asked = {"format": "ndjson", "mapping": "standard"}
    content = json.dumps(a_row(number, reference, "X", 1, "1.00", MARCH)).encode() + b"\n{broken"
    result = await good(pricing.caller("integrator").call("POST", "/v1/order-imports", params=asked, content=content))
    assert (result["rows"], result["accepted"], result["rejected"]) == (2, 1, {"unreadable_row": 1})
    [reject] = await rejects_of(pricing, result)
    assert reject["detail"]["en"].startswith("no JSON: ")


async def test_a_csv_row_of_too_few_or_too_many_cells_is_that_row_s_error_and_the_others_are_taken(
    pricing: Pricing,
) -> None:
    number, reference = await an_account(pricing), uuid4().hex[:6]
    row = a_row(number, reference, "X", 1, "1.00", MARCH)
    cells = [str(cell) for cell in row.values()]
    lines = [list(row), cells[:-2], cells, [], [*cells, ""], [*cells[:-1], "1.00", "more"]]
    content = "\n".join(",".join(line) for line in lines).encode()
    asked = {"format": "csv", "mapping": "standard"}
    result = await good(pricing.caller("integrator").call("POST", "/v1/order-imports", params=asked, content=content))
    assert (result["rows"], result["accepted"], result["rejected"]) == (4, 1, {"unreadable_row": 3})
    few, *many = await rejects_of(pricing, result)
    headings = list(row)
    assert (few["row"], few["reason"], few["column"]) == (1, "unreadable_row", headings[-2])
    assert few["detail"] == {
        "en": f"4 cells under 6 columns: {headings[-2]!r} is missing",
        "zh": f"该行有4个单元格，而表头有6列：缺少“{headings[-2]}”",
    }
    assert [(one["row"], one["column"], one["detail"]["en"]) for one in many] == [
        (place, "G", "7 cells under 6 columns: column G has no name") for place in (3, 4)
    ]


async def test_only_an_integrator_imports(pricing: Pricing) -> None:
    asked = {"format": "ndjson", "mapping": "standard"}
    refused = await pricing.caller("kam").call("POST", "/v1/order-imports", params=asked, content=b"")
    assert refused.status_code == 403


async def test_nothing_of_the_slice_is_dropped_silently(pricing: Pricing) -> None:
    """Two months of it: rows = accepted + unchanged + rejected, and every rejected row is listed."""
    for number in (13089, 18102):
        await pricing.new_account(number=str(number))
    asked = {"format": "parquet", "mapping": "online-retail", "until": "2010-02-01T00:00:00Z"}
    integrator = pricing.caller("integrator")
    content = await anyio.Path(SLICE).read_bytes()
    result = await good(integrator.call("POST", "/v1/order-imports", params=asked, content=content))
    assert result["rows"] == result["rows_total"] == result["accepted"] + sum(result["rejected"].values())
    assert result["accepted"] > 100
    assert "no_customer" in result["rejected"]
    listed, path = 0, f"{result['rejects']}?limit=200"
    while path:
        page = await good(integrator.get(path))
        listed += len(page["items"])
        path = f"{result['rejects']}?limit=200&cursor={page['next']}" if page["next"] else ""
    assert listed == sum(result["rejected"].values()) + result["partly_unmatched"]
