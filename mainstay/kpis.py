"""`mainstay kpis catch-up`: orders from before the board was kept come on it."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer

from mainstay.prepare import business_clock, database_url
from mainstay.screen import answer_json, out

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

AT_ONCE = 2000


def add_commands(app: typer.Typer) -> None:
    board = typer.Typer(no_args_is_help=True, help="The board of the department.")
    board.command("catch-up")(catch_up)
    board.callback()(lambda: None)
    app.add_typer(board, name="kpis")


def catch_up(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Bring orders that are not on the board from the archive of pricing; the services may run, it may be repeated."""
    brought = asyncio.run(bring_orders(database_url("accounts"), database_url("pricing")))
    if as_json:
        answer_json({"orders": brought})
        return
    out.print(f"{brought} orders came on the board." if brought else "Every order of the archive is on the board.")


async def bring_orders(accounts_url: str, pricing_url: str) -> int:
    """Goes through the archive once, two thousand orders a transaction; returns how many were missing."""
    from services.accounts.kpis.catching_up import BEGUN_BY, TOPIC
    from shared.archive import aggregates_after
    from shared.db.engine import make_engine, plain_url
    from shared.db.session import make_sessions
    from shared.settings import ServiceSettings

    settings = ServiceSettings(database_url=accounts_url)
    engine, archive = make_engine(settings), await asyncpg.connect(plain_url(pricing_url))
    brought, after = 0, 0
    try:
        sessions = make_sessions(engine, service="accounts")
        async with business_clock(accounts_url) as clock:
            while begun := await aggregates_after(archive, topic=TOPIC, begun_by=BEGUN_BY, after=after, most=AT_ONCE):
                after, ids = begun[-1][0], [order_id for _, order_id in begun]
                async with sessions() as session:
                    brought += await _bring(session, archive, ids, now=clock.now(), zone=settings.zone)
    finally:
        await archive.close()
        await engine.dispose()
    return brought


async def _bring(
    session: "AsyncSession", archive: asyncpg.Connection, order_ids: Collection[str], *, now: datetime, zone: str
) -> int:
    from services.accounts.kpis.catching_up import TOPIC, fold_missing, hold_missing
    from shared.archive import events_of
    from shared.db.session import commit

    taken = await hold_missing(session, order_ids=order_ids)
    if taken:
        archived = await events_of(archive, topic=TOPIC, aggregate_ids=taken)
        await fold_missing(session, archived=archived, taken=taken, now=now, zone=zone)
        await commit(session)
    return len(taken)
