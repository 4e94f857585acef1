"""The year on the slice and the story, played once on a running stack, and everything a person could ask afterwards."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mainstay.demo import year
from mainstay.demo.acts import STEPS, the_cast
from mainstay.demo.cast import Cast
from mainstay.demo.client import Person
from mainstay.demo.quiet import until_quiet
from mainstay.demo.story import Story

AFTER_THE_YEAR = year.sixth(year.next_month(year.LAST_MONTH))
Rows = list[dict[str, Any]]


@dataclass
class Played:
    """Answers of the services, as they came; each is read once, after what it is about."""

    year: year.Year
    story: Story
    numbers: dict[str, str] = field(default_factory=dict)
    """Account numbers by account id."""
    year_postings: Rows = field(default_factory=list)
    year_orders: dict[str, Rows] = field(default_factory=dict)
    """Orders of each account number whose customer elected discount."""
    statements: Rows = field(default_factory=list)
    """Every issued statement of every beneficiary."""
    balances: Rows = field(default_factory=list)
    explained: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """The explanation of each of the story's postings, by reward id and language."""
    quote_explained: dict[str, Any] = field(default_factory=dict)
    chain_explained: dict[str, Any] = field(default_factory=dict)
    requests: Rows = field(default_factory=list)
    """Every approval that was asked for about the account, its quote, its contract and its rep's bonus, whole."""
    contract_history: dict[str, Any] = field(default_factory=dict)
    verified: dict[str, Any] = field(default_factory=dict)
    heads: list[dict[str, Any]] = field(default_factory=list)
    """The ledger's head before and after the file was sent again."""
    sent_again: dict[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> str:
        return f"account:{self.story.account['id']}"

    @property
    def rep(self) -> str:
        return f"salesperson:{self.story.cast.rep.user_id}"


def play(notes: Mapping[str, Any]) -> Played:
    """The year, the story, then every question; on a stack that nobody has played on."""
    return asyncio.run(_play(notes))


async def _play(notes: Mapping[str, Any]) -> Played:
    workers = list(notes["workers"].values())
    async with the_cast(notes) as cast:
        played = Played(await year.play(cast, workers=workers, orders_file=year.SLICE), Story(cast))
        for step in STEPS:
            await step(played.story)
        await until_quiet(cast.world.http, workers)
        await _ask_about_the_year(cast, played)
        await _ask_about_the_story(cast, played)
        await _send_again(cast, played, workers)
    return played


async def _ask_about_the_year(cast: Cast, played: Played) -> None:
    accounts = await everything(cast.auditor, "accounts", "/accounts")
    played.numbers = {account["id"]: account["number"] for account in accounts}
    played.year_postings = await everything(cast.auditor, "rewards", "/accruals", policy="demo-volume-subsidy")
    for account_id, number in played.numbers.items():
        if number.isdigit() and int(number) % 2:
            orders = await everything(cast.auditor, "pricing", "/orders", account_id=account_id)
            played.year_orders[number] = orders
    played.statements = await everything(cast.auditor, "rewards", "/statements")


async def _ask_about_the_story(cast: Cast, played: Played) -> None:
    story, fin = played.story, cast.fin
    for beneficiary in (played.account, played.rep):
        for posting in await everything(fin, "rewards", "/accruals", beneficiary=beneficiary):
            for language in ("en", "zh"):
                played.explained[posting["id"], language] = await fin.get(
                    "rewards", posting["explanation"].removeprefix("/v1"), headers={"Accept-Language": language}
                )
    played.quote_explained = await cast.rep.get("pricing", f"/quotes/{story.quote['id']}/explanation")
    for summary in await everything(cast.auditor, "approvals", "/requests", account_id=story.account["id"]):
        played.requests.append(await cast.auditor.get("approvals", f"/requests/{summary['id']}"))
    played.contract_history = await cast.rep.get("approvals", f"/contracts/{story.contract['id']}/history")
    played.chain_explained = await cast.rep.get("approvals", f"/requests/{story.chain['id']}/explanation")
    played.balances = await everything(cast.auditor, "rewards", "/ledger/balances")
    played.verified = await cast.auditor.post("rewards", "/ledger/verify", expect=200, timeout=120)


async def _send_again(cast: Cast, played: Played, workers: list[str]) -> None:
    played.heads.append(await cast.auditor.get("rewards", "/ledger/head"))
    first = year.sixth(year.FIRST_MONTH).replace(day=1)
    played.sent_again = await year.send_orders(cast.integrator, year.SLICE, since=first, until=AFTER_THE_YEAR)
    await until_quiet(cast.world.http, workers)
    played.heads.append(await cast.auditor.get("rewards", "/ledger/head"))


async def everything(person: Person, service: str, path: str, **asked: str) -> Rows:
    """All items of a list, page after page."""
    found: Rows = []
    cursor: str | None = None
    while True:
        params = asked | {"limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = await person.get(service, path, params=params)
        found += page["items"]
        cursor = page.get("next")
        if cursor is None:
            return found
