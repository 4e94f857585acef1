"""`mainstay orders import`: another system's order file, sent once or as often as it takes, with its progress."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx2
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.refusals import CannotStart
from mainstay.access import Access, address, said, token_of_machine
from mainstay.screen import answer_json, err, out, say

LONGEST_S = 3600.0
LOOK_EVERY_S = 0.3
TRIES = 3
FORMATS = {".parquet": "parquet", ".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}


def add_commands(app: typer.Typer) -> None:
    orders = typer.Typer(no_args_is_help=True, help="Orders of other systems.")
    orders.command("import")(import_orders)
    orders.callback()(_group)
    app.add_typer(orders, name="orders")


def _group() -> None:
    """Orders of other systems."""


def import_orders(
    file: Annotated[Path, typer.Argument(help="A parquet, CSV or NDJSON file.", exists=True, dir_okay=False)],
    *,
    mapping: Annotated[str, typer.Option(help="How the system writes its orders.")] = "online-retail",
    pricing: Annotated[str, typer.Option(help="as_invoiced or apply_policies.")] = "as_invoiced",
    start: Annotated[datetime | None, typer.Option("--from", help="Only invoices from this instant on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only invoices before this instant (UTC).")] = None,
    import_id: Annotated[UUID | None, typer.Option(help="Of an import that broke off: its result goes on.")] = None,
    url: Annotated[str, typer.Option(envvar="PRICING_URL", help="Where pricing answers.")] = "",
    token: Annotated[str, typer.Option(envvar="MAINSTAY_TOKEN", help="An integrator's access token.")] = "",
    client_id: Annotated[str, typer.Option(envvar="MAINSTAY_CLIENT_ID", help="Or an API key's id …")] = "",
    client_secret: Annotated[str, typer.Option(envvar="MAINSTAY_CLIENT_SECRET", help="… and its secret.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Send a file of orders. Each line is taken once: a file that broke off half-way is simply sent again."""
    known = import_id or uuid4()
    if not (token or (client_id and client_secret)):
        raise CannotStart("Say who imports: MAINSTAY_TOKEN, or MAINSTAY_CLIENT_ID with MAINSTAY_CLIENT_SECRET.")
    proof = token or token_of_machine(client_id, client_secret)
    asked = {"format": _format(file), "mapping": mapping, "pricing": pricing, "import_id": str(known)}
    asked |= {name: _instant(at) for name, at in (("from", start), ("until", until)) if at is not None}
    result = send(Access(url or address("pricing"), proof), file, asked, quiet=as_json)
    if as_json:
        answer_json(result)
    else:
        show(result)


def _format(file: Path) -> str:
    try:
        return FORMATS[file.suffix.lower()]
    except KeyError:
        raise CannotStart(f"{file.name}: name it .parquet, .csv or .ndjson, so that it can be read.") from None


def _instant(at: datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat()}Z"


def send(access: Access, file: Path, asked: dict[str, str], *, quiet: bool = False) -> dict[str, Any]:
    """The import's result. A connection that breaks is tried again: what was taken is known there."""
    with access.client(timeout_s=LONGEST_S) as client, _bar(access, asked["import_id"], quiet=quiet):
        for attempt in range(1, TRIES + 1):
            try:
                with file.open("rb") as content:
                    answer = client.post("/v1/order-imports", params=asked, content=content)
                break
            except httpx2.TransportError as broken:
                if attempt == TRIES:
                    raise CannotStart(f"Pricing at {access.url} cannot be reached: {broken}") from broken
                say(f"The connection broke ({broken}); sending the file again")
                time.sleep(attempt)
    if answer.status_code != httpx2.codes.OK:
        raise CannotStart(f"The file was not taken: {said(answer)}")
    result: dict[str, Any] = answer.json()
    return result


@contextmanager
def _bar(access: Access, import_id: str, *, quiet: bool) -> Iterator[None]:
    """Looks how far the import is while it runs."""
    if quiet or not err.is_terminal:
        yield
        return
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(), TimeElapsedColumn())
    done = threading.Event()
    with Progress(*columns, console=err) as progress:
        looking = threading.Thread(target=_follow, args=(access, import_id, progress, done), daemon=True)
        looking.start()
        try:
            yield
        finally:
            done.set()
            looking.join()


def _follow(access: Access, import_id: str, progress: Progress, done: threading.Event) -> None:
    task = progress.add_task("rows", total=None)
    with access.client(timeout_s=LONGEST_S) as client:
        while not done.wait(LOOK_EVERY_S):
            _look(client, import_id, progress, task)
        _look(client, import_id, progress, task)


def _look(client: httpx2.Client, import_id: str, progress: Progress, task: Any) -> None:
    try:
        answer = client.get(f"/v1/order-imports/{import_id}")
    except httpx2.TransportError:
        return
    if answer.status_code == httpx2.codes.OK:
        told = answer.json()
        progress.update(task, completed=told["rows"], total=told["rows_total"] or None)


def show(result: dict[str, Any]) -> None:
    """What became of the rows, aligned."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name in ("rows", "accepted", "unchanged"):
        table.add_row(name, f"{result[name]:,}")
    for reason, count in result["rejected"].items():
        table.add_row(f"[dim]rejected:[/] {reason}", f"{count:,}")
    for name in ("orders", "order_lines", "returns", "discounted_orders", "requires_approval", "floor_breaches"):
        table.add_row(name.replace("_", " "), f"{result[name]:,}")
    out.print(table)
    if result["unmatched_quantity"]:
        out.print(f"{result['unmatched_quantity']:,} pieces came back that no earlier order explains")
    if result["rejected"]:
        out.print(f"[dim]Each row that was not taken: {result['rejects']}[/]")
