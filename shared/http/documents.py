"""The OpenAPI document says what every operation has in common: proof, problems, keys, positions."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.http.exchange import ServiceDescription
from shared.http.problems import MEDIA_TYPE
from shared.http.routes import is_public, routes_of
from shared.http.seen import AFTER, SEEN

METHODS = frozenset({"get", "post", "put", "patch", "delete"})
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457: why a request was refused. `code` is stable; `title` and `detail` are translated.",
    "required": ["type", "title", "status", "code", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:mainstay:problem:not-found"]},
        "title": {"type": "string", "examples": ["There is no such thing here"]},
        "status": {"type": "integer", "examples": [404]},
        "code": {"type": "string", "examples": ["not_found"]},
        "instance": {"type": "string", "examples": ["/v1/orders/0190-…"]},
        "detail": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer", "examples": ["/lines/0/quantity"]},
                    "in": {"type": "string", "enum": ["body", "query", "path", "header"], "default": "body"},
                    "code": {"type": "string", "examples": ["missing"]},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
REFUSALS = {
    "400": "The request cannot be read, or lacks its Idempotency-Key",
    "401": "Who is calling is not proved",
    "403": "The caller's roles do not allow this",
    "404": "There is no such thing within the caller's reach",
    "409": "The present state does not allow this, or the same key is in flight",
    "412": "The thing was changed meanwhile",
    "413": "The body is too large",
    "415": "The body is not of a type that is taken here",
    "422": "Fields are wrong; `errors` points at them",
    "428": "If-Match is missing",
    "429": "Too many requests",
    "503": "Try again after the seconds in Retry-After",
}
ONLY_WITH_BODY = frozenset({"413", "415"})
LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "language of titles, details and explanations",
    "schema": {"type": "string", "examples": ["en", "zh"]},
}
WAIT = {
    "name": AFTER,
    "in": "header",
    "required": False,
    "description": f"what an earlier answer said in {SEEN}: wait up to 2 s until it is known here",
    "schema": {"type": "string", "examples": ["account/0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e3f@7"]},
}


def describe(app: FastAPI, service: ServiceDescription) -> None:
    """Give `app` its OpenAPI 3.1 document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, service)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI, service: ServiceDescription) -> dict[str, Any]:
    document = get_openapi(
        title=service.title,
        version="1.0.0",
        openapi_version="3.1.0",
        description=service.description,
        routes=app.routes,
        separate_input_output_schemas=True,
    )
    document["servers"] = [
        {"url": f"/{service.name}", "description": "behind the gateway"},
        {"url": service.settings.public_url or "/", "description": "directly"},
    ]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    public = {
        (route.path_format, method)
        for route in routes_of(app)
        if is_public(route.dependant)
        for method in route.methods or ()
    }
    for path, method, operation in operations(document):
        _complete(operation, path=path, is_public=(path, method.upper()) in public)
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation object of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def _complete(operation: dict[str, Any], *, path: str, is_public: bool) -> None:
    operation["security"] = [] if is_public else [{"bearer": []}]
    parameters = operation.setdefault("parameters", [])
    parameters.extend([LANGUAGE] if is_public else [LANGUAGE, WAIT])
    responses = operation["responses"]
    for status, why in REFUSALS.items():
        if status in ONLY_WITH_BODY and "requestBody" not in operation:
            continue
        responses[status] = {
            "description": why,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    for status, response in responses.items():
        if status.startswith("2") and not is_public:
            response.setdefault("headers", {})[SEEN] = {
                "description": "positions of the events this write recorded, for Mainstay-After",
                "schema": {"type": "string"},
            }
