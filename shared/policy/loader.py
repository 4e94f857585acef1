"""Reads policies from YAML 1.2 or JSON values: everything wrong in a text becomes a finding that says where."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode

from shared.errors import ValidationProblem, Words
from shared.policy.findings import Finding, finding, refusals
from shared.policy.forms import FORMS, Document, read_document
from shared.policy.notation import paths

MOST_VALUES = 200_000
DEEPEST = 60
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class UnreadablePolicy(ValidationProblem, ValueError):
    """A text holds no policy; `findings` say where and why."""

    code = "policy_unreadable"
    title: ClassVar[Words] = {"en": "This is no policy", "zh": "不是可读取的政策文件"}

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        said = [found.words for found in findings]
        detail: Words = {"en": "\n".join(one["en"] for one in said), "zh": "\n".join(one["zh"] for one in said)}
        super().__init__(detail, errors=refusals(findings))
        self.findings = findings


@dataclass(frozen=True)
class Placed:
    """A document of a pack with the folder (the mounting service) and the file it lies in."""

    document: Document
    service: str
    file: str


class _KeyTwice(ValueError):
    """A JSON object names a key a second time."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _KeyTwice(key)
        found[key] = value
    return found


class _FloatFound(YAMLError):
    def __init__(self, node: ScalarNode) -> None:
        super().__init__(node.value)
        self.value, self.line = node.value, node.start_mark.line + 1


class _Constructor(SafeConstructor):
    def construct_yaml_float(self, node: ScalarNode) -> float:
        raise _FloatFound(node)


_Constructor.add_constructor("tag:yaml.org,2002:float", _Constructor.construct_yaml_float)


def read_yaml(text: str, *, name: str = "policy") -> tuple[Document, ...]:
    """Each document of a YAML text; `UnreadablePolicy` names duplicate keys, floats and wrong fields."""
    return tuple(read_json(raw, name=name) for raw in _raw_documents(text, name))


def read_json_text(text: str, *, name: str = "policy") -> Any:
    """The values of a JSON text; `UnreadablePolicy` where it is no JSON or a key stands twice in one object."""
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except _KeyTwice as twice:
        raise UnreadablePolicy((finding("duplicate_key", name, "", key=twice.args[0], where="JSON"),)) from twice
    except (ValueError, RecursionError) as error:
        raise UnreadablePolicy((finding("yaml_invalid", name, "", why=f"it is no JSON either, {error}"),)) from error


def read_json(raw: Any, *, name: str = "policy") -> Document:
    """A document from JSON values, as an API body holds it; `UnreadablePolicy` names what is wrong."""
    if not isinstance(raw, Mapping):
        raise UnreadablePolicy((finding("yaml_invalid", name, "", why="a document is a mapping of fields"),))
    policy = str(raw.get("id", name))
    if not isinstance(form := raw.get("form"), str) or form not in FORMS:
        raise UnreadablePolicy((finding("form_unknown", policy, "form", form=_shown(form)),))
    if wrong := tuple(_not_plain(policy, raw)):
        raise UnreadablePolicy(wrong)
    try:
        return read_document(raw)
    except ValidationError as error:
        raise UnreadablePolicy(tuple(_wrong_fields(policy, raw, error))) from error


def load_pack(folder: Path) -> tuple[Placed, ...]:
    """Every policy under `<folder>/<service>/*.yaml`; `UnreadablePolicy` gathers what is wrong in all files."""
    found: list[Placed] = []
    wrong: list[Finding] = []
    for path in sorted(folder.glob("*/*.yaml")):
        try:
            documents = read_yaml(path.read_text(encoding="utf-8"), name=path.stem)
        except UnreadablePolicy as unreadable:
            wrong.extend(unreadable.findings)
            continue
        found.extend(Placed(document, path.parent.name, path.name) for document in documents)
    if wrong:
        raise UnreadablePolicy(tuple(wrong))
    return tuple(found)


def _raw_documents(text: str, name: str) -> list[Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    try:
        return list(yaml.load_all(text))
    except DuplicateKeyError as error:
        mark = error.problem_mark
        key = str(error.problem).split('"')[1]
        raise UnreadablePolicy((finding("duplicate_key", name, "", key=key, where=f"line {mark.line + 1}"),)) from error
    except _FloatFound as error:
        raise UnreadablePolicy(
            (finding("float_number", name, "", value=error.value, where=f"line {error.line}"),)
        ) from error
    except (YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise UnreadablePolicy((finding("yaml_invalid", name, "", why=why),)) from error


def _not_plain(policy: str, raw: Any) -> Iterator[Finding]:
    """What JSON and YAML can say and a policy can't: floats, binary data, odd keys, texts no database keeps.

    Aliases can make a short text endless, so what is too large or too deep is refused before anything walks it whole.
    """
    for count, (path, value) in enumerate(paths(raw)):
        if count > MOST_VALUES or path.count(".") + path.count("[") > DEEPEST:
            yield finding("yaml_invalid", policy, "", why="it is too large or too deeply nested")
            return
        if isinstance(value, float):
            yield finding("float_number", policy, path, value=value, where=path)
        elif isinstance(value, str) and not _is_storable(value):
            yield finding("field_invalid", policy, path, value="…", why="characters that cannot be kept")
        elif isinstance(value, Mapping) and not all(isinstance(key, str) and _is_storable(key) for key in value):
            yield finding("field_invalid", policy, path, value="…", why="a field's name is a word")
        elif not isinstance(value, str | int | date | Decimal | Mapping | list | tuple | None):
            yield finding("field_invalid", policy, path, value=type(value).__name__, why="no value of a policy")


def _is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def _wrong_fields(policy: str, raw: Any, error: ValidationError) -> Iterator[Finding]:
    seen = set()
    for wrong in error.errors(include_url=False, include_context=False):
        found = _wrong_field(policy, raw, wrong)
        if (found.code, found.path) not in seen:
            seen.add((found.code, found.path))
            yield found


def _wrong_field(policy: str, raw: Any, wrong: ErrorDetails) -> Finding:
    path, field = _place(raw, wrong)
    match wrong["type"]:
        case "missing":
            return finding("field_missing", policy, path, field=field)
        case "extra_forbidden":
            return finding("field_unknown", policy, path, field=field)
        case _:
            return finding(
                "field_invalid",
                policy,
                path,
                value=_shown(wrong["input"]),
                why=wrong["msg"].removeprefix("Value error, "),
            )


def _place(raw: Any, wrong: ErrorDetails) -> tuple[str, str]:
    """The path as the writer sees it: pydantic also names the shapes it tried, which stand in no document."""
    path, at = "", raw
    names_field = wrong["type"] in ("missing", "extra_forbidden")
    for index, part in enumerate(wrong["loc"]):
        last = index == len(wrong["loc"]) - 1
        if isinstance(at, list | tuple) and isinstance(part, int):
            path, at = f"{path}[{part}]", at[part]
        elif isinstance(at, Mapping) and (part in at or (last and names_field)):
            path, at = (f"{path}.{part}" if path else str(part)), at.get(part)
    return path, path.rpartition(".")[2]


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
