"""What a quote reads through the driver alone fails like everything else: busy is 503, a wrong text is 422."""

import json

import pytest
from sqlalchemy import text

from tests.pricing.conftest import Pricing
from tests.pricing.quotes.test_api import asked


@pytest.mark.parametrize("path", ["/v1/quotes", "/v1/quotes/preview"])
async def test_a_quote_that_waits_too_long_for_a_lock_is_to_be_asked_again(pricing: Pricing, path: str) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    async with pricing.sessions() as other:
        await other.execute(text("LOCK TABLE list_price IN ACCESS EXCLUSIVE MODE"))
        busy = await pricing.caller("rep").post(path, asked(account, {"sku": sku, "quantity": 1}))
        await other.rollback()
    assert (busy.status_code, busy.json()["code"]) == (503, "temporarily_unavailable")


@pytest.mark.parametrize("sku", ["a\x00b", "a\x07b", "a\x85b", "\x00", "\ud800", "a b", "x" * 65])
@pytest.mark.parametrize("path", ["/v1/quotes", "/v1/quotes/preview"])
async def test_a_sku_is_visible_characters_only(pricing: Pricing, path: str, sku: str) -> None:
    account = await pricing.new_account()
    body = json.dumps(asked(account, {"sku": sku, "quantity": 1}))
    told = {"content": body, "headers": {"Content-Type": "application/json"}}
    refused = await pricing.caller("rep").post(path, **told)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/lines/0/sku"]
