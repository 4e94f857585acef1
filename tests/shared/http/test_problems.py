"""Every refusal is a problem a machine and a person can read."""

import importlib
from collections.abc import Iterator

import pytest

from deploy.local.databases import SERVICES
from shared.auth.permissions import permission_table
from shared.errors import Problem, Words
from shared.http.field_errors import words_of
from shared.money import UnknownCurrency
from tests.shared.http.conftest import Probe

BOTH: Words = {"en": "'XXY' is not a currency", "zh": "不是币种"}


def problem(answer, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == "urn:mainstay:problem:" + code.replace("_", "-")
    assert body["title"]
    assert len(body["trace_id"]) == 32
    return body


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        pytest.param({}, "/name", "missing", id="a missing field"),
        pytest.param({"name": 5}, "/name", "string_type", id="a wrong type"),
        pytest.param({"name": "x", "odd": 1}, "/odd", "extra_forbidden", id="a field nobody asked for"),
        pytest.param(
            {"name": "x", "parts": [{"sku": "a", "quantity": 1}, {"sku": "b", "quantity": 0}]},
            "/parts/1/quantity",
            "greater_than_equal",
            id="a wrong figure deep inside",
        ),
        pytest.param({"name": "x", "parts": [{"sku": "a", "a/b~c": 1, "quantity": 1}]}, "/parts/0/a~1b~0c",
                     "extra_forbidden", id="a name with a slash and a tilde"),
    ],
)  # fmt: skip
async def test_a_wrong_body_is_422_with_the_fields_pointer(service: Probe, body, pointer: str, code: str) -> None:
    answer = await service.writer.post("/v1/things", body)
    errors = problem(answer, 422, "invalid_request")["errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [(pointer, code)]
    assert "in" not in errors[0]


async def test_a_wrong_query_parameter_is_pointed_at_in_the_query(service: Probe) -> None:
    errors = problem(await service.writer.get("/v1/things?limit=201"), 422, "invalid_request")["errors"]
    assert [(error["pointer"], error["in"]) for error in errors] == [("/limit", "query")]


async def test_a_query_parameter_nobody_reads_is_refused(service: Probe) -> None:
    answer = await service.writer.get("/v1/things?limit=2&colour=red&a~b/c=1")
    errors = problem(answer, 422, "invalid_request")["errors"]
    assert [(error["pointer"], error["in"], error["code"]) for error in errors] == [
        ("/colour", "query", "extra_forbidden"),
        ("/a~0b~1c", "query", "extra_forbidden"),
    ]


async def test_every_query_parameter_a_dependency_reads_is_taken(service: Probe) -> None:
    assert (await service.writer.get("/v1/things?limit=2&newest=true")).status_code == 200


async def test_a_wrong_path_parameter_is_pointed_at_in_the_path(service: Probe) -> None:
    answer = await service.writer.patch("/v1/things/x", {"name": "y"}, headers={"If-Match": '"1"'})
    errors = problem(answer, 422, "invalid_request")["errors"]
    assert [(error["pointer"], error["in"]) for error in errors] == [("/thing_id", "path")]


async def test_a_header_that_is_too_long_is_pointed_at_in_the_header(service: Probe) -> None:
    answer = await service.writer.post("/v1/things", {"name": "x"}, key="k" * 201)
    assert answer.status_code in {400, 422}


async def test_broken_json_is_422(service: Probe) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    answer = await service.writer.call("POST", "/v1/things", content=b'{"name": ', headers=headers)
    assert problem(answer, 422, "invalid_request")["errors"][0]["code"] == "json_invalid"


async def test_another_content_type_is_415(service: Probe) -> None:
    headers = {"Content-Type": "text/plain", "Idempotency-Key": "k"}
    answer = await service.writer.call("POST", "/v1/things", content=b"name=x", headers=headers)
    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("path", "size", "declared"),
    [
        pytest.param("/v1/things", 1_000_001, True, id="a body that says it is over one megabyte"),
        pytest.param("/v1/things", 1_000_001, False, id="a body that proves to be over one megabyte"),
        pytest.param("/v1/measure", 20_000_001, True, id="an upload that says it is over twenty megabytes"),
        pytest.param("/v1/measure", 20_000_001, False, id="an upload that proves to be over twenty megabytes"),
    ],
)
async def test_too_much_is_413(service: Probe, path: str, size: int, declared: bool) -> None:
    async def pieces():
        for start in range(0, size, 65536):
            yield b"x" * min(65536, size - start)

    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    content = b"x" * size if declared else pieces()
    answer = await service.writer.call("POST", path, content=content, headers=headers)
    problem(answer, 413, "body_too_large")


async def test_an_upload_of_exactly_twenty_megabytes_is_taken(service: Probe) -> None:
    answer = await service.writer.call("POST", "/v1/measure", content=b"x" * 20_000_000)
    assert answer.json() == {"bytes": 20_000_000}


async def test_an_unknown_address_is_404(service: Probe) -> None:
    problem(await service.writer.get("/v1/nothing"), 404, "path_not_found")


async def test_a_wrong_method_is_405_and_names_the_right_ones(service: Probe) -> None:
    answer = await service.writer.call("DELETE", "/v1/boom")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


async def test_a_bug_is_500_and_tells_nothing_of_our_insides(service: Probe) -> None:
    answer = await service.writer.get("/v1/boom")
    problem(answer, 500, "internal_error")
    assert "swordfish" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_a_statement_that_takes_too_long_is_503_with_retry_after(service: Probe) -> None:
    answer = await service.writer.get("/v1/sleep")
    problem(answer, 503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        pytest.param("zh", "zh", "地址不存在", id="Chinese"),
        pytest.param("zh-CN,zh;q=0.9,en;q=0.8", "zh", "地址不存在", id="a Chinese browser"),
        pytest.param("en-GB,en;q=0.9,zh;q=0.5", "en", "There is nothing at this address", id="English first"),
        pytest.param("fr", "en", "There is nothing at this address", id="neither: English"),
        pytest.param(";;q=x,,", "en", "There is nothing at this address", id="nonsense: English"),
    ],
)
async def test_the_reader_chooses_the_language(service: Probe, accepted: str, language: str, title: str) -> None:
    answer = await service.writer.get("/v1/nothing", headers={"Accept-Language": accepted})
    assert answer.json()["title"] == title
    assert answer.headers["Content-Language"] == language


async def test_field_errors_are_said_in_chinese_too(service: Probe) -> None:
    answer = await service.writer.post("/v1/things", {}, headers={"Accept-Language": "zh"})
    assert answer.json()["errors"][0]["detail"] == "缺少此字段"


def test_what_our_own_check_refuses_is_said_in_chinese_too() -> None:
    wrong = {"type": "value_error", "msg": "Value error, x", "ctx": {"error": UnknownCurrency(BOTH)}}
    assert words_of(wrong) == BOTH
    assert words_of(wrong | {"ctx": {"error": UnknownCurrency()}}) == UnknownCurrency.title


def test_a_refusal_said_in_one_language_only_cannot_be_raised() -> None:
    with pytest.raises(TypeError):
        Problem("only English")  # type: ignore[arg-type]  # what the type forbids


def test_every_refusal_has_its_title_in_both_languages() -> None:
    for service in SERVICES:
        importlib.import_module(f"services.{service}.app")
    refusals = list(_all_of(Problem))
    assert len(refusals) > 100
    assert [one.__qualname__ for one in refusals if not (one.title["en"] and one.title["zh"])] == []


def _all_of(problem: type[Problem]) -> Iterator[type[Problem]]:
    yield problem
    for narrower in problem.__subclasses__():
        yield from _all_of(narrower)


async def test_a_role_that_may_not_is_told_which_permission_it_lacks(service: Probe) -> None:
    body = problem(await service.caller("reader").post("/v1/things", {"name": "x"}), 403, "not_allowed")
    assert "orders.write" in body["detail"]
    assert permission_table()["orders.write"].title["en"] in body["detail"]


async def test_a_user_nobody_knows_here_is_403(service: Probe) -> None:
    problem(await service.caller("stranger").get("/v1/things"), 403, "user_not_known_here")


async def test_without_a_token_401_says_how_to_prove_oneself(service: Probe) -> None:
    answer = await service.client.post("/v1/things", json={"name": "x"})
    problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_every_answer_carries_the_security_headers_and_the_trace(service: Probe) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = await service.client.get("/livez", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Mainstay-Trace"] == trace


async def test_only_origins_of_the_setting_may_ask_from_a_browser(service: Probe) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "Idempotency-Key"}
    ours = await service.client.options("/v1/things", headers={"Origin": "https://shop.example", **preflight})
    theirs = await service.client.options("/v1/things", headers={"Origin": "https://evil.example", **preflight})
    assert ours.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in theirs.headers
