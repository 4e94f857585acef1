"""What is kept, is kept long enough: an event that may be sent again is always remembered."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from shared.db.session import Sessions
from shared.ids import new_id
from shared.retention import REMEMBERED_LONGER, first_id_at, forget_events
from tests.shared.pipe.notes import rows

TODAY = datetime(2026, 6, 1, 12, tzinfo=UTC)


async def archive(sessions: Sessions, *, feed_pos: int, published: datetime) -> None:
    async with sessions() as session:
        await session.execute(
            text(
                "INSERT INTO event_archive VALUES (:day, :pos, :id, 'orders.v1', 'k', 'order', 'a', 'OrderPaid', 1, "
                "'{}', '', :at, :at)"
            ),
            {"day": published.date(), "pos": feed_pos, "id": new_id(), "at": published},
        )
        await session.commit()


async def remember(sessions: Sessions, *, sent: datetime, received: datetime) -> None:
    async with sessions() as session:
        await session.execute(
            text("INSERT INTO inbox VALUES ('notes', :id, '', :at)"), {"id": first_id_at(sent), "at": received}
        )
        await session.commit()


async def forget(sessions: Sessions, *, kept: timedelta) -> None:
    async with sessions() as session:
        await forget_events(session, before=TODAY - kept)
        await session.commit()


async def test_events_of_whole_days_before_are_forgotten(sessions: Sessions) -> None:
    for days in (9, 10, 11, 12):
        await archive(sessions, feed_pos=20 - days, published=TODAY - timedelta(days=days))
    await forget(sessions, kept=timedelta(days=10))
    assert await rows(sessions, "SELECT feed_pos FROM event_archive ORDER BY feed_pos") == [(10,), (11,)]


async def test_the_inbox_remembers_longer_than_the_archive_can_send(sessions: Sessions) -> None:
    kept = timedelta(days=10)
    edge = TODAY - kept - REMEMBERED_LONGER
    day = timedelta(days=1)
    await remember(sessions, sent=edge - day, received=edge - day)
    await remember(sessions, sent=edge + day, received=edge + day)
    await remember(sessions, sent=edge - 2 * day, received=edge + day)
    await forget(sessions, kept=kept)
    assert await rows(sessions, "SELECT count(*), min(received_at) FROM inbox") == [(2, edge + day)]


def test_ids_made_later_are_never_smaller_than_the_first_of_their_moment() -> None:
    now = datetime.now(UTC)
    assert first_id_at(now) <= new_id()
    assert first_id_at(now + timedelta(seconds=1)) > first_id_at(now)
