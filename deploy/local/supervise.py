"""The process that keeps a stack up for another one: it tells on its standard output how the start goes, one JSON
object a line, and stops everything when that other process is gone, unless it was told to stay."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

from deploy.local.folder import local_folder
from deploy.local.instance import Instance, live_instance, story_instance
from deploy.local.refusals import CannotStart
from deploy.local.stack import running_stack, watch


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
    """The first SIGINT or SIGTERM interrupts what goes on; later ones don't disturb the orderly end it causes."""
    stopping = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if not stopping.is_set():
            stopping.set()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> int:
    options = _options()
    with ended_by_signals() as stopping:
        try:
            with running_stack(partial(_instance, options), local_folder(), say=_tell) as stack:
                _say_ready()
                if not options.stay:
                    threading.Thread(target=_stop_when_the_other_is_gone, daemon=True).start()
                watch(stack, until=stopping.is_set)
        except KeyboardInterrupt:
            return 0
        except CannotStart as refusal:
            print(json.dumps({"refused": str(refusal)}), flush=True)
            return 1
    return 0


def _instance(options: argparse.Namespace) -> Instance:
    if options.story_clock_start is None:
        return live_instance()
    return story_instance(story_clock_start=options.story_clock_start, keep=options.stay)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--story-clock-start", help="RFC 3339; a story on fresh names; without it: live, on kept data")
    parser.add_argument("--stay", action="store_true", help="stay up when the starter is gone, and remove nothing")
    return parser.parse_args()


def _tell(text: str) -> None:
    print(json.dumps({"say": text}), flush=True)


def _say_ready() -> None:
    """The last line; from now on nobody may be reading."""
    print(json.dumps({"ready": True}), flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop_when_the_other_is_gone() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
