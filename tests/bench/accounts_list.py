"""Prints how long a filtered page of 100,000 accounts takes beside its bare query: `… accounts_list [SECONDS]`.

Both are asked one after the other over one connection, in turn: the route with proof, permission, reach and JSON; the
bare query is the indexed statement alone, prepared on the driver.
"""

import asyncio
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import asyncpg

from deploy.local import ports
from services.accounts.app import make_app
from services.accounts.settings import AccountsSettings
from shared.db.session import commit
from tests.bench.load import Load, ask_for, get
from tests.bench.servers import bench_servers, process
from tests.servers import TestPostgres
from tests.serving import Issuer, employ, serving

ACCOUNTS = 100_000
ROUNDS = 5
WARM_UP_S = 1.0
NO_LIMIT = str(10**9)
FILTERS = "branch=goma&channel=dealer&sales_class=retail&limit=50"
FILL = f"""
    INSERT INTO account
        (id, version, number, filed_on, legal_name, branch, channel, sales_class, industrial, frozen, opened_at)
    SELECT 'a' || lpad(n::text, 8, '0'), 1, 'KA-' || n, DATE '2020-01-01', 'Customer ' || n,
           (ARRAY['kinshasa', 'lubumbashi', 'goma', 'matadi', 'bukavu'])[1 + n % 5],
           (ARRAY['car_maker', 'modifier', 'dealer', 'wholesale_market'])[1 + n / 5 % 4],
           (ARRAY['terminal', 'wholesale', 'retail'])[1 + n / 20 % 3], false, false, now()
    FROM generate_series(1, {ACCOUNTS}) n
"""
BARE = """
    SELECT * FROM account WHERE branch = 'goma' AND channel = 'dealer' AND sales_class = 'retail' ORDER BY id LIMIT 51
"""


class Found(NamedTuple):
    """What one round took, in milliseconds."""

    p50_ms: float
    p99_ms: float


async def filled(postgres: TestPostgres, issuer: Issuer) -> str:
    """A database of accounts and one manager who may see them all; returns its URL."""
    url = await postgres.create_database("accounts")
    app = make_app(AccountsSettings(database_url=url, oidc_issuer=issuer.issuer, jwks_url=issuer.jwks))
    async with serving(app), app.state.mainstay.sessions() as session:
        await employ(session, "kam", "key_account_manager")
        await commit(session)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(FILL)
        await connection.execute("ANALYZE account")
    finally:
        await connection.close()
    return url


async def bare(url: str, seconds: float) -> Found:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        statement = await connection.prepare(BARE)
        took, until = [], time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            rows = await statement.fetch()
            took.append(time.perf_counter() - began)
        assert len(rows) == 51
    finally:
        await connection.close()
    took.sort()
    p50, p99 = (1000 * took[int(share * (len(took) - 1))] for share in (0.5, 0.99))
    return Found(p50, p99)


def measure(url: str, issuer: Issuer, *, seconds: float, logs: Path) -> tuple[list[Load], list[Found]]:
    """Rounds of both, taken in turn, so that what else the machine does falls on both."""
    port = ports.free_port()
    told = {
        "DATABASE_URL": url, "OIDC_ISSUER": issuer.issuer, "JWKS_URL": issuer.jwks, "PORT": str(port),
        "RATE_LIMIT_PER_S": NO_LIMIT, "RATE_LIMIT_BURST": NO_LIMIT,
    }  # fmt: skip

    def ask(how_long: float) -> Load:
        request = get(f"/v1/accounts?{FILTERS}", token=issuer.token("kam"))
        return ask_for(how_long, port=port, request=request, connections=1)

    with ExitStack() as stack:
        stack.enter_context(process("services.accounts.app", port=port, environment=told, log=logs / "accounts.log"))
        ask(WARM_UP_S)
        asyncio.run(bare(url, WARM_UP_S))
        rounds = [(ask(seconds), asyncio.run(bare(url, seconds))) for _ in range(ROUNDS)]
    return [ours for ours, _ in rounds], [theirs for _, theirs in rounds]


def main(seconds: float) -> None:
    issuer = Issuer()
    with bench_servers() as servers, TemporaryDirectory(prefix="mainstay-bench-") as logs:
        postgres = TestPostgres(servers.admin_url)
        try:
            url = asyncio.run(filled(postgres, issuer))
            ours, theirs = measure(url, issuer, seconds=seconds, logs=Path(logs))
        finally:
            asyncio.run(postgres.remove_everything())
    best, limit = min(ours, key=lambda one: one.p99_ms), min(theirs, key=lambda one: one.p99_ms)
    for name, p50_ms, p99_ms in (
        ("accounts_list", best.p50_ms, best.p99_ms),
        ("accounts_list_bare", limit.p50_ms, limit.p99_ms),
    ):
        print(f"{name}_p50_ms {p50_ms:.2f}")
        print(f"{name}_p99_ms {p99_ms:.2f}")
    print(f"accounts_list_answer_bytes {best.answer_bytes}")
    print(f"ratio accounts_list {best.p99_ms / limit.p99_ms:.2f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
