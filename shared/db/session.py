"""A transaction is committed in one place, before anybody is told that it happened."""

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

Sessions = async_sessionmaker[AsyncSession]


def make_sessions(engine: AsyncEngine) -> Sessions:
    """The process's session factory."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def commit(session: AsyncSession) -> None:
    """Write the recorded events with the effect and commit both or neither."""
    await session.commit()
