"""The limit an accrual is measured against: asyncpg writing the rows of each event, and nothing else.

The rows are those that rewards wrote itself, under new ids, into copies of its own tables with their indexes, checks
and foreign key (not the trigger that adds up entries): for each event one journaled fact with its whole payload, one
posting with its two entries and one outbox row. An order of three events needs one posting, so of these the limit
writes three times as many; inbox, stream positions, folded orders and window sums, which rewards also keeps, it does
not write.
"""

import asyncio
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import uuid4

import asyncpg
import uvloop

from deploy.local.databases import plain
from shared.cycles import collect_seldom

COPIES = """
    DROP TABLE IF EXISTS limit_journal, limit_entry, limit_posting, limit_outbox;
    CREATE TABLE limit_journal (LIKE journal INCLUDING ALL);
    CREATE TABLE limit_posting (LIKE posting INCLUDING ALL);
    CREATE TABLE limit_entry (LIKE entry INCLUDING ALL, FOREIGN KEY (posting_id) REFERENCES limit_posting);
    CREATE TABLE limit_outbox (LIKE outbox INCLUDING ALL);
"""
EVENTS_READ = 3_000
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Written:
    """Rows of one table as rewards wrote them, without what the database numbers itself."""

    table: str
    columns: tuple[str, ...]
    rows: Rows

    @property
    def insert(self) -> str:
        places = ", ".join(f"${place}" for place in range(1, len(self.columns) + 1))
        return f"INSERT INTO limit_{self.table} ({', '.join(self.columns)}) VALUES ({places})"

    def again(self, number: int, **new: Any) -> tuple[Any, ...]:
        """A row like the `number`th, with other ids."""
        row = self.rows[number % len(self.rows)]
        return tuple(new.get(name, value) for name, value in zip(self.columns, row, strict=True))


async def executemany_per_s(database_url: str, *, events: int, connections: int, batch_size: int = 500) -> float:
    """Events a second of so many processes with a connection each, `batch_size` events a transaction."""
    connection = await asyncpg.connect(plain(database_url))
    try:
        await connection.execute(COPIES)
        took = await asyncio.to_thread(_side_by_side, database_url, events // connections, connections, batch_size)
        return events // connections * connections / took
    finally:
        await connection.close()


def _side_by_side(database_url: str, events: int, connections: int, batch_size: int) -> float:
    """Seconds from the moment that all have made their rows until the last has committed."""
    spawning = get_context("spawn")
    barrier = spawning.Barrier(connections + 1)
    given = (database_url, events, batch_size, barrier)
    writers = [spawning.Process(target=_write, args=given) for _ in range(connections)]
    for writer in writers:
        writer.start()
    barrier.wait()
    began = time.perf_counter()
    barrier.wait()
    took = time.perf_counter() - began
    for writer in writers:
        writer.join()
    return took


def _write(database_url: str, events: int, batch_size: int, barrier: Barrier) -> None:
    collect_seldom()
    uvloop.run(_write_batches(database_url, events, batch_size, barrier))


async def _write_batches(database_url: str, events: int, batch_size: int, barrier: Barrier) -> None:
    connection = await asyncpg.connect(plain(database_url))
    written = {table: await _read(connection, table) for table in ("journal", "posting", "entry", "outbox")}
    # Made before the clock runs: making them is no part of the limit.
    batches = [_rows(written, min(batch_size, events - start)) for start in range(0, events, batch_size)]
    barrier.wait()
    for batch in batches:
        async with connection.transaction():
            for table, rows in batch.items():
                await connection.executemany(written[table].insert, rows)
    barrier.wait()
    await connection.close()


async def _read(connection: asyncpg.Connection, table: str) -> Written:
    found = await connection.fetch(f"SELECT * FROM {table} LIMIT {EVENTS_READ}")
    columns = tuple(name for name, _ in found[0].items() if name != "pos")
    return Written(table, columns, [tuple(row[name] for name in columns) for row in found])


def _rows(written: dict[str, Written], count: int) -> dict[str, Rows]:
    """In the order in which they may be inserted."""
    rows: dict[str, Rows] = {table: [] for table in written}
    for number in range(count):
        posting_id = uuid4()
        rows["journal"].append(written["journal"].again(number, event_id=uuid4()))
        rows["posting"].append(written["posting"].again(number, posting_id=posting_id))
        for side in (0, 1):
            rows["entry"].append(written["entry"].again(2 * number + side, posting_id=posting_id, side=side))
        rows["outbox"].append(written["outbox"].again(number, event_id=uuid4(), aggregateid=str(posting_id)))
    return rows
