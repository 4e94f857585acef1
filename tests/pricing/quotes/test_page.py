"""The page for front ends shows what the service really says."""

import json
import re
from pathlib import Path
from typing import Any

from tests.pricing.conftest import Pricing, good

PAGE = Path(__file__).parents[3] / "docs" / "pricing" / "quotes.md"


def blocks(kind: str, **names: str) -> list[Any]:
    found = re.findall(rf"```json {kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for shown, real in names.items():
        found = [text.replace(shown, real) for text in found]
    return [json.loads(text) for text in found]


def holds(shown: Any, said: Any) -> bool:
    """Everything the page shows stands in the answer, which says more."""
    if isinstance(shown, dict):
        return all(name in said and holds(value, said[name]) for name, value in shown.items())
    if isinstance(shown, list):
        return len(shown) == len(said) and all(holds(one, other) for one, other in zip(shown, said, strict=True))
    return bool(shown == said)


async def test_the_quote_on_the_page_is_the_quote_of_the_service(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="100.00")
    names = {"ACCOUNT": str(account), "HANDSET": sku}
    [request], [shown] = blocks("request", **names), blocks("answer", **names)
    said = await good(pricing.caller("rep").post("/v1/quotes", request), 201)
    assert holds(shown, said)
    assert not holds(shown | {"state": "accepted"}, said)


def test_the_page_names_every_state_that_may_go_on() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"`{state}`" in page for state in ("priced", "pending_exception", "requires_approval", "accepted"))
