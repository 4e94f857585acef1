"""Read your writes: a writer is told how far its events go, a reader may ask to wait until they are known here."""

import asyncio
import time
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import quote, unquote

from sqlalchemy import and_, func, or_, select

from shared.db.mechanisms import stream_position
from shared.errors import MalformedRequest, Problem, Words
from shared.events.registry import TOPIC_OF_AGGREGATE
from shared.http.exchange import Runtime
from shared.outbox import Seen

SEEN = "Mainstay-Seen"
AFTER = "Mainstay-After"
WAIT_S = 2.0
LOOK_AGAIN_S = 0.03
MOST_POSITIONS = 50


class ReadModelBehind(Problem):
    status = 503
    code = "read_model_behind"
    title: ClassVar[Words] = {"en": "What you wrote is not known here yet", "zh": "尚未读到您之前的写入"}


def written(seen: Sequence[Seen]) -> str:
    """`account/<id>@<seq>, order/<id>@<seq>`: the last sequence of each aggregate.

    An import touches thousands; it tells the last ones only, as many as a reader may name. Ids are percent-encoded:
    a header carries Latin letters only, and an id may hold commas.
    """
    last = {(aggregate, aggregate_id): sequence for aggregate, aggregate_id, sequence in seen}
    told = list(last.items())[-MOST_POSITIONS:]
    return ", ".join(f"{aggregate}/{quote(of, safe=':')}@{sequence}" for (aggregate, of), sequence in told)


def parse(text: str) -> list[Seen]:
    """The positions in a Mainstay-After header; raises MalformedRequest."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MOST_POSITIONS:
        raise MalformedRequest(
            {
                "en": f"{AFTER} names more than {MOST_POSITIONS} positions",
                "zh": f"{AFTER} 所列位置超过 {MOST_POSITIONS} 个",
            }
        )
    return [_parse_one(part) for part in parts]


def _parse_one(part: str) -> Seen:
    aggregate, slash, rest = part.partition("/")
    aggregate_id, at, sequence = rest.rpartition("@")
    if not (slash and at and aggregate_id and sequence.isascii() and sequence.isdecimal() and len(sequence) < 19):
        form = f"account/<id>@<sequence>: {part[:100]}"
        raise MalformedRequest({"en": f"{AFTER} is written like {form}", "zh": f"{AFTER} 的写法为 {form}"})
    return Seen(aggregate, unquote(aggregate_id), int(sequence))


async def wait_until_known(runtime: Runtime, text: str) -> None:
    """Wait up to 2 s until this service has applied those events; raises ReadModelBehind.

    Topics the service does not read are ignored: what it owns itself it knows at once.
    """
    wanted = [position for position in parse(text) if _topic(position) in runtime.service.topics_read]
    give_up = time.monotonic() + WAIT_S
    while wanted and not await _known(runtime, wanted):
        if time.monotonic() > give_up:
            raise ReadModelBehind(headers={"Retry-After": "1"})
        await asyncio.sleep(LOOK_AGAIN_S)


def _topic(position: Seen) -> str:
    return TOPIC_OF_AGGREGATE.get(position.aggregate, "")


async def _known(runtime: Runtime, wanted: Sequence[Seen]) -> bool:
    at = stream_position.c
    reached = or_(
        *(
            and_(at.topic == _topic(one), at.aggregateid == one.aggregate_id, at.last_seq >= one.sequence)
            for one in wanted
        )
    )
    async with runtime.sessions() as session:
        count = await session.scalar(
            select(func.count()).select_from(stream_position).where(at.consumer == runtime.service.name, reached)
        )
    return count == len({(one.aggregate, one.aggregate_id) for one in wanted})
