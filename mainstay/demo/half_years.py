"""What the end of a half year brings: everybody is rated once, and the classes that change are granted or not (A5)."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mainstay.demo.cast import Cast
from mainstay.demo.client import Person, until
from mainstay.demo.deciding import approve

LONGEST_RUN_S = 600
PAGE = {"limit": "200"}


@dataclass(frozen=True, slots=True)
class HalfYear:
    """A half year's run: how many were rated, and how many now come to which class."""

    period: str
    as_of: str
    rated: int
    changes: Mapping[str, int] = field(default_factory=dict)


async def rate_half_year(cast: Cast, period: str) -> HalfYear:
    """Wait until the run that the clock set off has ended, have the classes that change granted, and wait for them."""
    run = await until(f"the rating of {period}", partial(_ended, cast, period), timeout_s=LONGEST_RUN_S)
    changes = await _proposed(cast, run["id"])
    if changes:
        await _grant(cast, {one["id"] for one in changes})
        await until(f"the classes of {period}", partial(_all_answered, cast, run["id"]), timeout_s=LONGEST_RUN_S)
    grades = Counter(one["grade"] for one in changes)
    return HalfYear(period, run["as_of"], run["rated"], dict(sorted(grades.items())))


async def _grant(cast: Cast, proposals: Collection[str]) -> None:
    """Each of the two who are asked takes his inbox once everything he is asked for lies in it."""
    for person in (cast.kam, cast.sales):
        inbox = await until(f"the inbox of {person.name}", partial(_inbox, person, proposals), timeout_s=LONGEST_RUN_S)
        for request in inbox:
            await approve(person, request["id"])


async def _inbox(person: Person, proposals: Collection[str]) -> Sequence[dict[str, Any]] | None:
    waiting = await _all(person, "approvals", "/inbox")
    asked = [one for one in waiting if one["subject_id"] in proposals]
    return asked if len(asked) == len(proposals) else None


async def _proposed(cast: Cast, run_id: str) -> Sequence[dict[str, Any]]:
    return await _all(cast.kam, "accounts", "/rating-proposals", run_id=run_id, state="proposed")


async def _all_answered(cast: Cast, run_id: str) -> bool:
    return not await _proposed(cast, run_id)


async def _ended(cast: Cast, period: str) -> dict[str, Any] | None:
    page = await cast.kam.get("accounts", "/rating-runs", params={"period": period})
    return next((run for run in page["items"] if run["ended_at"]), None)


async def _all(person: Person, service: str, path: str, **asked: str) -> list[dict[str, Any]]:
    """Every page of a list, read whole before anything of it is moved."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = await person.get(service, path, params=PAGE | asked | cursor)
        found += page["items"]
        cursor = {"cursor": page["next"]} if page.get("next") else None
    return found
