"""The limit an accrual is measured against: asyncpg writing the rows of each event, and nothing else."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from deploy.local.databases import plain

TABLES = """
    DROP TABLE IF EXISTS limit_fact, limit_posting, limit_outbox;
    CREATE TABLE limit_fact (
        event_id uuid PRIMARY KEY, account_id text NOT NULL, order_id text NOT NULL, occurred_at timestamptz NOT NULL,
        amount_minor bigint NOT NULL, currency text NOT NULL);
    CREATE TABLE limit_posting (
        id uuid PRIMARY KEY, event_id uuid NOT NULL, ledger_account text NOT NULL, amount_minor bigint NOT NULL,
        currency text NOT NULL);
    CREATE TABLE limit_outbox (
        pos bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL UNIQUE, topic text NOT NULL,
        partition_key text NOT NULL, payload bytea NOT NULL);
"""
FACT = "INSERT INTO limit_fact VALUES ($1, $2, $3, $4, $5, $6)"
POSTING = "INSERT INTO limit_posting VALUES ($1, $2, $3, $4, $5)"
OUTBOX = "INSERT INTO limit_outbox (event_id, topic, partition_key, payload) VALUES ($1, $2, $3, $4)"

Rows = list[tuple[Any, ...]]


async def executemany_per_s(database_url: str, *, events: int, batch_size: int = 500) -> float:
    """Events a second: for each one fact, one posting pair and one outbox row, `batch_size` events a transaction."""
    connection = await asyncpg.connect(plain(database_url))
    try:
        await connection.execute(TABLES)
        batches = [_rows(min(batch_size, events - start)) for start in range(0, events, batch_size)]
        began = time.perf_counter()
        for facts, postings, outbox in batches:
            async with connection.transaction():
                await connection.executemany(FACT, facts)
                await connection.executemany(POSTING, postings)
                await connection.executemany(OUTBOX, outbox)
        return events / (time.perf_counter() - began)
    finally:
        await connection.execute("DROP TABLE IF EXISTS limit_fact, limit_posting, limit_outbox")
        await connection.close()


def _rows(count: int) -> tuple[Rows, Rows, Rows]:
    """Made before the clock runs: making them is no part of the limit."""
    now, payload = datetime.now(UTC), b"x" * 300
    ids = [uuid4() for _ in range(count)]
    facts = [(event_id, f"account-{n % 50}", f"order-{n}", now, 1_00, "CNY") for n, event_id in enumerate(ids)]
    postings = [posting for event_id in ids for posting in _pair(event_id)]
    return facts, postings, [(event_id, "rewards.v1", f"account-{n % 50}", payload) for n, event_id in enumerate(ids)]


def _pair(event_id: UUID) -> Rows:
    return [
        (uuid4(), event_id, "subsidy_expense", 1_00, "CNY"),
        (uuid4(), event_id, "subsidy_accrued", -1_00, "CNY"),
    ]
