"""Puts a fresh stack under the demo, lets it play, and clears the stage, or leaves it when asked to."""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from deploy.local.folder import LocalFolder, local_folder
from deploy.local.refusals import CannotStart
from deploy.local.settings import PROJECT
from mainstay.screen import say

LONGEST_SAYING = 400
STORY_CLOCK_START = "2009-11-30T00:00:00Z"


class PlayBrokeOff(Exception):
    """The demo did not reach its end; the text is the whole message for the person."""

    def __init__(self, error: Exception, *, log: Path, left: str) -> None:
        said = " ".join((str(error) or type(error).__name__).split())
        shown = said if len(said) <= LONGEST_SAYING else f"{said[:LONGEST_SAYING]}…"
        super().__init__(f"The play broke off: {shown.rstrip('.')} (all of it is in {log}); {left}.")


def play_on_a_fresh_stack(*, keep: bool, orders_file: str) -> dict[str, Any]:
    """What was played. Raises CannotStart before anything was changed, PlayBrokeOff after; says what is left."""
    if orders_file and not Path(orders_file).is_file():
        raise CannotStart(f"There is no file {orders_file}, which ORDERS_FILE names.")
    with fresh_stack(keep=keep) as notes:
        try:
            played: dict[str, Any] = import_module("mainstay.demo").play(notes, orders_file=orders_file)
        except Exception as error:
            left = f"it stays up until `make stop`, and {left_behind(notes)} even then" if keep else "all was removed"
            raise PlayBrokeOff(error, log=_written_down(error, Path(notes["logs"])), left=left) from error
        finally:
            if keep:
                _tell_what_stays(notes)
        return {"kept": keep, "urls": notes["urls"] if keep else {}, **played}


def _written_down(error: Exception, logs: Path) -> Path:
    log = logs / "play.log"
    log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return log


@contextmanager
def fresh_stack(*, keep: bool, **settings: str) -> Iterator[dict[str, Any]]:
    """The notes of a ready stack in the story profile, kept up by a process of its own, which ends with this one.

    With `keep` it goes on when this one ends, and removes nothing when it is stopped. `settings` are variables of
    `LocalSettings` to be told beside those of the environment.
    """
    folder = LocalFolder(Path(settings["LOCAL_DIR"])) if "LOCAL_DIR" in settings else local_folder()
    command = [sys.executable, "-m", "deploy.local.supervise", "--story-clock-start", STORY_CLOCK_START]
    log = folder.logs / "supervisor.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors:
        supervisor = subprocess.Popen(  # noqa: S603 - our own module
            [*command, *(["--stay"] if keep else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=PROJECT,
            env=os.environ | settings,
            text=True,
            start_new_session=True,
        )
    try:
        _wait_until_ready(supervisor, log)
        try:
            yield folder.read_notes()
        finally:
            if not keep:
                say("Stopping everything and removing what the demo made")
    finally:
        assert supervisor.stdin is not None
        assert supervisor.stdout is not None
        supervisor.stdin.close()  # which tells it that this process is done with it
        supervisor.stdout.close()
        if not keep:
            supervisor.wait()


def _wait_until_ready(supervisor: "subprocess.Popen[str]", log: Path) -> None:
    assert supervisor.stdout is not None
    for line in supervisor.stdout:
        told = json.loads(line)
        if told.get("ready"):
            return
        if "refused" in told:
            raise CannotStart(told["refused"])
        say(told["say"])
    raise CannotStart(f"The start broke off; {log} says why.")


def _tell_what_stays(notes: dict[str, Any]) -> None:
    for service, url in notes["urls"].items():
        say(f"{service} answers on {url}/docs")
    say(f"It stays up until `make stop`; {left_behind(notes)} even then")


def left_behind(notes: dict[str, Any]) -> str:
    """Names what stays in the servers' data when an instance that removes nothing has ended."""
    topics = f" and topics {notes['topic_prefix']}*" if notes["topic_prefix"] else " and topics"
    return f"its databases {notes['name']}_*{topics} are kept"
