"""P1: whose price list is whose, by branch, channel and sales-policy class, as the published table says."""

from collections.abc import Awaitable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from services.pricing.catalogue.lists import NoPriceListForAccount, PriceListNotForAccount, PriceLists
from shared.events.policies import PolicyPublished
from shared.policy.forms import content_hash, stored_form
from shared.policy.loader import read_yaml
from tests.pricing.conftest import START, Pricing, cny, good

TABLE = """
rows:
  - {list: goma, title: {en: Goma, zh: 戈马}, branch: goma}
  - {list: dealers, title: {en: Dealers, zh: 经销商}, channel: dealer, sales_class: wholesale}
  - {list: southern, title: {en: South, zh: 南部}, branch: lubumbashi, channel: modifier}
  - {list: southern, title: {en: South, zh: 南部}, branch: matadi}
"""


def document() -> Any:
    text = Path("deploy/policies/pricing/price-lists.yaml").read_text(encoding="utf-8")
    return read_yaml(text.partition("rows:")[0] + TABLE.strip())[0]


class Buyer:
    def __init__(self, branch: str, channel: str | None, sales_class: str | None) -> None:
        self.branch, self.channel, self.sales_class = branch, channel, sales_class


LISTS = PriceLists.of(document().rows)


@pytest.mark.parametrize(
    ("buyer", "own"),
    [
        pytest.param(Buyer("goma", "dealer", "wholesale"), "goma", id="the first row that fits counts"),
        pytest.param(Buyer("kinshasa", "dealer", "wholesale"), "dealers", id="by channel and class together"),
        pytest.param(Buyer("lubumbashi", "modifier", None), "southern", id="by branch and channel"),
        pytest.param(Buyer("matadi", None, None), "southern", id="in another row of the same list"),
        pytest.param(Buyer("kinshasa", "dealer", "retail"), None, id="another class has none"),
        pytest.param(Buyer("kinshasa", None, None), None, id="what is not known is no fit"),
    ],
)
def test_p1_an_accounts_own_list_is_of_the_first_row_that_fits(buyer: Buyer, own: str | None) -> None:
    if own is None:
        with pytest.raises(NoPriceListForAccount):
            LISTS.list_for(buyer)
    else:
        assert LISTS.list_for(buyer) == own
        LISTS.check(own, buyer)


def test_p1_a_list_meant_for_others_is_refused_and_the_own_ones_are_named() -> None:
    with pytest.raises(PriceListNotForAccount) as refused:
        LISTS.check("southern", Buyer("goma", "dealer", "wholesale"))
    assert refused.value.detail == {
        "en": "southern is not meant for this account; it buys by goma, dealers",
        "zh": "southern不适用于此客户；可用goma, dealers",
    }


def test_p1_a_list_that_no_row_names_is_open_to_all() -> None:
    LISTS.check("clearance", Buyer("goma", None, None))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(pricing: Pricing) -> Pricing:
    """The table above in force, and a product that costs more on each list."""
    published = PolicyPublished(
        occurred_at=START,
        policy_id="price-lists",
        version=2,
        form="table",
        service="pricing",
        rows=("P1",),
        document=stored_form(document()),
        content_hash=content_hash(document()),
        valid_from=date(2000, 1, 1),
        maker="mkt",
        checker="mktdir",
    )
    await pricing.hear(published)
    return pricing


async def a_handset(pricing: Pricing, **prices: str) -> str:
    sku = await pricing.new_product(price="1000.00")
    for name, price in prices.items():
        body = {"sku": sku, "price": cny(price), "valid_from": "2021-01-01"}
        await good(pricing.caller("mkt").post(f"/v1/price-lists/{name}/prices", body))
    return sku


def quoted(pricing: Pricing, path: str, account: UUID, sku: str, **more: Any) -> Awaitable[httpx2.Response]:
    body = {"account_id": str(account), "lines": [{"sku": sku, "quantity": 2}], **more}
    return pricing.caller("kam").post(path, body)


@pytest.mark.parametrize("path", ["/v1/quotes/preview", "/v1/quotes"])
async def test_p1_a_quote_that_names_no_list_is_priced_by_the_accounts_own(house: Pricing, path: str) -> None:
    sku = await a_handset(house, goma="700.00", dealers="800.00")
    for branch, own, total in (("goma", "goma", "1400.00"), ("kinshasa", "dealers", "1600.00")):
        account = await house.new_account(branch=branch)
        quote = await good(quoted(house, path, account, sku))
        assert (quote["price_list"], quote["total"]) == (own, cny(total))


@pytest.mark.parametrize("path", ["/v1/quotes/preview", "/v1/quotes"])
async def test_p1_naming_a_list_meant_for_others_is_refused_at_its_field(house: Pricing, path: str) -> None:
    sku, account = await a_handset(house, goma="700.00"), await house.new_account(branch="kinshasa")
    refused = await quoted(house, path, account, sku, price_list="goma")
    assert (refused.status_code, refused.json()["code"]) == (422, "price_list_not_for_account")
    assert refused.json()["errors"][0]["pointer"] == "/price_list"


async def test_p1_a_product_that_the_own_list_does_not_name_has_no_price(house: Pricing) -> None:
    sku, account = await a_handset(house, dealers="800.00"), await house.new_account(branch="goma")
    refused = await quoted(house, "/v1/quotes", account, sku)
    assert [error["code"] for error in refused.json()["errors"]] == ["no_price"]


async def test_p1_a_branch_sees_the_lists_it_sells_by(house: Pricing) -> None:
    await a_handset(house, goma="700.00", southern="650.00")
    rep, kam = house.caller("lubumbashi"), house.caller("kam")
    seen = [row["price_list"] for row in (await good(rep.get("/v1/price-lists")))["items"]]
    assert seen == ["dealers", "southern"]
    assert (await good(rep.get("/v1/price-lists/southern/prices")))["items"]
    for path in ("/v1/price-lists/goma/prices", "/v1/price-lists/goma/sheet"):
        refused = await rep.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_price_list")
        assert (await kam.get(path)).status_code == 200


async def test_p1_an_accounts_lists_are_told_its_own_first(house: Pricing) -> None:
    account = await house.new_account(branch="goma")
    listed = await good(house.caller("kam").get(f"/v1/price-lists?account_id={account}"))
    assert [row["price_list"] for row in listed["items"]] == ["goma", "dealers"]
    assert (await house.caller("lubumbashi").get(f"/v1/price-lists?account_id={account}")).status_code == 404
