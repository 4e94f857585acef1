"""Commands that run the whole of Mainstay on this machine: up, demo, status, stop."""

import os
import signal
import time
from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.local.folder import local_folder
from deploy.local.instance import live_instance
from deploy.local.processes import answers_ready
from deploy.local.stack import notes_of, running_stack, watch
from deploy.local.supervise import ended_by_signals
from mainstay.screen import answer_json, complain, out, say
from mainstay.stage import left_behind, play_on_a_fresh_stack

NOTHING_RUNS = 3
STOP_TIMEOUT_S = 90.0
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def add_commands(app: typer.Typer) -> None:
    app.command("up")(up)
    app.command("demo")(demo)
    app.command("status")(status)
    app.command("stop")(stop)


def up(as_json: AsJson = False) -> None:
    """Start everything on the live clock, keep the data under .local/, stop with Ctrl-C."""
    began = time.monotonic()
    with ended_by_signals() as stopping:
        try:
            with running_stack(live_instance, local_folder(), say=say) as stack:
                _show(notes_of(stack), as_json=as_json)
                say(f"Ready after {time.monotonic() - began:.1f} s; Ctrl-C stops it")
                watch(stack, until=stopping.is_set)
        except KeyboardInterrupt:
            say("Stopped; the data are kept")


def demo(
    keep: Annotated[bool, typer.Option("--keep", envvar="KEEP", help="Leave it running and remove nothing.")] = False,
    orders_file: Annotated[str, typer.Option(envvar="ORDERS_FILE", help="A parquet file of orders to play.")] = "",
    as_json: AsJson = False,
) -> None:
    """Start everything on a story clock with fresh names, play the year and the story, remove what was made."""
    out.stderr = as_json  # the play is progress then, and the answer one document
    played = play_on_a_fresh_stack(keep=keep, orders_file=orders_file)
    if as_json:
        answer_json(played)


def status(as_json: AsJson = False) -> None:
    """Say what runs from this folder and whether each process is ready."""
    folder = local_folder()
    notes = folder.read_notes() if folder.is_held else {}
    if not notes:
        say(f"Nothing runs from {folder.path}")
        if as_json:
            answer_json({})
        raise typer.Exit(NOTHING_RUNS)
    ready = {name: answers_ready(url) for name, url in notes["probes"].items()}
    _show(notes | {"ready": ready}, as_json=as_json)
    if not all(ready.values()):
        complain("Not ready: " + ", ".join(name for name, is_ready in ready.items() if not is_ready))
        raise typer.Exit(1)


def stop(as_json: AsJson = False) -> None:
    """Stop what runs from this folder, in order, and wait until it is gone."""
    folder = local_folder()
    notes = folder.read_notes() if folder.is_held else {}
    if not notes:
        say(f"Nothing runs from {folder.path}")
        if as_json:
            answer_json({"stopped": False, "left": None})
        return
    os.kill(notes["pid"], signal.SIGTERM)
    until = time.monotonic() + STOP_TIMEOUT_S
    while folder.is_held:
        if time.monotonic() > until:
            complain(f"Process {notes['pid']} still runs after {STOP_TIMEOUT_S:.0f} s; its log is in {notes['logs']}")
            raise typer.Exit(1)
        time.sleep(0.1)
    left = None if notes["passing"] else left_behind(notes)
    say(f"Stopped; {left}" if left else "Stopped")
    if as_json:
        answer_json({"stopped": True, "left": left})


def _show(notes: dict[str, Any], *, as_json: bool) -> None:
    # The databases' URLs carry passwords: they stay in the notes file.
    shown = {name: value for name, value in notes.items() if name != "databases"}
    if as_json:
        answer_json(shown)
        return
    table = Table.grid(padding=(0, 3))
    for service, url in shown["urls"].items():
        table.add_row(f"[bold]{service}[/]", f"{url}/docs")
    table.add_row("administrator", f"admin, password in {shown['admin_password_file']}")
    table.add_row("logs", shown["logs"])
    out.print(table)
