"""The demo from curtain to curtain: the cast, the year, the story, and what a person sees of each."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from mainstay.demo import office, screens, story, year
from mainstay.demo.cast import Cast, gather_cast
from mainstay.demo.client import World

HIRED_SINCE = "2009-01-01"


def play(notes: Mapping[str, Any], *, orders_file: str) -> None:
    """Play both parts on a running stack; `orders_file` is a parquet of the year, or empty for the slice."""
    asyncio.run(play_both(notes, orders_file=Path(orders_file) if orders_file else year.SLICE))


async def play_both(notes: Mapping[str, Any], *, orders_file: Path) -> None:
    async with the_cast(notes) as cast:
        await play_year(cast, workers=list(notes["workers"].values()), orders_file=orders_file)
        await play_story(cast)


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


async def play_story(cast: Cast) -> story.Story:
    """Each step, and right after it what a person would want to see."""
    played = story.Story(cast)
    for steps, tell in ACTS:
        for step in steps:
            await step(played)
        tell(played)
    return played


ACTS = (
    (
        (story.open_dossier, story.agree_key_account_list, story.rate_account, story.elect_subsidy),
        screens.tell_dossier,
    ),
    ((story.publish_price, story.quote_below_floor), screens.tell_quote),
    ((story.approve_contract,), screens.tell_contract),
    ((story.deliver_orders,), screens.tell_orders),
    ((), screens.tell_bonus),
    ((story.close_march,), screens.tell_march),
    ((story.return_fifty,), screens.tell_april),
    ((story.be_refused,), screens.tell_refusals),
)
