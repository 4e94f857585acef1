"""The demo from curtain to curtain: the cast, the year, the story, and what a person sees of each."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2

from mainstay.demo import key_account, office, sale, screens, settling, year
from mainstay.demo.cast import Cast, gather_cast
from mainstay.demo.client import World
from mainstay.demo.story import Story

HIRED_SINCE = "2009-01-01"


def play(notes: Mapping[str, Any], *, orders_file: str) -> dict[str, Any]:
    """Play both parts on a running stack; `orders_file` is a parquet of the year, or empty for the slice.

    Returns what was played as JSON values.
    """
    return asyncio.run(play_both(notes, orders_file=Path(orders_file) if orders_file else year.SLICE))


async def play_both(notes: Mapping[str, Any], *, orders_file: Path) -> dict[str, Any]:
    async with the_cast(notes) as cast:
        first = await play_year(cast, workers=list(notes["workers"].values()), orders_file=orders_file)
        return in_json(first, await play_story(cast))


def in_json(first: year.Year, second: Story) -> dict[str, Any]:
    """The year's figures, and of the story every answer a person saw; prints by their hash."""
    told = {part.name: getattr(second, part.name) for part in fields(second) if part.name != "cast"}
    told["explanations"] = {"/".join(key): said for key, said in second.explanations.items()}
    told["printed"] = {name: sha256(printed).hexdigest() for name, printed in second.printed.items()}
    return {"year": asdict(first), "story": told}


@asynccontextmanager
async def the_cast(notes: Mapping[str, Any]) -> AsyncIterator[Cast]:
    """Everybody hired and signed in, on one connection pool."""
    password = password_in(notes["admin_password_file"])
    async with httpx2.AsyncClient(timeout=60) as http:
        world = World(dict(notes["urls"]), http)
        yield await gather_cast(world, admin_password=password, since=HIRED_SINCE)


def password_in(file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip()


async def play_year(cast: Cast, *, workers: list[str], orders_file: Path) -> year.Year:
    played = await year.play(cast, workers=workers, orders_file=orders_file)
    screens.tell_year(played)
    office.tell_programme(played)
    office.tell_board(played)
    screens.tell_stages(played)
    return played


async def play_story(cast: Cast) -> Story:
    """Each step, and right after it what a person would want to see."""
    played = Story(cast)
    for steps, tell in ACTS:
        for step in steps:
            await step(played)
        tell(played)
    return played


ACTS = (
    (
        (
            key_account.open_dossier,
            key_account.agree_key_account_list,
            key_account.rate_account,
            key_account.elect_subsidy,
        ),
        screens.tell_dossier,
    ),
    ((sale.publish_price, sale.quote_below_floor), screens.tell_quote),
    ((sale.approve_contract,), screens.tell_contract),
    ((sale.deliver_orders,), screens.tell_orders),
    ((), screens.tell_bonus),
    ((settling.close_march,), screens.tell_march),
    ((settling.return_fifty,), screens.tell_april),
    ((sale.be_refused,), screens.tell_refusals),
)
STEPS = tuple(step for steps, _ in ACTS for step in steps)
