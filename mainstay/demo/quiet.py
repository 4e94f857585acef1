"""Everything that was sent has arrived: no event waits in an outbox, on the broker or behind an earlier one."""

import asyncio
import re
import time

import httpx2

LOOK_EVERY_S = 0.25
STILL_FOR_S = 0.6
WAITING = re.compile(
    r"^(mainstay_outbox_unpublished|mainstay_events_held|mainstay_dead_letters_open|mainstay_consumer_lag)"
    r"(?:\{[^}]*\})? ([0-9.e+]+)$",
    re.MULTILINE,
)
TAKEN = re.compile(r"^mainstay_events_taken_total\{[^}]*\} ([0-9.e+]+)$", re.MULTILINE)


class StillBusy(Exception):
    """Events still wait after the time that was given."""


class Parked(Exception):
    """An event could not be applied and waits for a person: nothing behind it will ever come."""


async def until_quiet(http: httpx2.AsyncClient, workers: list[str], *, timeout_s: float = 600) -> None:
    """Return once nothing waits anywhere and nothing has moved for a moment; raises StillBusy, Parked."""
    deadline = time.monotonic() + timeout_s
    still_since, last = time.monotonic(), ""
    while time.monotonic() < deadline:
        waiting, taken = await look(http, workers)
        if waiting.get("mainstay_dead_letters_open"):
            raise Parked("An event was parked: `mainstay dead-letters list` says which and why.")
        if any(waiting.values()) or taken != last:
            still_since, last = time.monotonic(), taken
        elif time.monotonic() - still_since >= STILL_FOR_S:
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise StillBusy(f"After {timeout_s:.0f} s events still wait: {waiting}.")


async def look(http: httpx2.AsyncClient, workers: list[str]) -> tuple[dict[str, int], str]:
    """What waits, summed over the workers, and how far their consumers are."""
    answers = await asyncio.gather(*(http.get(f"{worker}/metrics") for worker in workers))
    waiting: dict[str, int] = {}
    for answer in answers:
        for name, value in WAITING.findall(answer.text):
            waiting[name] = waiting.get(name, 0) + int(value.partition(".")[0])
    return waiting, " ".join(value for answer in answers for value in TAKEN.findall(answer.text))
