"""A year of real orders, imported month by month as an ERP sends them, each month closed when its grace is over."""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio

from mainstay.demo.cast import HEAD_OFFICE, Cast
from mainstay.demo.client import Person
from mainstay.demo.half_years import HalfYear, rate_half_year
from mainstay.demo.quiet import until_quiet

PROJECT = Path(__file__).resolve().parents[2]
SLICE = PROJECT / "deploy" / "demo" / "online-retail-slice.parquet"
POLICIES = PROJECT / "deploy" / "demo" / "policies"
ZONE = ZoneInfo("Africa/Kinshasa")
FIRST_MONTH, LAST_MONTH = date(2009, 12, 1), date(2010, 12, 1)
BUYER = "Ms Amina Kabongo, purchasing"
LISTS = ["2009-H2", "2010-H1", "2010-H2"]
HELD = {"grade": "C", "valid_from": "2009-07-01"}
GRACE_ENDS_ON = 6
HALF_YEARS = {6: "H1", 12: "H2"}
BEFORE_MIDNIGHT, NEXT_MORNING = timedelta(hours=1), timedelta(hours=8)


@dataclass(slots=True)
class Year:
    """What the year made; times in seconds of wall clock."""

    customers: int = 0
    rows: int = 0
    accepted: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    closings: list[dict[str, Any]] = field(default_factory=list)
    stages: dict[str, float] = field(default_factory=dict)
    again: dict[str, Any] = field(default_factory=dict)
    verified: dict[str, Any] = field(default_factory=dict)
    pareto: dict[str, Any] = field(default_factory=dict)
    half_years: list[HalfYear] = field(default_factory=list)
    grades: dict[str, int] = field(default_factory=dict)
    largest: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    board: dict[str, Any] = field(default_factory=dict)

    def spent(self, stage: str, began: float) -> None:
        self.stages[stage] = self.stages.get(stage, 0) + time.monotonic() - began


def months(first: date = FIRST_MONTH, last: date = LAST_MONTH) -> Iterator[date]:
    """The first days of the months from `first` to `last`, both in."""
    month = first
    while month <= last:
        yield month
        month = next_month(month)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def sixth(month: date) -> datetime:
    """When the grace of the month before is over: the 6th at local midnight."""
    return datetime(month.year, month.month, GRACE_ENDS_ON, tzinfo=ZONE)


async def publish_policies(cast: Cast) -> None:
    """The P4 figures for the year of the data: proposed by one person, published by another."""
    for path in sorted(POLICIES.glob("*.yaml")):
        service = "pricing" if "discount" in path.stem else "rewards"
        text = path.read_text(encoding="utf-8")
        draft = await cast.fin.ask(
            "POST", service, "/policies", expect=201, content=text, headers={"Content-Type": "application/yaml"}
        )
        policy, number = draft.json()["policy_id"], draft.json()["draft_id"]
        await cast.fin.post(service, f"/policies/{policy}/drafts/{number}/propose", {}, expect=200)
        await cast.findir.post(service, f"/policies/{policy}/drafts/{number}/publish", {}, expect=200)


def customer_rows(orders_file: Path) -> list[dict[str, Any]]:
    """The file's customers as accounts, on the lists of its half years, of the class they held so far.

    Even ones elect subsidy, odd ones discount.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    numbers = pc.unique(pq.read_table(orders_file, columns=["Customer ID"])["Customer ID"]).to_pylist()
    whole = sorted({int(number) for number in numbers if number is not None})
    return [
        {
            "number": str(number),
            "legal_name": f"Customer {number}",
            "branch": HEAD_OFFICE,
            "channel": "wholesale_market",
            "sales_class": "wholesale",
            "class_held": HELD,
            "lists": LISTS,
            "election": {
                "choice": "subsidy" if number % 2 == 0 else "discount",
                "valid_from": "2009-12-01",
                "valid_until": "2011-01-01",
                "elected_by": BUYER,
            },
        }
        for number in whole
    ]


async def import_customers(integrator: Person, rows: list[dict[str, Any]]) -> dict[str, Any]:
    body = io.StringIO()
    for row in rows:
        body.write(json.dumps(row) + "\n")
    answer = await integrator.ask(
        "POST",
        "accounts",
        "/account-imports",
        expect=201,
        content=body.getvalue().encode(),
        headers={"Content-Type": "application/x-ndjson"},
        timeout=300,
    )
    imported: dict[str, Any] = answer.json()
    return imported


async def play(cast: Cast, *, workers: list[str], orders_file: Path) -> Year:
    """Customers, policies, then each chunk from the 6th to the 6th with the closing of the month it completes.

    A half year is rated by what was known when it ended, so the chunk over its end comes in two parts.
    """
    year = Year()
    await cast.set_clock("2009-11-30T08:00:00+01:00")
    began = time.monotonic()
    await publish_policies(cast)
    rows = customer_rows(orders_file)
    year.customers = (await import_customers(cast.integrator, rows))["accepted"]
    await until_quiet(cast.world.http, workers)
    year.spent("customers", began)
    since = datetime(2009, 12, 1, tzinfo=ZONE)
    for month in months():
        until = sixth(next_month(month))
        if month.month in HALF_YEARS:
            since = await end_half_year(cast, year, orders_file, month=month, since=since, workers=workers)
        await cast.set_clock(until)
        await import_chunk(cast, year, orders_file, since=since, until=until, workers=workers)
        await close_month(cast, year, month)
        since = until
    await look_back(cast, year, orders_file, workers=workers)
    return year


async def end_half_year(
    cast: Cast, year: Year, orders_file: Path, *, month: date, since: datetime, workers: list[str]
) -> datetime:
    """The lines until the end of the half year that ends with `month`, then its ratings; returns that end."""
    after = next_month(month)
    end = datetime(after.year, after.month, 1, tzinfo=ZONE)
    await cast.set_clock(end - BEFORE_MIDNIGHT)
    await import_chunk(cast, year, orders_file, since=since, until=end, workers=workers)
    began = time.monotonic()
    await cast.set_clock(end + NEXT_MORNING)
    period = f"{month.year}-{HALF_YEARS[month.month]}"
    year.half_years.append(await rate_half_year(cast, period))
    year.spent("ratings", began)
    return end


async def import_chunk(
    cast: Cast, year: Year, orders_file: Path, *, since: datetime, until: datetime, workers: list[str]
) -> None:
    """The lines of `[since, until)`, as the ERP's feed of those days, and until everybody has taken them."""
    began = time.monotonic()
    result = await send_orders(cast.integrator, orders_file, since=since, until=until)
    year.spent("import", began)
    year.rows += result["rows"]
    year.accepted += result["accepted"]
    for reason, count in result["rejected"].items():
        year.rejected[reason] = year.rejected.get(reason, 0) + count
    began = time.monotonic()
    await until_quiet(cast.world.http, workers)
    year.spent("arrival", began)


async def send_orders(integrator: Person, orders_file: Path, *, since: datetime, until: datetime) -> dict[str, Any]:
    answer = await integrator.ask(
        "POST",
        "pricing",
        "/order-imports",
        expect=200,
        params={
            "format": "parquet",
            "mapping": "online-retail",
            "pricing": "apply_policies",
            "from": since.isoformat(),
            "until": until.isoformat(),
        },
        content=await anyio.Path(orders_file).read_bytes(),
        headers={"Content-Type": "application/vnd.apache.parquet"},
        timeout=1200,
    )
    imported: dict[str, Any] = answer.json()
    return imported


async def close_month(cast: Cast, year: Year, month: date) -> None:
    began = time.monotonic()
    closed = await cast.fin.ask("POST", "rewards", f"/periods/{month:%Y-%m}/close", expect=200, json={}, timeout=600)
    year.closings.append(closed.json())
    year.spent("closing", began)


async def look_back(cast: Cast, year: Year, orders_file: Path, *, workers: list[str]) -> None:
    """What can be proved afterwards: the ledger, the 20/80, the grades, and that the file again changes nothing."""
    began = time.monotonic()
    year.verified = (await cast.auditor.ask("POST", "rewards", "/ledger/verify", expect=200, timeout=600)).json()
    year.spent("proof", began)
    began = time.monotonic()
    year.pareto = await cast.auditor.get("accounts", "/reports/pareto", params={"period": "2010"})
    run = await cast.kam.ask(
        "POST", "accounts", "/rating-runs", expect=201, json={"as_of": "2010-12-31", "preview": True}, timeout=300
    )
    year.grades = run.json()["grades"]
    await look_at_the_office(cast, year)
    year.spent("reports", began)
    began = time.monotonic()
    first = datetime(2009, 12, 1, tzinfo=ZONE)
    again = await send_orders(cast.integrator, orders_file, since=first, until=sixth(date(2010, 2, 1)))
    year.again = again
    await until_quiet(cast.world.http, workers)
    year.spent("again", began)


async def look_at_the_office(cast: Cast, year: Year) -> None:
    """The support programme asked for the year's largest account (A11), and the board of its branch (KPIs, §5)."""
    year.largest = year.pareto["rows"][0]
    wanted = {"account_id": year.largest["account_id"], "as_of": "2010-12-31"}
    year.evaluation = await cast.kam.post("accounts", "/programmes/support/evaluations", wanted)
    asked = {"scope": "branch", "id": HEAD_OFFICE, "period": "2010-Q4"}
    year.board = (await cast.auditor.get("accounts", "/kpis", params=asked))["items"][0]
