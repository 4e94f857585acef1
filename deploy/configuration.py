"""Writes the configuration reference from the settings classes, so that it can't say what the code doesn't."""

import importlib
from collections.abc import Iterable, Iterator
from importlib.util import find_spec

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from deploy.local.databases import SERVICES
from deploy.local.settings import PROJECT, LocalSettings
from shared.settings import SECRET, ServiceSettings

HEAD = """# Configuration

Generated from the settings classes by `make schemas`; don't edit. Every setting is an environment variable.
Where a value is a secret, `NAME_FILE` may name a file that holds it, so that no secret stands in an environment.
"""


def configuration_reference() -> dict[str, str]:
    """The generated file by its path under the project's root."""
    parts = [HEAD, *_section("Every service", ServiceSettings.model_fields.items())]
    for service, settings in service_settings():
        own = [item for item in settings.model_fields.items() if item[0] not in ServiceSettings.model_fields]
        parts += _section(f"Only {service}", own) if own else []
    local = LocalSettings.model_fields.items()
    parts += _section("Running everything on one machine (`make run`, `make demo`, `make test`)", local)
    return {"docs/configuration.md": "\n".join(parts)}


def service_settings() -> Iterator[tuple[str, type[ServiceSettings]]]:
    """The settings class of each service that has more than the shared one."""
    for service in SERVICES:
        name = f"services.{service}.settings"
        if find_spec(name) is None:
            continue
        classes = vars(importlib.import_module(name)).values()
        yield service, next(each for each in classes if _is_settings_of(each, name))


def _is_settings_of(candidate: object, module: str) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseSettings) and candidate.__module__ == module


def _section(title: str, fields: Iterable[tuple[str, FieldInfo]]) -> list[str]:
    rows = [f"| `{name.upper()}` | {_default(field)} | {field.description} |" for name, field in fields]
    return [f"## {title}\n", "| variable | default | meaning |", "|---|---|---|", *rows, ""]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if field.json_schema_extra == SECRET:
        return "a secret" if field.default else ""
    shown = str(field.get_default(call_default_factory=True)).replace(f"{PROJECT}/", "")
    return f"`{shown}`" if shown not in ("", "()", "None") else ""
