"""Prints order lines a second from an upload to committed rows and outbox, beside raw COPY: `… order_import [LINES]`.

Raw COPY writes the same rows of the same four tables, with their indexes, in one transaction and nothing else.
"""

import asyncio
import sys
import time
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

import asyncpg
import httpx2

from deploy.local import ports
from services.pricing.accounts.consumer import learn_of_accounts
from services.pricing.app import make_app
from services.pricing.settings import PricingSettings
from shared.db.session import commit
from tests.bench.servers import bench_servers, process
from tests.pricing.conftest import account_events, publish_pack, received
from tests.servers import TestPostgres
from tests.serving import Issuer, employ, serving

LINES, LINES_AN_ORDER, ACCOUNTS, SKUS = 50_000, 10, 200, 500
ROUNDS = 3
NO_LIMIT = str(10**9)
TABLES = ("sales_order", "sales_order_line", "order_movement", "outbox")


class Measured(NamedTuple):
    """Lines a second of one round, ours and by raw COPY."""

    imported: float
    copied: float


async def filled(postgres: TestPostgres, issuer: Issuer) -> str:
    """A database of accounts and one machine that may import; returns its URL."""
    url = await postgres.create_database("pricing")
    app = make_app(PricingSettings(database_url=url, oidc_issuer=issuer.issuer, jwks_url=issuer.jwks))
    async with serving(app), app.state.mainstay.sessions() as session:
        await employ(session, "integrator", "integrator")
        await publish_pack(session)
        told = [account_events(uuid4(), elects=None, number=f"B-{number}") for number in range(ACCOUNTS)]
        await learn_of_accounts(session, [received(event) for events in told for event in events])
        await commit(session)
    return url


def a_file(lines: int, name: str) -> bytes:
    """A CSV of orders of ten lines each."""
    rows = ["reference,sku,quantity,ordered_at,unit_price,account"]
    for number in range(lines):
        order, line = divmod(number, LINES_AN_ORDER)
        rows.append(
            f"{name}-{order},SKU-{(order * 7 + line) % SKUS},{1 + line},2021-03-{1 + order % 28:02}T09:00:00Z,"
            f"{10 + line}.50,B-{order % ACCOUNTS}"
        )
    return "\n".join(rows).encode()


def upload(port: int, token: str, body: bytes, lines: int) -> float:
    """Seconds from the first byte sent to the answer, which comes after the last commit."""
    began = time.perf_counter()
    answer = httpx2.post(
        f"http://127.0.0.1:{port}/v1/order-imports?format=csv&mapping=standard",
        content=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"},
        timeout=600,
    )
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == lines, answer.text
    return took


async def copy_again(url: str) -> float:
    """Seconds to COPY all rows of the four tables into empty ones like them."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows: dict[str, BytesIO] = {}
        for table in TABLES:
            await connection.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING INDEXES INCLUDING DEFAULTS)")
            rows[table] = BytesIO()
            await connection.copy_from_table(table, output=rows[table], format="binary")
            rows[table].seek(0)
        began = time.perf_counter()
        async with connection.transaction():
            for table in TABLES:
                await connection.copy_to_table(f"bare_{table}", source=rows[table], format="binary")
        took = time.perf_counter() - began
        for table in TABLES:
            await connection.execute(f"DROP TABLE bare_{table}")
        return took
    finally:
        await connection.close()


async def emptied(url: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute("TRUNCATE sales_order, sales_order_line, order_movement, outbox CASCADE")
    finally:
        await connection.close()


def measure(url: str, issuer: Issuer, *, lines: int, logs: Path) -> list[Measured]:
    port = ports.free_port()
    told = {
        "DATABASE_URL": url, "OIDC_ISSUER": issuer.issuer, "JWKS_URL": issuer.jwks, "PORT": str(port),
        "RATE_LIMIT_PER_S": NO_LIMIT, "RATE_LIMIT_BURST": NO_LIMIT,
    }  # fmt: skip
    found = []
    with ExitStack() as stack:
        stack.enter_context(process("services.pricing.app", port=port, environment=told, log=logs / "pricing.log"))
        for number in range(ROUNDS):
            asyncio.run(emptied(url))
            took = upload(port, issuer.token("integrator"), a_file(lines, f"R{number}"), lines)
            found.append(Measured(lines / took, lines / asyncio.run(copy_again(url))))
    return found


def main(lines: int) -> None:
    issuer = Issuer()
    with bench_servers() as servers, TemporaryDirectory(prefix="mainstay-bench-") as logs:
        postgres = TestPostgres(servers.admin_url)
        try:
            url = asyncio.run(filled(postgres, issuer))
            rounds = measure(url, issuer, lines=lines, logs=Path(logs))
        finally:
            asyncio.run(postgres.remove_everything())
    middle = sorted(rounds)[len(rounds) // 2]
    print(f"order_import_lines {lines}")
    print(f"order_import_lines_per_s {middle.imported:.0f}")
    print(f"order_import_copy_lines_per_s {middle.copied:.0f}")
    print(f"ratio order_import {middle.imported / middle.copied:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)
