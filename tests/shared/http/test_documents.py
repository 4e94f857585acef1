"""The OpenAPI documents are what is served, whole, and with examples that hold."""

from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from deploy.local.databases import SERVICES
from deploy.openapi import openapi_documents
from shared.http.breaking import broken_promises
from shared.http.documents import operations
from shared.policy.api import EXAMPLE
from shared.policy.lint import lint
from shared.policy.loader import read_yaml
from shared.policy.registry import load_registry

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


@pytest.mark.parametrize("service", SERVICES)
def test_every_parameter_that_is_written_in_a_certain_way_shows_how(service: str) -> None:
    wrong = []
    for path, method, operation in operations(DOCUMENTS[service]):
        for parameter in operation["parameters"]:
            patterns = [one for one in shapes_of(parameter.get("schema", {})) if "pattern" in one]
            shown = (
                [parameter["example"]] if "example" in parameter else parameter.get("schema", {}).get("examples", [])
            )
            fits = Draft202012Validator(parameter["schema"]) if patterns else None
            if fits and not (shown and all(fits.is_valid(one) for one in shown)):
                wrong.append(f"{method.upper()} {path} {parameter['name']}")
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_request_that_has_a_body_shows_one(service: str) -> None:
    wrong = []
    for path, method, operation in operations(DOCUMENTS[service]):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            bytes_alone = content["schema"].get("format") == "binary"
            if not bytes_alone and not (content.get("example") or content.get("examples") or needs_nothing(content)):
                wrong.append(f"{method.upper()} {path} {kind}")
    assert wrong == []
    told = operations(DOCUMENTS[service])
    uploads = [
        operation for path, method, operation in told if method == "post" and path.endswith(("/files", "-imports"))
    ]
    assert all("requestBody" in operation for operation in uploads)


def needs_nothing(content: dict[str, Any]) -> bool:
    """A wish that is made by asking: nothing at all is its whole body."""
    return "$ref" in content["schema"] and content["example"] == {}


def test_the_example_of_a_policy_can_be_published_where_its_owner_is_a_role() -> None:
    [document] = read_yaml(EXAMPLE)
    assert [finding.code for finding in lint([document], load_registry())] == ["owner_unknown"]


def shapes_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema, *schema.get("anyOf", []), *([schema["items"]] if isinstance(schema.get("items"), dict) else [])]


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
