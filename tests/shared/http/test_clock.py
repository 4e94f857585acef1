"""Business time moves forward only, for every process of a service; where it is live nobody moves it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from shared.clock import LiveClock, StoryClock, running_clock, system_now
from shared.db.mechanisms import audit_entry
from shared.http.app import create_app
from shared.settings import ServiceSettings
from tests.serving import serving
from tests.shared.http import probe
from tests.shared.http.conftest import Probe

ServiceDatabase = Callable[[str], Awaitable[str]]


def ahead(**units: float) -> str:
    return (system_now() + timedelta(days=40_000) + timedelta(**units)).isoformat()


async def test_the_administrator_moves_the_clock_and_it_runs_on(service: Probe) -> None:
    admin = service.caller("admin")
    moved = await admin.put("/v1/clock", {"now": (target := ahead(days=1))})
    assert moved.status_code == 200
    first = datetime.fromisoformat((await admin.get("/v1/clock")).json()["now"])
    await asyncio.sleep(0.05)
    second = datetime.fromisoformat((await admin.get("/v1/clock")).json()["now"])
    assert datetime.fromisoformat(target) <= first < second < datetime.fromisoformat(target) + timedelta(seconds=30)


async def test_the_clock_never_goes_back(service: Probe) -> None:
    admin = service.caller("admin")
    await admin.put("/v1/clock", {"now": ahead(days=2)})
    back = await admin.put("/v1/clock", {"now": ahead(days=1.9)})
    assert (back.status_code, back.json()["code"]) == (409, "clock_moves_forward_only")
    assert datetime.fromisoformat((await admin.get("/v1/clock")).json()["now"]) > datetime.fromisoformat(
        ahead(days=1.95)
    )


async def test_only_the_administrator_moves_it_and_every_user_reads_it(service: Probe) -> None:
    assert (await service.writer.put("/v1/clock", {"now": ahead(days=3)})).status_code == 403
    assert (await service.caller("nobody").get("/v1/clock")).status_code == 200


async def test_a_time_without_an_offset_is_refused(service: Probe) -> None:
    answer = await service.caller("admin").put("/v1/clock", {"now": "2199-01-01T00:00:00"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/now")


async def test_moving_the_clock_is_audited(service: Probe) -> None:
    await service.caller("admin").put("/v1/clock", {"now": ahead(days=4)})
    async with service.engine.connect() as connection:
        newest = select(audit_entry).where(audit_entry.c.action == "clock.moved").order_by(audit_entry.c.pos.desc())
        entry = (await connection.execute(newest.limit(1))).one()
    assert (entry.actor, entry.subject) == ("admin", "clock")


async def test_another_process_of_the_service_follows_within_a_fifth_of_a_second(service: Probe) -> None:
    async with running_clock(profile="story", story_start=None, engine=service.engine) as workers:
        await service.caller("admin").put("/v1/clock", {"now": (target := ahead(days=5))})
        for _ in range(200):
            if workers.now() >= datetime.fromisoformat(target):
                break
            await asyncio.sleep(0.01)
        assert workers.now() >= datetime.fromisoformat(target)


async def test_another_process_that_reads_the_clock_is_not_a_moment_behind(service: Probe) -> None:
    async with running_clock(profile="story", story_start=None, engine=service.engine) as workers:
        for days in (6, 7, 8):
            await service.caller("admin").put("/v1/clock", {"now": (target := ahead(days=days))})
            assert await workers.read() >= datetime.fromisoformat(target)


async def test_of_two_who_move_it_at_once_nobody_moves_it_back(service: Probe) -> None:
    clocks = [StoryClock(service.engine) for _ in range(8)]
    targets = [datetime.fromisoformat(ahead(days=10 + n)) for n in range(8)]
    await asyncio.gather(
        *(clock.move_to(target) for clock, target in zip(clocks, targets, strict=True)), return_exceptions=True
    )
    await clocks[0].reread()
    assert clocks[0].now() >= targets[-1]


async def test_the_first_value_is_the_setting_and_a_restart_keeps_the_time(service_database: ServiceDatabase) -> None:
    engine = create_async_engine(await service_database("approvals"))
    start = datetime(2009, 11, 30, tzinfo=UTC)
    async with running_clock(profile="story", story_start=start, engine=engine) as clock:
        assert start <= clock.now() < start + timedelta(seconds=30)
        assert isinstance(clock, StoryClock)
        await clock.move_to(start + timedelta(days=9))
    async with running_clock(profile="story", story_start=start, engine=engine) as clock:
        assert clock.now() >= start + timedelta(days=9)
    await engine.dispose()


async def test_in_the_live_profile_there_is_no_clock_to_move(service: Probe) -> None:
    live = ServiceSettings(database_url=service.settings.database_url, jwks_url=service.issuer.jwks)
    async with serving(create_app(probe.describe(live))) as client:
        token = {"Authorization": f"Bearer {service.issuer.token('admin')}"}
        answer = await client.put("/v1/clock", json={"now": ahead(days=6)}, headers=token)
    assert answer.status_code == 404


def test_the_live_clock_is_the_systems() -> None:
    before = system_now()
    assert before <= LiveClock().now() <= system_now()
