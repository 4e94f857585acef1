"""The OpenAPI documents are what is served, whole, and with examples that hold."""

from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from deploy.local.databases import SERVICES
from deploy.openapi import openapi_documents
from shared.http.breaking import broken_promises
from shared.http.documents import operations

TEXTS = openapi_documents()
DOCUMENTS = {service: orjson.loads(TEXTS[f"docs/openapi/{service}.json"]) for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_described_tagged_and_says_who_may_call_it(service: str) -> None:
    for path, method, operation in operations(DOCUMENTS[service]):
        assert operation.get("description"), f"{method} {path}"
        assert operation.get("tags"), f"{method} {path}"
        assert "security" in operation, f"{method} {path}"
        assert {"400", "401", "422", "429", "503"} <= set(operation["responses"]), f"{method} {path}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_parameter_is_described(service: str) -> None:
    for path, method, operation in operations(DOCUMENTS[service]):
        for parameter in operation["parameters"]:
            assert "$ref" in parameter or parameter["description"], f"{method} {path} {parameter['name']}"


def bodies(document: dict[str, Any]) -> list[Any]:
    found = []
    for path, method, operation in operations(document):
        answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        for body in (operation.get("requestBody", {}), *answers):
            for kind, content in body.get("content", {}).items():
                if kind == "application/json" and content.get("schema"):
                    found.append((f"{method.upper()} {path}", content))
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_json_body_has_an_example_that_fits_its_schema(service: str) -> None:
    document = DOCUMENTS[service]
    wrong = []
    for name, content in bodies(document):
        validator = Draft202012Validator({**content["schema"], "components": document["components"]})
        named = [one["value"] for one in content.get("examples", {}).values()]
        for example in named or [content["example"]]:
            wrong += [f"{name}: {error.message}" for error in validator.iter_errors(example)]
    assert wrong == []


def changed(document: dict[str, Any], path: str, method: str, **fields: Any) -> dict[str, Any]:
    kept = {**document["paths"][path], method: {**document["paths"][path][method], **fields}}
    return {**document, "paths": {**document["paths"], path: kept}}


def test_a_change_that_would_break_a_client_is_named() -> None:
    committed = DOCUMENTS["accounts"]
    without = {**committed, "paths": {path: row for path, row in committed["paths"].items() if path != "/v1/me"}}
    demanded = [{"name": "mood", "in": "query", "required": True}]
    assert broken_promises(committed, committed) == []
    assert broken_promises(committed, without) == ["GET /v1/me is gone"]
    assert broken_promises(without, committed) == []
    renamed = changed(committed, "/v1/me", "get", operationId="who_am_i")
    assert broken_promises(committed, renamed) == ["GET /v1/me is called who_am_i instead of read_me"]
    asking = changed(committed, "/v1/me", "get", parameters=demanded)
    assert broken_promises(committed, asking) == ["GET /v1/me now demands mood"]
    strict = {**committed["components"]["schemas"]["UserChanged"], "required": ["name"]}
    schemas = {**committed["components"]["schemas"], "UserChanged": strict}
    stricter = {**committed, "components": {**committed["components"], "schemas": schemas}}
    assert broken_promises(committed, stricter) == ["PATCH /v1/users/{user_id} now demands the field name"]
    silent = changed(committed, "/v1/me", "get", responses={})
    assert broken_promises(committed, silent) == ["GET /v1/me no longer answers 200"]
