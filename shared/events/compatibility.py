"""A published event may only gain optional fields: old bytes stay readable, and old readers read new bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_SAYS_NOTHING_OF_THE_BYTES = frozenset({"title", "description", "examples", "$defs", "$schema", "$id"})


def breaking_changes(published: Mapping[str, Schema], now: Mapping[str, Schema]) -> list[str]:
    """What a reader of the published schemas (by type name) could not follow, in words; empty when nothing."""
    return [
        change
        for name, before in published.items()
        for change in (_of_event(name, before, now[name]) if name in now else [f"{name} is gone"])
    ]


def _of_event(name: str, before: Schema, after: Schema) -> Iterator[str]:
    if before["$id"] != after["$id"]:
        return  # another major version is another event, which old readers park
    yield from _changes(name, _resolved(before, before), _resolved(after, after))


def _changes(where: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            yield from _changes(where, one, other)
        return
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        if before != after:
            yield f"{where} was {before!r} and is {after!r}"
        return
    for key in sorted((before.keys() | after.keys()) - {"properties", "required", *_SAYS_NOTHING_OF_THE_BYTES}):
        yield from _changes(f"{where}.{key}", before.get(key), after.get(key))
    yield from _field_changes(where, before, after)


def _field_changes(where: str, before: Schema, after: Schema) -> Iterator[str]:
    old, new = before.get("properties", {}), after.get("properties", {})
    old_required, new_required = set(before.get("required", ())), set(after.get("required", ()))
    for name in old.keys() - new.keys():
        yield f"{where}.{name} is gone"
    for name in (new_required - old_required) & new.keys():
        yield f"{where}.{name} is required and was not"
    for name in (old_required - new_required) & new.keys():
        yield f"{where}.{name} was required and may now be missing"
    for name in old.keys() & new.keys():
        yield from _changes(f"{where}.{name}", old[name], new[name])


def _resolved(part: Any, root: Schema) -> Any:
    """The schema with every reference replaced by what it names, so that a renamed part is no change."""
    if isinstance(part, Mapping):
        if "$ref" in part:
            return _resolved(root["$defs"][part["$ref"].rpartition("/")[2]], root)
        return {key: _resolved(value, root) for key, value in part.items() if key != "$defs"}
    if isinstance(part, list | tuple):
        return [_resolved(value, root) for value in part]
    return part
