"""Whatever is sent to the four services, it is never their failure, and a refusal points at what was sent."""

import json
import os
import random
from collections import Counter
from dataclasses import replace
from itertools import cycle
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from deploy.local.databases import SERVICES
from tests.fuzz.conftest import Serve, Served
from tests.fuzz.requests import Known, Sent, requests_of

# `make fuzz` sends many more, and other ones each time.
EACH = int(os.environ.get("FUZZ_EACH", "5"))
SHARED = {"policies", "facts", "audit", "dead-letters", "files", "clock"}
START = 2021 if "FUZZ_EACH" not in os.environ else None


@pytest.mark.parametrize("service", SERVICES)
async def test_no_request_makes_a_service_fail(serve: Serve, service: str) -> None:
    async with serve(service) as served:
        everything = START is None or service == SERVICES[0]
        searched = served if everything else replace(served, document=without_what_all_share(served.document))
        answers, failed = await send_all(searched, each=EACH, start=START)
        assert not failed, "\n".join(failed)
        assert answers[200] + answers[201] > 0.05 * answers.total(), f"hardly anything was allowed: {answers}"


@pytest.mark.parametrize(
    ("pointer", "is_sent"),
    [
        pytest.param("/price/amount", True, id="a field that is there"),
        pytest.param("/price/tax", True, id="a field that is missing"),
        pytest.param("/lines/0", True, id="an item of a list"),
        pytest.param("", True, id="the whole body"),
        pytest.param("/price/MoneyText/amount", False, id="through a shape that was tried"),
        pytest.param("/lines/0/MoneyText", False, id="a shape that was tried on a text"),
    ],
)
def test_the_search_knows_a_pointer_that_leads_into_what_was_sent(pointer: str, is_sent: bool) -> None:
    assert leads_into({"price": {"amount": 1}, "lines": ["x"]}, pointer) is is_sent


async def test_the_search_finds_a_route_that_fails_for_some() -> None:
    app = FastAPI()

    @app.post("/things")
    async def add(body: dict[str, int]) -> int:
        return 1 // len(body)

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app, raise_app_exceptions=False)) as client:
        _, failed = await send_all(Served(client, app.openapi(), ("token",)), each=30, start=START)
    assert any("POST http://service/things" in line for line in failed)


def without_what_all_share(document: dict[str, Any]) -> dict[str, Any]:
    """The routes that come from one piece of code are searched in one service, unless there is time for all."""
    paths = {path: item for path, item in document["paths"].items() if path.split("/")[2] not in SHARED}
    return document | {"paths": paths}


async def send_all(served: Served, *, each: int, start: int | None) -> tuple[Counter[int], list[str]]:
    """How often each status was answered, and every request that was answered by a failure."""
    chance, tokens = random.Random(start), cycle(served.tokens)
    known, answers, failed = Known(chance), Counter[int](), []
    for sent in requests_of(served.document, known, each=each, start=start):
        key = str(UUID(int=chance.getrandbits(128), version=4))
        answer = await _send(served.client, sent, {"Authorization": f"Bearer {next(tokens)}", "Idempotency-Key": key})
        answers[answer.status_code] += 1
        if answer.status_code >= 500 or (answer.status_code == 422 and not _points_at_what_was(sent, answer)):
            failed.append(f"{answer.status_code} {answer.text[:400]} to {sent}")
        elif answer.is_success and answer.content and "json" in answer.headers.get("content-type", ""):
            known.learn(answer.json())
    return answers, failed


def _points_at_what_was(sent: Sent, answer: httpx2.Response) -> bool:
    """Whether each wrong field is named as it stands in the body, never by our own words for it."""
    if answer.json().get("code") != "invalid_request":
        return True
    pointers = [error["pointer"] for error in answer.json().get("errors", ()) if "in" not in error]
    try:
        body = json.loads(sent.body or b"{}")
    except ValueError:  # a form, or no JSON at all
        return all(pointer.count("/") <= 1 for pointer in pointers)
    return all(leads_into(body, pointer) for pointer in pointers)


def leads_into(body: Any, pointer: str) -> bool:
    """Whether a JSON pointer ends in the body, or at a field that could be put there."""
    *inner, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]
    for part in inner[1:]:
        if isinstance(body, dict) and part in body:
            body = body[part]
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return False
    return not inner or isinstance(body, dict) or (isinstance(body, list) and last.isdecimal())


async def _send(client: httpx2.AsyncClient, sent: Sent, proof: dict[str, str]) -> httpx2.Response:
    drawn: dict[str, Any] = {name.lower(): value for name, value in sent.headers.items()}
    headers = drawn | {name.lower(): value for name, value in proof.items()}
    headers.pop("mainstay-after", None)  # to have to wait for what never happened is rightly a 503
    return await client.request(sent.method, sent.url, headers=headers, content=sent.body)
