"""A reader of `/docs` sees of every route what it is for, and of every body what one looks like."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.databases import SERVICES

DOCUMENTS = Path(__file__).parents[2] / "docs" / "openapi"


def document_of(service: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DOCUMENTS / f"{service}.json").read_text(encoding="utf-8"))
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_says_what_it_is_for(service: str) -> None:
    silent = [
        name
        for name, operation in operations(document_of(service))
        if not (operation.get("summary") and operation.get("description"))
    ]
    assert not silent


@pytest.mark.parametrize("service", SERVICES)
def test_every_body_that_is_sent_or_answered_has_an_example(service: str) -> None:
    document = document_of(service)
    without = [
        f"{name} {kind}"
        for name, operation in operations(document)
        for kind, content in _json_bodies(operation)
        if not _has_example(content, document)
    ]
    assert not without


def _json_bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for kind, body in bodies.items():
        if "application/json" in body.get("content", {}):
            yield kind, body["content"]["application/json"]


def _has_example(content: dict[str, Any], document: dict[str, Any]) -> bool:
    schema = content.get("schema", {})
    schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    return any(key in place for place in (content, schema) for key in ("example", "examples"))
