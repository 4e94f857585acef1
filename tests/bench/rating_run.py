"""Rates accounts with two years of facts, every one a proposal: `python -m tests.bench.rating_run [ACCOUNTS]`.

Beside it one SQL aggregate over the same facts, which is what nothing that rates them can do without.
"""

import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings.jobs import EVERYTHING, SYSTEM
from services.accounts.ratings.repository import AccountsWanted
from services.accounts.ratings.running import Wanted, begin_run, end_run, portions
from shared.cycles import collect_seldom
from shared.db.engine import async_url
from shared.db.session import Sessions, commit, make_sessions
from shared.policy.compiled import CompiledPolicies
from shared.policy.rulebook import Rulebook
from shared.policy.seed import pack_of, seed_pack
from tests.bench.servers import bench_servers
from tests.servers import TestPostgres

PACK = Path(__file__).resolve().parents[2] / "deploy" / "policies"
NOW = datetime(2021, 1, 1, 8, tzinfo=UTC)
AS_OF = datetime(2020, 12, 31, tzinfo=UTC).date()
ZONE = "Africa/Kinshasa"

# In the order in which it happened, as a service learns it: month by month, account after account.
FACTS = (
    """
    INSERT INTO account (id, version, number, filed_on, legal_name, branch, channel, sales_class, industrial, frozen,
                         opened_at)
    SELECT 'a' || lpad(CAST(n AS text), 8, '0'), 1, 'N' || n, '2018-01-01', 'Account ' || n, 'kinshasa', 'dealer',
           'wholesale', false, false, '2018-01-01' FROM generate_series(1, :accounts) AS n
    """,
    """
    INSERT INTO purchase_movement (order_id, account_id, currency, delivered_on, due_on, happened_on, recorded_at,
                                   net_minor, paid_minor, cost_minor, costless_minor)
    SELECT 'o' || n || '-' || m, 'a' || lpad(CAST(n AS text), 8, '0'), 'CNY', day, day + 30,
           CASE what WHEN 0 THEN day ELSE day + 25 + n % 20 END, day,
           CASE what WHEN 0 THEN worth ELSE 0 END, CASE what WHEN 0 THEN 0 ELSE worth END,
           CASE what WHEN 0 THEN worth * 8 / 10 ELSE 0 END, 0
    FROM generate_series(0, 23) AS m, generate_series(1, :accounts) AS n, generate_series(0, 1) AS what,
         LATERAL (SELECT CAST(CAST('2019-01-10' AS date) + m * interval '1 month' AS date) AS day,
                         100000 + n % 9000 * 100 + m * 1000 AS worth) AS fact
    ORDER BY m, n, what
    """,
    """
    INSERT INTO assessment (id, account_id, fact, value, assessed_on, evidence, assessed_by, recorded_at)
    SELECT fact || n, 'a' || lpad(CAST(n AS text), 8, '0'), fact, value, '2020-11-01', 'on file', 'u', '2020-11-01'
    FROM generate_series(1, :accounts) AS n,
         (VALUES ('account.credit', 'high'), ('account.business_sense', 'fair'), ('account.brand_awareness', 'weak'),
                 ('account.willingness', 'high'), ('account.territory_share', '0.25')) AS judged (fact, value)
    """,
)
AGGREGATE = text("""
    SELECT count(*) FROM (
        SELECT account_id, delivered_on > '2019-12-31' AS lately, sum(net_minor) AS net, sum(paid_minor) AS paid,
               sum(cost_minor) AS cost, sum(paid_minor * greatest(happened_on - due_on, 0)) AS late
        FROM purchase_movement WHERE happened_on <= '2020-12-31' GROUP BY 1, 2
    ) AS added_up
""")


async def main(accounts: int, admin_url: str) -> None:
    collect_seldom()  # as a worker does
    postgres = TestPostgres(admin_url)
    try:
        engine = create_async_engine(async_url(await postgres.create_database("accounts")))
        sessions = make_sessions(engine, service="accounts")
        await fill(sessions, accounts=accounts)
        limits = [await aggregate_s(sessions)]
        took, memory = await rate_all(sessions, accounts=accounts)
        limits.append(await aggregate_s(sessions))
        limit = sum(limits) / len(limits)
        print(f"rating_run_accounts {accounts}")
        print(f"rating_run_s {took:.1f}")
        print(f"rating_run_accounts_per_s {accounts / took:.0f}")
        print(f"rating_run_memory_mb {' '.join(f'{one:.0f}' for one in memory)}")
        print(f"rating_run_aggregate_s {limit:.2f}")
        print(f"ratio rating_run {limit / took:.3f}")
        await engine.dispose()
    finally:
        await postgres.remove_everything()


async def fill(sessions: Sessions, *, accounts: int) -> None:
    async with sessions() as session:
        for statement in FACTS:
            await session.execute(text(statement), {"accounts": accounts})
        for service in ("accounts", "approvals"):
            await seed_pack(session, service=service, documents=pack_of(PACK, service), now=NOW)
        await commit(session)
    async with sessions() as session:
        connection = await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        await connection.execute(text("VACUUM ANALYZE"))


async def aggregate_s(sessions: Sessions) -> float:
    async with sessions() as session:
        began = time.perf_counter()
        await session.scalar(AGGREGATE)
        return time.perf_counter() - began


async def rate_all(sessions: Sessions, *, accounts: int) -> tuple[float, list[float]]:
    """Seconds until everything is committed, and the most memory held after each tenth of the accounts."""
    who = Whereabouts(SYSTEM, EVERYTHING, NOW, ZONE)
    began, memory = time.perf_counter(), []
    async with sessions() as session:
        rules = Rulebook((await CompiledPolicies().current(session)).in_force(AS_OF))
        run = await begin_run(session, wanted=Wanted(AS_OF, AccountsWanted(EVERYTHING)), rules=rules, who=who)
        async for _ in portions(session, run=run, who=who):
            await commit(session)
            if run.rated * 10 // accounts > len(memory):
                memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        await end_run(session, run=run, who=who)
        await commit(session)
    assert run.rated == run.proposed == accounts
    return time.perf_counter() - began, memory


if __name__ == "__main__":
    with bench_servers() as servers:
        uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, servers.admin_url))
