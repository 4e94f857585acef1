"""Commands that prepare what the processes need: migrate, topics."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.databases import SERVICES
from deploy.local.folder import local_folder
from deploy.local.refusals import CannotStart
from deploy.topics import create_topics, declared_topics
from mainstay.screen import answer_json, out

if TYPE_CHECKING:
    from shared.clock import Clock


def add_commands(app: typer.Typer) -> None:
    app.command("migrate")(migrate)
    app.command("topics")(topics)


def migrate(
    services: Annotated[list[str] | None, typer.Argument(help="Which; all four without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Bring databases to the newest revision: of <SERVICE>_DATABASE_URL, else of what runs from this folder.

    A service that has policies gets those that are new in this release; what it has published stays as it is.
    """
    from shared.db.migrate import migrate as migrate_one
    from shared.db.revisions import heads

    wanted = services or list(SERVICES)
    urls = {service: database_url(service) for service in wanted}
    for service, url in urls.items():
        asyncio.run(migrate_one(service, url))
    added = asyncio.run(_add_missing_policies(urls))
    reached = {service: sorted(heads(service)) for service in wanted}
    if as_json:
        answer_json(reached)
        return
    for service, revisions in reached.items():
        news = f", {added[service]} new policies" if service in added else ""
        out.print(f"{service:<10} {', '.join(revisions)}{news}")


async def _add_missing_policies(urls: Mapping[str, str]) -> dict[str, int]:
    from deploy.bootstrap import PACK, add_missing

    async with business_clock(next(iter(urls.values()))) as clock:
        return await add_missing(urls, pack=PACK, now=clock.now())


@asynccontextmanager
async def business_clock(url: str) -> AsyncIterator["Clock"]:
    """The business time a service of that database goes by: CLOCK_PROFILE, or the clock of the running instance."""
    from shared.clock import running_clock
    from shared.db.engine import make_engine
    from shared.settings import ServiceSettings

    settings = ServiceSettings(database_url=url)
    profile = str(running_notes().get("clock", settings.clock_profile))
    engine = make_engine(settings)
    try:
        async with running_clock(profile=profile, story_start=settings.story_clock_start, engine=engine) as clock:
            yield clock
    finally:
        await engine.dispose()


def topics(
    replication: Annotated[int, typer.Option(help="Copies of each partition.")] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Create the topics of deploy/topics.yaml that are missing, under TOPIC_PREFIX, on KAFKA_BOOTSTRAP_SERVERS."""
    running = running_notes()
    servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or running.get("kafka")
    if not servers:
        raise CannotStart("No broker is known: set KAFKA_BOOTSTRAP_SERVERS, or start one with `make run`.")
    prefix = os.environ.get("TOPIC_PREFIX", running.get("topic_prefix", ""))
    made = asyncio.run(create_topics(servers, topics=declared_topics(prefix=prefix), replication=replication))
    if as_json:
        answer_json({"created": made})
        return
    out.print("\n".join(made) if made else "Every topic is there already.")


def running_notes() -> dict[str, Any]:
    folder = local_folder()
    return folder.read_notes() if folder.is_held else {}


def database_url(service: str) -> str:
    """Where the database of `service` is: <SERVICE>_DATABASE_URL, else that of the instance of this folder."""
    if service not in SERVICES:
        raise CannotStart(f"There is no service {service!r}: choose from {', '.join(SERVICES)}.")
    variable = f"{service.upper()}_DATABASE_URL"
    url = os.environ.get(variable) or running_notes().get("databases", {}).get(service)
    if not url:
        raise CannotStart(f"The database of {service} is not known: set {variable}, or start it with `make run`.")
    return str(url)
