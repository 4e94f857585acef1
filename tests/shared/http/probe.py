"""A service of one made-up slice, to try the edge that every slice has."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, Column, MetaData, Row, Table, Text, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import outbox
from shared.auth.principal import Principal
from shared.events.people import UserChanged
from shared.http.conditional import IfMatch, require_version, show_version
from shared.http.dependencies import Session, allowed
from shared.http.exchange import ServiceDescription
from shared.http.pages import Page, PageQuery, newest_first, oldest_first, read_page
from shared.http.routes import Router, upload, without_idempotency_key
from shared.settings import ServiceSettings

thing = Table(
    "thing",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
)
# Fails at the commit and not before: no two things may be called "doomed".
DEFERRED = (
    "ALTER TABLE thing ADD CONSTRAINT no_double EXCLUDE (name WITH =) "
    "WHERE (name = 'doomed') DEFERRABLE INITIALLY DEFERRED"
)

router = Router(tags=["things"])
Writer = Annotated[Principal, allowed("orders.write")]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: str
    quantity: int = Field(ge=1)


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    parts: list[Part] = []


class Shown(BaseModel):
    id: int
    name: str
    version: int


class Gate:
    """Lets a test hold a request inside its transaction."""

    def __init__(self) -> None:
        self.entered, self.open = asyncio.Event(), asyncio.Event()


@router.post("/things", status_code=201)
async def make_thing(wanted: Thing, request: Request, response: Response, session: Session, caller: Writer) -> Shown:
    """Make a thing and say so."""
    if gate := getattr(request.app.state, "gate", None):
        gate.entered.set()
        await gate.open.wait()
    made = (await session.execute(insert(thing).values(name=wanted.name).returning(thing))).one()
    for _ in range(2):
        outbox.record(
            session,
            UserChanged(
                occurred_at=datetime.now(UTC), user_id=f"thing-{made.id}", name="x", kind="person", active=True
            ),
        )
    show_version(response, made.version)
    response.headers["Location"] = f"/v1/things/{made.id}"
    return _shown(made)


@router.get("/things", dependencies=[allowed("orders.read")])
async def list_things(
    session: Session, page: PageQuery, newest: Annotated[bool, Query(description="newest first")] = False
) -> Page[Shown]:
    """Things by name and id."""
    order = newest_first if newest else oldest_first
    return await read_page(session, select(thing), asked=page, by=order(thing.c.name, thing.c.id), show=_shown)


@router.patch("/things/{thing_id}", dependencies=[allowed("orders.write")])
async def rename_thing(
    thing_id: Annotated[int, Path()], wanted: Thing, version: IfMatch, response: Response, session: Session
) -> Shown:
    """Rename it, if nobody else did."""
    found = (await session.execute(select(thing).where(thing.c.id == thing_id).with_for_update())).one()
    require_version(found.version, expected=version)
    changed = update(thing).where(thing.c.id == thing_id).values(name=wanted.name, version=thing.c.version + 1)
    row = (await session.execute(changed.returning(thing))).one()
    show_version(response, row.version)
    return _shown(row)


@router.post("/measure", dependencies=[allowed("orders.import")])
@upload
async def measure(request: Request) -> dict[str, int]:
    """Count the bytes of a stream."""
    return {"bytes": sum([len(piece) async for piece in request.stream()])}


@router.post("/preview", dependencies=[allowed("orders.write")])
@without_idempotency_key
async def preview(wanted: Thing) -> Thing:
    """Nothing is stored."""
    return wanted


@router.get("/boom", dependencies=[allowed("orders.read")])
async def boom() -> None:
    """A bug."""
    raise RuntimeError("the password is 'swordfish'")


@router.get("/sleep", dependencies=[allowed("orders.read")])
async def sleep(session: Session) -> None:
    """A statement that takes too long."""
    await session.execute(select(func.pg_sleep(5)))


def describe(settings: ServiceSettings) -> ServiceDescription:
    """Served as if it were pricing, whose migrated database it uses."""
    return ServiceDescription(
        name="pricing",
        title="Things",
        description="A made-up slice.",
        settings=settings,
        routers=(router,),
        topics_read=frozenset({"accounts.v1"}),
    )


async def add_table(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(thing.metadata.create_all)
        await connection.execute(text(DEFERRED))


async def count(engine: AsyncEngine, table: Table) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


def _shown(row: Row[Any]) -> Shown:
    return Shown(id=row.id, name=row.name, version=row.version)


def names(items: Sequence[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in items]
