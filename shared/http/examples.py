"""Every body in the documents has an example that fits its schema: the author's, else one made of its fields."""

import re
from collections.abc import Mapping
from typing import Any

ID = "0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e3f"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

BY_NAME: Mapping[str, Any] = {
    "sku": "HS-100",
    "branch": "kinshasa",
    "currency": "CNY",
    "amount": "2000.00",
    "code": "not_found",
    "service": "accounts",
    "language": "en",
    "title": "Volume subsidy",
    "name": "Grace Ilunga",
    "legal_name": "Congo Mobile SARL",
    "reason": "agreed with the customer on 2 March",
    "rate": "0.25",
    "en": "Volume subsidy",
    "zh": "大客户补贴",
}
BY_FORMAT: Mapping[str, str] = {
    "date": "2021-03-02",
    "date-time": "2021-03-02T08:00:00Z",
    "uuid": ID,
    "uri": "https://example.com/",
    "email": "grace@example.com",
    "binary": "",
}
CANDIDATES = (ID, "2000.00", "CNY", "kinshasa", "2021-03", "2021-H1", "2021-03-02", DIGEST, "USD/CNY", "1", "a")


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], *, name: str = "") -> Any:
    """A value of `schema` ($refs go to `schemas`, the document's components); `name` is the field it is for."""
    if "$ref" in schema:
        referred = str(schema["$ref"]).rsplit("/", 1)[1]
        return example_of(schemas[referred], schemas, name=name)
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for given in ("example", "const", "default"):
        if schema.get(given) is not None:
            return schema[given]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example_of(next(one for one in schema[choice] if one.get("type") != "null"), schemas, name=name)
    return _example_by_type(schema, schemas, name=name)


def _example_by_type(schema: Mapping[str, Any], schemas: Mapping[str, Any], *, name: str) -> Any:
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {field: example_of(inner, schemas, name=field) for field, inner in properties.items()}
        case "array" if "prefixItems" in schema:
            return [example_of(item, schemas, name=name) for item in schema["prefixItems"]]
        case "array":
            items = schema.get("items") or {}
            return [example_of(items, schemas, name=name)] * max(1, schema.get("minItems", 1))
        case "string":
            return _text(schema, name=name)
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return {"boolean": True, "null": None}.get(str(schema.get("type")), {})


def _text(schema: Mapping[str, Any], *, name: str) -> str:
    if "format" in schema:
        return BY_FORMAT.get(schema["format"], "text")
    wanted = BY_NAME.get(name)
    likely = [wanted if isinstance(wanted, str) else "", ID if name.endswith("_id") or name == "id" else "", name]
    fitting = [text for text in (*likely, *CANDIDATES) if text and _fits(text, schema)]
    return fitting[0] if fitting else "a" * int(schema.get("minLength", 1))


def _fits(text: str, schema: Mapping[str, Any]) -> bool:
    length_fits = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text))
    return length_fits and re.search(schema.get("pattern", ""), text) is not None
