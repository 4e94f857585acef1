"""A transaction is committed in one place, with its events, before anybody is told that it happened."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared import outbox

Sessions = async_sessionmaker[AsyncSession]


def make_sessions(engine: AsyncEngine, *, service: str = "", wake: Callable[[], None] | None = None) -> Sessions:
    """The process's session factory: `service` is the source its events name, `wake` tells the relay of them."""
    return async_sessionmaker(engine, expire_on_commit=False, info={"service": service, "wake": wake})


async def commit(session: AsyncSession) -> None:
    """Write the recorded events with the effect and commit both or neither; only then wake the relay."""
    await outbox.flush(session)
    await session.commit()
    wake = session.info.get("wake")
    # An answer that tells its events' numbers has flushed them before: what was seen counts, not this flush.
    if wake is not None and outbox.seen(session):
        wake()
