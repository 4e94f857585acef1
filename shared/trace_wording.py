"""What a rule says in every trace alike, as canonical JSON: in pieces to write around, and whole under its digest."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Wording:
    """`key` is the digest of `said`, the rule with the facts it asks; the pieces stand in a node's sorted keys.

    `asks` are the first and the last part of each input: the fact before its value, the title after.
    """

    key: str
    said: bytes
    clause: str
    named: str
    written: str
    asks: tuple[tuple[str, str], ...]


def word(rule: Mapping[str, Any], asks: Iterable[tuple[str, Mapping[str, str]]]) -> Wording:
    """A rule's plain words, and `(fact, title)` of each input it has."""
    listed = tuple(asks)
    said = json({**rule, "asks": [{"fact": fact, "title": title} for fact, title in listed]})
    return Wording(
        key=hashlib.blake2b(said, digest_size=12).hexdigest(),
        said=said,
        clause=_members(rule, "clause", "compares"),
        named=_members(rule, "rule", "title", "what"),
        written=_members(rule, "written"),
        asks=tuple((f'{{"fact":{json(fact).decode()}', f',"title":{json(title).decode()}') for fact, title in listed),
    )


def _members(rule: Mapping[str, Any], *names: str) -> str:
    return "".join(f',"{name}":{json(rule[name]).decode()}' for name in names if name in rule)


def json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
