"""The page for front-end developers is true: each of its requests is sent, and each answer is as it says."""

import json
import re

import pytest

from deploy.local.settings import PROJECT
from tests.pricing.conftest import Pricing, contract_event
from tests.pricing.page import EXCHANGE, Names, exchanges

PAGE = PROJECT / "docs" / "pricing" / "front-end.md"
OF_EVERY_SERVICE = ("/v1/policies", "/v1/facts", "/v1/audit", "/v1/dead-letters", "/v1/me", "/v1/clock")


async def names_for(pricing: Pricing) -> Names:
    """Tokens of the people the page speaks of, an account that elected the discount, and its signed contract."""
    people = {"rep": "rep", "manager": "kam", "marketing": "mkt", "finance": "fin", "integrator": "integrator"}
    known = {name: pricing.issuer.token(user) for name, user in people.items()}
    account = await pricing.new_account(elects="discount", number="K-2021-007")
    signed = contract_event(account, {"VPN0": 12}, currency="USD")
    await pricing.hear(signed)
    return Names(known | {"account": str(account), "contract": signed.contract_id})


async def test_every_request_of_the_page_is_answered_as_it_says(pricing: Pricing) -> None:
    names = await names_for(pricing)
    caller = pricing.caller("rep")
    for place, one in enumerate(exchanges(PAGE.read_text(encoding="utf-8")), start=1):
        headers = {name: names.filled(value) for name, value in one.headers.items()}
        headers |= {"Idempotency-Key": f"page-{place}"} if one.method == "POST" else {}
        headers.setdefault("Content-Type", "application/json")
        content = names.filled(one.body).encode() or None
        came = await caller.client.request(one.method, names.filled(one.path), headers=headers, content=content)
        assert came.status_code == one.status, f"{one.name}: {came.text}"
        assert list(names.differences(one.answer, came.json())) == [], one.name


def test_the_page_names_every_route_of_the_service() -> None:
    page = PAGE.read_text(encoding="utf-8")
    document = json.loads((PROJECT / "docs" / "openapi" / "pricing.json").read_text(encoding="utf-8"))
    own = [path for path in document["paths"] if path.startswith("/v1/") and not path.startswith(OF_EVERY_SERVICE)]
    assert [path for path in own if f"`{path}`" not in page] == []


def test_every_block_of_the_page_is_played() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(EXCHANGE.findall(page)) == len(re.findall(r"^```http$", page, re.M)) > 30


@pytest.mark.parametrize(
    ("said", "came"),
    [
        pytest.param({"a": 1}, {"a": 2}, id="another value"),
        pytest.param({"a": 1}, {}, id="a field that is not there"),
        pytest.param([1], [1, 2], id="more items than it says"),
        pytest.param({"a": "{{id}}", "b": "{{id}}"}, {"a": "x", "b": "y"}, id="two things under one name"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(said: object, came: object) -> None:
    assert list(Names().differences(said, came))
