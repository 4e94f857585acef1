"""Commands for the day a broker has lost its data: the archive of each service is sent again."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from deploy.local.databases import SERVICES
from deploy.local.refusals import CannotStart
from mainstay.prepare import database_url, running_notes
from mainstay.screen import answer_json, out


def add_commands(app: typer.Typer) -> None:
    relay = typer.Typer(no_args_is_help=True, help="What was published, and sending it again.")
    relay.command("republish")(republish)
    relay.callback()(lambda: None)
    app.add_typer(relay, name="relay")


def republish(
    since: Annotated[str, typer.Option(help="First moment of publication to send again, RFC 3339 or a date.")],
    services: Annotated[list[str] | None, typer.Argument(help="Which; all four without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Send published events again, in their order; every reader knows what it had and takes the rest."""
    from shared.kafka import Broker
    from shared.relay import RelayMustRestart
    from shared.relay import republish as send_again

    running = running_notes()
    servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or running.get("kafka")
    if not servers:
        raise CannotStart("No broker is known: set KAFKA_BOOTSTRAP_SERVERS, or start one with `make run`.")
    broker = Broker(str(servers), os.environ.get("TOPIC_PREFIX", running.get("topic_prefix", "")))
    urls = {service: database_url(service) for service in services or SERVICES}
    moment = _moment(since)
    try:
        sent = {
            service: asyncio.run(send_again(database_url=url, broker=broker, since=moment))
            for service, url in urls.items()
        }
    except RelayMustRestart as refused:
        raise CannotStart(f"{refused}. What was sent does no harm: say the same again.") from refused
    if as_json:
        answer_json(sent)
        return
    for service, events in sent.items():
        out.print(f"{service:<10} {events} events")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotStart(f"{text!r} is no moment: write it like 2026-03-10T08:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
