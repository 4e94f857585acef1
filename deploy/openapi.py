"""Writes the four OpenAPI documents from the routes, so that they can't promise what no route does."""

import importlib
import json
from collections.abc import Mapping
from typing import Any

from deploy.configuration import service_settings


def openapi_documents() -> Mapping[str, str]:
    """The generated files by their paths under the project's root."""
    return {f"docs/openapi/{service}.json": _as_text(document) for service, document in _documents().items()}


def _documents() -> dict[str, dict[str, Any]]:
    return {
        # The address is where this deployment stands, which the committed document does not know.
        service: importlib.import_module(f"services.{service}.app").make_app(settings(public_url="")).openapi()
        for service, settings in service_settings()
    }


def _as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
