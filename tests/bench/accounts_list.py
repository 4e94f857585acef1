"""Prints how long a filtered page of 100,000 accounts takes beside its bare query: `… accounts_list [SECONDS]`.

All are asked one after the other over one connection, in turn: the route with proof, permission, reach and JSON; the
indexed statement alone behind a bare route with the same proof and as many bytes; and, printed without a ratio, the
statement prepared on the driver in the asking process, which no answer over HTTP can come near.
"""

import asyncio
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import asyncpg

from deploy.local import ports
from services.accounts.app import make_app
from services.accounts.settings import AccountsSettings
from shared.db.session import commit
from tests.bench.bare import PAGE
from tests.bench.load import Load, ask_for, get
from tests.bench.servers import bench_servers, process
from tests.servers import TestPostgres
from tests.serving import Issuer, employ, serving

ACCOUNTS = 100_000
ROUNDS = 9
WARM_UP_S = 1.0
NO_LIMIT = str(10**9)
PATH = "/v1/accounts?branch=goma&channel=dealer&sales_class=retail&limit=50"
FILL = f"""
    INSERT INTO account
        (id, version, number, filed_on, legal_name, branch, channel, sales_class, industrial, frozen, opened_at)
    SELECT 'a' || lpad(n::text, 8, '0'), 1, 'KA-' || n, DATE '2020-01-01', 'Customer ' || n,
           (ARRAY['kinshasa', 'lubumbashi', 'goma', 'matadi', 'bukavu'])[1 + n % 5],
           (ARRAY['car_maker', 'modifier', 'dealer', 'wholesale_market'])[1 + n / 5 % 4],
           (ARRAY['terminal', 'wholesale', 'retail'])[1 + n / 20 % 3], false, false, now()
    FROM generate_series(1, {ACCOUNTS}) n
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
        statement = await connection.prepare(PAGE)
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


class Round(NamedTuple):
    """One after the other, so that what else the machine does falls on all."""

    route: Load
    bare_route: Load
    statement: Found


def measure(url: str, issuer: Issuer, *, seconds: float, logs: Path) -> list[Round]:
    listed, bare_route = ports.free_port(), ports.free_port()
    told = {
        "DATABASE_URL": url, "OIDC_ISSUER": issuer.issuer, "JWKS_URL": issuer.jwks, "BARE_SERVICE": "accounts",
        "RATE_LIMIT_PER_S": NO_LIMIT, "RATE_LIMIT_BURST": NO_LIMIT,
    }  # fmt: skip

    def ask(port: int, path: str, how_long: float) -> Load:
        return ask_for(how_long, port=port, request=get(path, token=issuer.token("kam")), connections=1)

    with ExitStack() as stack:
        environment = {**told, "PORT": str(listed)}
        stack.enter_context(
            process("services.accounts.app", port=listed, environment=environment, log=logs / "accounts.log")
        )
        size = ask(listed, PATH, WARM_UP_S).answer_bytes
        environment = {**told, "PORT": str(bare_route), "BARE_ANSWER_BYTES": str(size)}
        stack.enter_context(
            process("tests.bench.bare", port=bare_route, environment=environment, log=logs / "bare.log")
        )
        ask(bare_route, "/bare", WARM_UP_S)
        asyncio.run(bare(url, WARM_UP_S))
        return [
            Round(ask(listed, PATH, seconds), ask(bare_route, "/bare", seconds), asyncio.run(bare(url, seconds)))
            for _ in range(ROUNDS)
        ]


def main(seconds: float) -> None:
    issuer = Issuer()
    with bench_servers() as servers, TemporaryDirectory(prefix="mainstay-bench-") as logs:
        postgres = TestPostgres(servers.admin_url)
        try:
            url = asyncio.run(filled(postgres, issuer))
            rounds = measure(url, issuer, seconds=seconds, logs=Path(logs))
        finally:
            asyncio.run(postgres.remove_everything())
    found: dict[str, list[Load] | list[Found]] = {
        "accounts_list": [one.route for one in rounds],
        "accounts_list_bare_route": [one.bare_route for one in rounds],
        "accounts_list_statement": [one.statement for one in rounds],
    }
    for name, of_rounds in found.items():
        print(f"{name}_p50_ms {median(one.p50_ms for one in of_rounds):.2f}")
        print(f"{name}_p99_ms {median(one.p99_ms for one in of_rounds):.2f}")
    print(f"accounts_list_answer_bytes {rounds[0].route.answer_bytes}")
    pairs = sorted(one.route.p99_ms / one.bare_route.p99_ms for one in rounds)
    print(f"accounts_list_ratio_by_round {' '.join(f'{pair:.2f}' for pair in pairs)}")
    print(f"ratio accounts_list {median(pairs):.2f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
