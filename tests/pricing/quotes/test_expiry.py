"""What the clock does to quotes; a database of its own, since the clock never goes back."""

from datetime import UTC, datetime

from services.pricing.quotes.service import expire_quotes
from shared.db.session import commit
from tests.pricing.conftest import Pricing, good
from tests.pricing.quotes.test_api import asked


async def test_p8_an_unaccepted_quote_expires_at_the_end_of_its_last_local_day(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    rep = pricing.caller("rep")
    quotes = [await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 5}))) for _ in range(2)]
    first, second = (f"/v1/quotes/{quote['id']}" for quote in quotes)
    await pricing.move_clock(datetime(2021, 3, 31, 22, 59, 30, tzinfo=UTC))  # 23:59:30 in Kinshasa
    accepted = await good(rep.post(f"{first}/accept", {"accepted_by": "Ms Chen"}))
    await pricing.move_clock(datetime(2021, 3, 31, 23, 0, 1, tzinfo=UTC))
    refused = await rep.post(f"{second}/accept", {"accepted_by": "Ms Chen"})
    assert (refused.status_code, refused.json()["code"]) == (409, "quote_expired")
    assert (await good(rep.get(second)))["state"] == "expired"
    order = {"quote_id": accepted["id"], "lines": [{"quote_line": 1, "quantity": 1}]}
    late = await rep.post("/v1/orders", order)
    assert (late.status_code, late.json()["refusal"]) == (422, "order_not_admitted")
    await pricing.told()
    async with pricing.sessions() as session:
        await expire_quotes(session, now=datetime(2021, 4, 1, 1, tzinfo=UTC), zone="Africa/Kinshasa")
        await commit(session)
    assert [event.quote_id for event in await pricing.told("QuoteExpired")] == [quotes[1]["id"]]
