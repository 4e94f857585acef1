"""The OpenAPI document says what every operation has in common: proof, problems, keys, positions."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.http.examples import example_of
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
DEMANDED = frozenset({"idempotency-key", "if-match"})  # refused by us with a 400 or 428, not by the framework
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


SEEN_HEADER = {
    "description": f"positions of the events this write recorded, for {AFTER}",
    "schema": {"type": "string"},
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
        {"url": service.settings.public_url or "/", "description": "directly"},
        {"url": f"/{service.name}", "description": "behind the gateway"},
    ]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for schema in schemas.values():
        _restore_nulls(schema)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    components["parameters"] = {"Language": LANGUAGE, "After": WAIT}
    components["responses"] = {f"Problem{status}": _refusal(why) for status, why in REFUSALS.items()}
    components["headers"] = {"Seen": SEEN_HEADER}
    public = {
        (route.path_format, method)
        for route in routes_of(app)
        if is_public(route.dependant)
        for method in route.methods or ()
    }
    for path, method, operation in operations(document):
        _complete(operation, is_public=(path, method.upper()) in public)
        _give_examples(operation, schemas)
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation object of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def _restore_nulls(schema: Mapping[str, Any]) -> None:
    """FastAPI drops every null from the document, also those that authors' examples need."""
    for example in schema.get("examples", ()):
        if isinstance(example, dict):
            for name in schema.get("required", ()):
                example.setdefault(name, None)


def _complete(operation: dict[str, Any], *, is_public: bool) -> None:
    operation["security"] = [] if is_public else [{"bearer": []}]
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        parameter.setdefault("description", _said_by_its_name(parameter))
        if parameter["name"] in DEMANDED:
            parameter |= {"required": True, "schema": {"type": "string", "minLength": 1}}
    shared = ("Language",) if is_public else ("Language", "After")
    parameters.extend({"$ref": f"#/components/parameters/{name}"} for name in shared)
    responses = operation["responses"]
    for status in REFUSALS:
        if status not in ONLY_WITH_BODY or "requestBody" in operation:
            responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    for status, response in responses.items():
        if status.startswith("2") and not is_public:
            response.setdefault("headers", {})[SEEN] = {"$ref": "#/components/headers/Seen"}


def _said_by_its_name(parameter: Mapping[str, Any]) -> str:
    """What `order_id` in a path or a query means needs no author."""
    thing = parameter["name"].removesuffix("_id").replace("_", " ")
    return f"the {thing}'s id" if parameter["in"] == "path" else f"only of this {thing}"


def _refusal(why: str) -> dict[str, Any]:
    return {"description": why, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _give_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Bodies sent and bodies answered; what an author gave stays."""
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for body in (operation.get("requestBody", {}), *answers):
        for content in body.get("content", {}).values():
            if "schema" in content and "examples" not in content and "example" not in content:
                content["example"] = example_of(content["schema"], schemas)
