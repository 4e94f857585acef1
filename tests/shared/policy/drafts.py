"""The drafts of the whole house as raw and as typed documents, and a way to change one thing in them."""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from shared.policy.forms import Document
from shared.policy.loader import read_json

FOLDER = Path(__file__).with_name("drafts")


@cache
def raw_drafts() -> dict[str, Any]:
    yaml = YAML(typ="safe", pure=True)
    files = sorted(FOLDER.glob("*.yaml"))
    documents = [raw for file in files for raw in yaml.load_all(file.read_text(encoding="utf-8"))]
    return {raw["id"]: raw for raw in documents}


@cache
def drafts() -> dict[str, Document]:
    return {name: read_json(raw) for name, raw in raw_drafts().items()}


def changed(
    policy: str,
    set_: dict[str, Any] | None = None,
    drop: list[str] | None = None,
    move: dict[str, str] | None = None,
) -> Document:
    """A draft with some paths dropped, moved and set (`table.rows[2].from`)."""
    raw = copy.deepcopy(raw_drafts()[policy])
    for path in drop or ():
        _take(raw, path)
    for path, to in (move or {}).items():
        _put(raw, to, _take(raw, path))
    for path, value in (set_ or {}).items():
        _put(raw, path, value)
    return read_json(raw)


def with_change(
    policy: str,
    set_: dict[str, Any] | None = None,
    drop: list[str] | None = None,
    move: dict[str, str] | None = None,
) -> list[Document]:
    """All drafts, one of them changed."""
    return [*{**drafts(), policy: changed(policy, set_, drop, move)}.values()]


def without(policy: str) -> list[Document]:
    return [document for name, document in drafts().items() if name != policy]


def _put(raw: Any, path: str, value: Any) -> None:
    holder, last = _holder(raw, path)
    if isinstance(holder, list) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value


def _take(raw: Any, path: str) -> Any:
    holder, last = _holder(raw, path)
    return holder.pop(last)


def _holder(raw: Any, path: str) -> tuple[Any, Any]:
    *way, last = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)]
    for part in way:
        raw = raw[part]
    return raw, last
