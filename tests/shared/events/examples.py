"""One event of each class, its optional fields filled: made from the class, so that none is forgotten."""

from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from shared.events.envelope import Event
from shared.events.registry import EVENT_CLASSES

_OF_TYPE: dict[Any, Any] = {
    str: "account:text",
    int: 7,
    bool: True,
    date: date(2021, 3, 10),
    AwareDatetime: datetime(2021, 3, 10, 12, 0, 0, 500, tzinfo=UTC),
    Any: "anything",
}


def example_of(event_class: type[Event]) -> Event:
    return event_class(**_fields(event_class))


def _fields(part: type[BaseModel]) -> dict[str, Any]:
    return {name: _value(field.annotation) for name, field in part.model_fields.items()}


def _value(annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _OF_TYPE:
        return _OF_TYPE[annotation]
    if origin is Annotated:
        return _value(arguments[0])
    if origin is Literal:
        return arguments[-1]
    if origin in (Union, UnionType):
        return _value(next(one for one in arguments if one is not NoneType))
    if origin is tuple:
        return (_value(arguments[0]), _value(arguments[0]))
    if origin is dict:
        return {"key": _value(arguments[1])}
    return annotation(**_fields(annotation))


EXAMPLES = {name: example_of(event_class) for name, event_class in EVENT_CLASSES.items()}
