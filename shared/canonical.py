"""Values and dataclasses of values as canonical JSON and back: sorted keys, exact figures as text, never a float."""

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

from shared.calendar import Duration
from shared.money import Money

T = TypeVar("T")

Writer = Callable[[Any], Any]


def _as_it_is(value: Any) -> Any:
    return value


def _mapping(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: plain(item) for key, item in value.items()}


_WRITTEN: Final[dict[type, Writer]] = {
    type(None): _as_it_is,
    bool: _as_it_is,
    int: _as_it_is,
    str: _as_it_is,
    Money: Money.to_json,
    Decimal: lambda value: {"decimal": f"{value:f}"},
    date: lambda value: {"day": value.isoformat()},
    datetime: lambda value: {"instant": value.isoformat()},
    Duration: lambda value: {"duration": str(value)},
    tuple: lambda value: [plain(item) for item in value],
    list: lambda value: [plain(item) for item in value],
    dict: _mapping,
}
_TAGS: Final[dict[str, Callable[[str], Any]]] = {
    "decimal": Decimal,
    "day": date.fromisoformat,
    "instant": datetime.fromisoformat,
    "duration": Duration.parse,
}


def canonical(value: object) -> bytes:
    """The one JSON text of a value: equal values, equal bytes."""
    return orjson.dumps(plain(value), option=orjson.OPT_SORT_KEYS)


def content_hash(content: Mapping[str, Any]) -> str:
    """What exactly is to be approved, as the SHA-256 of its canonical JSON: an approval is of this and nothing else."""
    return sha256(canonical(content)).hexdigest()


def plain(value: Any) -> Any:
    """JSON values: money as amount and currency, a decimal, day, instant or duration under its name; defaults left out.

    A class may write itself with `to_plain()`.
    """
    write = _WRITTEN.get(type(value))
    return write(value) if write else _learned(type(value))(value)


def _learned(kind: type) -> Writer:
    """The writer of a class met for the first time, kept for the next."""
    if hasattr(kind, "to_plain"):
        write: Writer = kind.to_plain
    elif issubclass(kind, Enum):
        write = _word
    elif issubclass(kind, Mapping):
        write = _mapping
    elif dataclasses.is_dataclass(kind):
        write = _fields_writer(kind)
    else:
        raise TypeError(f"{kind.__name__} has no place in canonical JSON")
    _WRITTEN[kind] = write
    return write


def _word(value: Enum) -> Any:
    return value.value


def _fields_writer(kind: type) -> Writer:
    fields = dataclasses.fields(kind)
    always = tuple(field.name for field in fields if field.default is dataclasses.MISSING)
    unless_default = tuple((one.name, one.default) for one in fields if one.default is not dataclasses.MISSING)

    def write(value: Any) -> dict[str, Any]:
        said = {name: plain(getattr(value, name)) for name in always}
        for name, default in unless_default:
            item = getattr(value, name)
            if item is not default and item != default:
                said[name] = plain(item)
        return said

    return write


def restored(kind: type[T], data: object) -> T:
    """The value of `kind` that was written as `data`."""
    return cast(T, _read(kind, data))


def _read(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_one_of(get_args(kind), data)
    if origin is tuple:
        return tuple(_read(get_args(kind)[0], item) for item in data)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _read(get_args(kind)[1], item) for key, item in data.items()}
    if hasattr(kind, "read_plain"):
        return kind.read_plain(data)
    if dataclasses.is_dataclass(kind) and kind not in (Money, Duration):
        hints = _hints(cast(type, kind))
        return cast(type, kind)(**{name: _read(hints[name], item) for name, item in data.items()})
    return _read_scalar(kind, data)


def _read_scalar(kind: Any, data: Any) -> Any:
    if isinstance(data, Mapping):
        return _tagged(data)
    return kind(data) if isinstance(kind, type) and issubclass(kind, Enum) else data


def _read_one_of(kinds: tuple[Any, ...], data: Any) -> Any:
    if not isinstance(data, Mapping) or _is_tagged(data):
        words = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
        listed = [kind for kind in kinds if get_origin(kind) is tuple]
        if isinstance(data, list) and listed:
            return _read(listed[0], data)
        return _read_scalar(words[0] if words and isinstance(data, str) else object, data)
    return _read(next(kind for kind in kinds if _fits(kind, data.keys())), data)


def _fits(kind: Any, names: Any) -> bool:
    if isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping):
        return True
    if not dataclasses.is_dataclass(kind):
        return False
    fields = dataclasses.fields(kind)
    needed = {field.name for field in fields if field.default is dataclasses.MISSING}
    return needed <= set(names) <= {field.name for field in fields}


def _is_tagged(data: Mapping[str, Any]) -> bool:
    return data.keys() == {"amount", "currency"} or (len(data) == 1 and next(iter(data)) in _TAGS)


def _tagged(data: Mapping[str, Any]) -> Any:
    if data.keys() == {"amount", "currency"}:
        return Money.parse(data["amount"], data["currency"])
    ((tag, text),) = data.items()
    return _TAGS[tag](text)


@lru_cache(maxsize=256)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
