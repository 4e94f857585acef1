"""Prints previews of quotes a second beside a bare route: `python -m tests.bench.quote_preview [SECONDS]`.

Both are one worker with the same pool on the same database; they are asked in turn, from a process of its own. The
ratio is the middle one of the rounds, each of them measured at the same load; the best of each says what is possible.
It is asked for a new account, and again where the account has orders in the month, some sent back, and rates are kept.
"""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import orjson

from deploy.local import ports
from services.pricing.app import make_app
from services.pricing.settings import PricingSettings
from shared.db.session import commit
from tests.bench.load import Load, ask_for, post
from tests.bench.servers import bench_servers, process
from tests.pricing.conftest import ROLES, START, Pricing, good, publish_pack
from tests.pricing.imports.test_api import a_row, send
from tests.servers import TestPostgres
from tests.serving import Issuer, employ, serving

LINES = 3
ORDERS_BEFORE = 40  # of this month and the last, each of one line: the month's measure is added up from them
RATE_DAYS = 60
CONNECTIONS = 4
ROUNDS = 15
WARM_UP_S = 1.0
NO_LIMIT = 10**9
NUMBER = "N-bench"


class House(NamedTuple):
    """A database with an account, products and the pack, and what every process on it is told."""

    body: bytes
    environment: Mapping[str, str]


async def furnished(postgres: TestPostgres, issuer: Issuer, *, history: bool) -> House:
    url = await postgres.create_database("pricing")
    settings = PricingSettings(
        database_url=url,
        jwks_url=issuer.jwks,
        clock_profile="story",
        story_clock_start=START,
        rate_limit_burst=NO_LIMIT,
    )
    app = make_app(settings)
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            for user_id, roles in ROLES.items():
                await employ(session, user_id, *roles)
            await publish_pack(session)
            await commit(session)
        pricing = Pricing(app, client, issuer, settings)
        account = await pricing.new_account(elects="discount", number=NUMBER)
        # The last line is unlike the others, so that nothing is answered for all of them that is not so.
        skus = [
            await pricing.new_product(floor="100.00", cost="700.00", new_brand=place == LINES)
            for place in range(1, LINES + 1)
        ]
        if history:
            await live_a_little(pricing, skus)
    body = {
        "account_id": str(account),
        "price_list": "standard",
        "lines": [{"sku": sku, "quantity": 50} for sku in skus],
    }
    environment = {
        "DATABASE_URL": url,
        "JWKS_URL": issuer.jwks,
        "CLOCK_PROFILE": "story",
        "STORY_CLOCK_START": START.isoformat(),
        "RATE_LIMIT_PER_S": str(NO_LIMIT),
        "RATE_LIMIT_BURST": str(NO_LIMIT),
    }
    return House(orjson.dumps(body), environment)


async def live_a_little(pricing: Pricing, skus: list[str]) -> None:
    """Orders before this one, some sent back, and two months of exchange rates: what an account of ours has."""
    orders = []
    for number in range(ORDERS_BEFORE):
        at = (START - timedelta(hours=number + 1)).isoformat()
        orders.append(a_row(NUMBER, f"O{number}", skus[number % LINES], 5, "1000.00", at))
    returned = (START - timedelta(minutes=1)).isoformat()
    await send(pricing, *orders, a_row(NUMBER, "CO1", skus[0], -2, "1000.00", returned))
    for day in range(RATE_DAYS):
        rate = {"base": "USD", "quote": "CNY", "rate": "6.50", "source": "bench"}
        on = (START - timedelta(days=day)).date().isoformat()
        await good(pricing.caller("fin").post("/v1/exchange-rates", rate | {"date": on}))


def measure(house: House, issuer: Issuer, *, seconds: float, logs: Path) -> tuple[list[Load], list[Load]]:
    """Rounds of both, taken in turn, so that what else the machine does falls on both."""

    def ask(port: int, path: str, how_long: float) -> Load:
        request = post(path, body=house.body, token=issuer.token("rep"))
        return ask_for(how_long, port=port, request=request, connections=CONNECTIONS)

    with ExitStack() as stack:
        preview, bare = ports.free_port(), ports.free_port()
        told = {**house.environment, "PORT": str(preview)}
        stack.enter_context(process("services.pricing.app", port=preview, environment=told, log=logs / "preview.log"))
        size = ask(preview, "/v1/quotes/preview", WARM_UP_S).answer_bytes
        told = {**house.environment, "PORT": str(bare), "BARE_ANSWER_BYTES": str(size)}
        stack.enter_context(process("tests.bench.bare", port=bare, environment=told, log=logs / "bare.log"))
        ask(bare, "/bare", WARM_UP_S)
        rounds = [(ask(preview, "/v1/quotes/preview", seconds), ask(bare, "/bare", seconds)) for _ in range(ROUNDS)]
    return [ours for ours, _ in rounds], [theirs for _, theirs in rounds]


def main(seconds: float) -> None:
    issuer = Issuer()
    with bench_servers() as servers, TemporaryDirectory(prefix="mainstay-bench-") as logs:
        postgres = TestPostgres(servers.admin_url)
        try:
            for name, history in (("quote_preview", False), ("quote_preview_with_history", True)):
                house = asyncio.run(furnished(postgres, issuer, history=history))
                ours, theirs = measure(house, issuer, seconds=seconds, logs=Path(logs))
                tell(name, ours, theirs)
        finally:
            asyncio.run(postgres.remove_everything())


def tell(name: str, ours: list[Load], theirs: list[Load]) -> None:
    best, limit = (max(rounds, key=lambda one: one.per_s) for rounds in (ours, theirs))
    pairs = [one.per_s / other.per_s for one, other in zip(ours, theirs, strict=True)]
    for measured, found in ((name, best), (f"{name}_bare_route", limit)):
        print(f"{measured}_per_s {found.per_s:.0f}")
        print(f"{measured}_p50_ms {found.p50_ms:.2f}")
        print(f"{measured}_p99_ms {found.p99_ms:.2f}")
    print(f"{name}_load_generator_cpu {max(one.generator_cpu for one in (*ours, *theirs)):.2f}")
    print(f"{name}_answer_bytes {best.answer_bytes}")
    print(f"{name}_ratio_by_round {' '.join(f'{pair:.3f}' for pair in sorted(pairs))}")
    print(f"ratio {name} {median(pairs):.3f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.5)
