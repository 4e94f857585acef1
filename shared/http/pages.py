"""Lists come in pages that stay right while rows are added: by key, never by offset."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Column, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared.errors import FieldError, ValidationProblem, Words

DEFAULT_LIMIT = 50
MOST = 200

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page; `next` is the cursor of the following one, absent on the last."""

    model_config = ConfigDict(extra="forbid")

    items: list[T] = Field(description="at most `limit` items")
    next: str | None = Field(None, description="cursor of the following page; absent on the last page")


class InvalidCursor(ValidationProblem):
    code = "invalid_cursor"

    def __init__(self) -> None:
        wrong: Words = {"en": "not a cursor of this list", "zh": "不是本列表的游标"}
        super().__init__(errors=[FieldError("/cursor", "invalid_cursor", wrong, where="query")])


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Which page a client wants, and where its Link goes."""

    limit: int
    after: tuple[Any, ...] | None
    request: Request
    response: Response


async def page_asked(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MOST, description="most items on the page")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=1000, description="`next` of the page before; absent for the first page")
    ] = None,
) -> PageAsked:
    """Raises InvalidCursor."""
    return PageAsked(limit, None if cursor is None else decode_cursor(cursor), request, response)


PageQuery = Annotated[PageAsked, Depends(page_asked)]
KeyColumn = InstrumentedAttribute[Any] | Column[Any]


def encode_cursor(key: Sequence[Any]) -> str:
    """The sort key of the last item, opaque to clients."""
    return urlsafe_b64encode(orjson.dumps(list(map(_tagged, key)))).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[Any, ...]:
    """Raises InvalidCursor for anything we did not make."""
    try:
        values = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(_untagged(tag, value) for tag, value in values)
    except (ValueError, TypeError, KeyError) as unreadable:
        raise InvalidCursor from unreadable


_TAGS: dict[type, str] = {datetime: "t", date: "d", UUID: "u", str: "s", int: "i"}
"""By isinstance, a datetime before the date that it is too: the driver answers UUIDs of a class of its own."""
_READ: dict[str, Callable[[Any], Any]] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "u": UUID,
    "s": str,
    "i": int,
}


def _tagged(value: Any) -> tuple[str, Any]:
    tag = next(tag for known, tag in _TAGS.items() if isinstance(value, known))
    return tag, value if isinstance(value, str | int) else str(value)


def _untagged(tag: str, value: Any) -> Any:
    return _READ[tag](value)


@dataclass(frozen=True, slots=True)
class Order:
    """Columns that together are unique, and which end of them comes first."""

    columns: tuple[KeyColumn, ...]
    descending: bool = False


def oldest_first(*columns: KeyColumn) -> Order:
    return Order(columns)


def newest_first(*columns: KeyColumn) -> Order:
    return Order(columns, descending=True)


async def read_page(
    session: AsyncSession, query: Select[Any], *, asked: PageAsked, by: Order, show: Callable[[Any], T]
) -> Page[T]:
    """The page asked for, each entity (or row) passed through `show`; sets Link when another page follows.

    The selected entity or row carries the attributes that `by` names.
    """
    key = tuple_(*by.columns)
    if asked.after is not None:
        if len(asked.after) != len(by.columns):
            raise InvalidCursor
        query = query.where(key < asked.after if by.descending else key > asked.after)
    order = [column.desc() if by.descending else column.asc() for column in by.columns]
    rows = (await session.execute(query.order_by(*order).limit(asked.limit + 1))).all()
    items = [row[0] for row in rows] if len(query.column_descriptions) == 1 else rows
    return _page(items, asked=asked, by=by, show=show)


def say_page(page: Page[Any], asked: PageAsked) -> Response:
    """A page of plain values as it is sent, for a list whose rows need no checking on their way out."""
    said = {"items": page.items, "next": page.next}
    return Response(
        orjson.dumps(said, option=orjson.OPT_UTC_Z), media_type="application/json", headers=dict(asked.response.headers)
    )


def _page(items: Sequence[Any], *, asked: PageAsked, by: Order, show: Callable[[Any], T]) -> Page[T]:
    kept = items[: asked.limit]
    following = None
    if len(items) > asked.limit:
        following = encode_cursor([getattr(kept[-1], column.key) for column in by.columns])
        url = asked.request.url.include_query_params(cursor=following)
        asked.response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return Page(items=[show(item) for item in kept], next=following)
