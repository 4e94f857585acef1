"""Three months of the real orders of the demo's slice, as accounts, catalogue and pricing tell of them."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid5

import anyio
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest_asyncio

from shared.events.accounts import AccountOpened, ElectionMade, KeyAccountListAgreed
from shared.events.catalogue import ExchangeRatePublished
from shared.events.envelope import Event
from shared.events.orders import OrderEvent
from tests.pricing.conftest import Pricing, good

DEMO = Path(__file__).parents[1] / "deploy" / "demo"
SLICE = DEMO / "online-retail-slice.parquet"
NAMES = UUID("6f1d3c52-0000-7000-8000-000000000001")
FROM, UNTIL = "2009-12-01T00:00:00+01:00", "2010-03-06T00:00:00+01:00"
AT = datetime(2009, 11, 30, tzinfo=UTC)


def customers() -> list[str]:
    """Those of the slice who elected the subsidy: the even numbers."""
    numbers = pc.unique(pq.read_table(SLICE, columns=["Customer ID"])["Customer ID"]).to_pylist()
    return [str(int(number)) for number in numbers if number is not None and int(number) % 2 == 0]


def introduced(number: str) -> list[Event]:
    account_id = str(uuid5(NAMES, number))
    opened = AccountOpened(
        occurred_at=AT,
        account_id=account_id,
        number=number,
        legal_name=f"Customer {number}",
        branch="kinshasa",
        channel="wholesale_market",
        sales_class="wholesale",
        industrial=False,
    )
    lists = [
        KeyAccountListAgreed(
            occurred_at=AT, account_id=account_id, list_id=key, listed=True, valid_from=first, valid_until=until
        )
        for key, first, until in (
            ("2009-H2", date(2009, 7, 1), date(2010, 1, 1)),
            ("2010-H1", date(2010, 1, 1), date(2010, 7, 1)),
        )
    ]
    elected = ElectionMade(
        occurred_at=AT,
        account_id=account_id,
        election_id=str(uuid5(NAMES, f"election {number}")),
        programme="p4",
        choice="subsidy",
        valid_from=date(2009, 12, 1),
        valid_until=date(2011, 1, 1),
        elected_by="buyer",
    )
    return [opened, *lists, elected]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def real_events(pricing: Pricing) -> AsyncIterator[list[Event]]:
    """What accounts, catalogue and pricing tell of three months of the slice, in the order in which it happened."""
    accounts = [event for number in customers() for event in introduced(number)]
    await pricing.hear(*accounts)
    await pricing.told()
    asked = {"format": "parquet", "mapping": "online-retail", "from": FROM, "until": UNTIL}
    body = await anyio.Path(SLICE).read_bytes()
    result = await good(pricing.caller("integrator").call("POST", "/v1/order-imports", params=asked, content=body))
    assert result["returns"] > 10
    rate = ExchangeRatePublished(
        occurred_at=AT, base="GBP", quote="CNY", rate="10.00", date="2009-01-01", source="demo"
    )
    orders = [event for event in await pricing.told() if isinstance(event, OrderEvent)]
    assert len(orders) > 500
    yield [*accounts, rate, *orders]
