"""A handler that notes what reached it, and finds some events poisonous."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.consumer import BatchHandler, Consumer, Received
from shared.db.session import Sessions

_NOTE = text(
    """
    INSERT INTO taken_note (event_id, order_id, sequence, note)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:orders AS text[]), CAST(:sequences AS bigint[]),
                         CAST(:notes AS text[]))
    """
)


class Poisonous(ValueError):
    """What the handler says of an event it cannot apply."""


def noting(poison: Collection[str] = ()) -> BatchHandler:
    """Notes each event; one whose payment_id is in `poison` raises. The set may be changed while it runs."""

    async def note(session: AsyncSession, batch: Sequence[Received]) -> None:
        for received in batch:
            if getattr(received.event, "payment_id", None) in poison:
                raise Poisonous(f"{received.event_id} can't be applied")
        await session.execute(
            _NOTE,
            {
                "ids": [received.event_id for received in batch],
                "orders": [received.aggregate_id for received in batch],
                "sequences": [received.sequence for received in batch],
                "notes": [received.type for received in batch],
            },
        )

    return note


def note_keeper(poison: Collection[str] = (), *, name: str = "notes", batch_size: int = 500) -> Consumer:
    return Consumer(service="pricing", topics=("orders.v1",), handler=noting(poison), name=name, batch_size=batch_size)


async def noted(sessions: Sessions) -> list[tuple[str, int]]:
    """(order, sequence) of everything applied, in order."""
    async with sessions() as session:
        found = await session.execute(text("SELECT order_id, sequence FROM taken_note ORDER BY place"))
        return [(row.order_id, row.sequence) for row in found]


async def rows(sessions: Sessions, query: str) -> list[Any]:
    async with sessions() as session:
        return [tuple(row) for row in await session.execute(text(query))]
