"""Prints previews of quotes a second beside a bare route: `python -m tests.bench.quote_preview [SECONDS]`.

Both are one worker with the same pool on the same database; they are asked in turn, from a process of its own.
"""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import orjson

from deploy.local import ports
from services.pricing.app import make_app
from services.pricing.settings import PricingSettings
from shared.db.session import commit
from tests.bench.load import Load, ask_for, post
from tests.bench.servers import bench_servers, process
from tests.pricing.conftest import ROLES, START, Pricing, publish_pack
from tests.servers import TestPostgres
from tests.serving import Issuer, employ, serving

LINES = 3
CONNECTIONS = 4
ROUNDS = 5
WARM_UP_S = 1.0
NO_LIMIT = 10**9


class House(NamedTuple):
    """A database with an account, products and the whole pack, and what every process on it is told."""

    body: bytes
    environment: Mapping[str, str]


async def furnished(postgres: TestPostgres, issuer: Issuer) -> House:
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
        account = await pricing.new_account(elects="discount")
        skus = [await pricing.new_product(floor="100.00", cost="700.00") for _ in range(LINES)]
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
            house = asyncio.run(furnished(postgres, issuer))
            ours, theirs = measure(house, issuer, seconds=seconds, logs=Path(logs))
        finally:
            asyncio.run(postgres.remove_everything())
    best, limit = (max(rounds, key=lambda one: one.per_s) for rounds in (ours, theirs))
    for name, found in (("quote_preview", best), ("bare_route", limit)):
        print(f"{name}_per_s {found.per_s:.0f}")
        print(f"{name}_p50_ms {found.p50_ms:.2f}")
        print(f"{name}_p99_ms {found.p99_ms:.2f}")
    print(f"load_generator_cpu {max(one.generator_cpu for one in (*ours, *theirs)):.2f}")
    print(f"quote_preview_answer_bytes {best.answer_bytes}")
    print(f"ratio quote_preview {best.per_s / limit.per_s:.3f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
