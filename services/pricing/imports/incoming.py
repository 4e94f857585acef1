"""Orders that other systems tell on `orders.in.v1`: taken whole, parked whole, or refused whole with the reasons."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.imports.domain import Columns, Invoice, Reject, SourceLine, SourceMapping
from services.pricing.imports.refusing import MOST_PIECES, Unread, shown
from services.pricing.imports.service import Intake
from shared.calendar import is_of_our_times
from shared.events.orders_in import OrderReported, ReportedLine
from shared.events.registry import dead_letter_topic
from shared.money import is_currency
from shared.outbox import Unnumbered, record_dead_letter
from shared.received import Received

RETURNED = "return:"
SYSTEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NO_COLUMNS = Columns(*[""] * 6)


class Told(NamedTuple):
    """A reported order and the envelope it came in."""

    event: OrderReported
    received: Received


async def take_reported_orders(session: AsyncSession, batch: Sequence[Received], *, zone: str) -> None:
    """The same validation as a file's; an order of which a line is refused goes to the dead letters, and no further.

    It holds nothing back: its system tells it again, corrected, with the next sequence.
    """
    orders = [Told(one.event, one) for one in batch if isinstance(one.event, OrderReported)]
    for together in _rounds(orders):
        groups: dict[SourceMapping, list[Told]] = defaultdict(list)
        for one in together:
            groups[_mapping(one.event)].append(one)
        for mapping, told in groups.items():
            await _take(session, mapping, told, zone=zone)


async def _take(session: AsyncSession, mapping: SourceMapping, told: Sequence[Told], *, zone: str) -> None:
    if wrong := _wrong_with(mapping):
        for one in told:
            refuse(session, one.received, wrong)
        return
    now = told[0].received.received_at
    invoices = sorted((_invoice(one.event) for one in told), key=lambda one: str(one.at))
    batch = await Intake(zone).take(session, mapping, invoices, pricing="as_invoiced", now=now, whole=True)
    refused: dict[str, list[Reject]] = defaultdict(list)
    for reject in batch.rejects:
        refused[reject.reference].append(reject)
    for one in told:
        if found := refused.get(_reference(one.event)):
            refuse(session, one.received, "; ".join(map(_reason, found)))


def _wrong_with(mapping: SourceMapping) -> str | None:
    if not SYSTEM.fullmatch(mapping.system):
        return f"{shown(mapping.system)!r} is no name of a system"
    return None if is_currency(mapping.currency) else f"{shown(mapping.currency)!r} is no ISO 4217 currency"


def _reason(reject: Reject) -> str:
    return f"line {reject.number}: {reject.reason}, {reject.detail['en']}"


def refuse(session: AsyncSession, received: Received, why: str) -> None:
    """On the dead-letter topic, with the reason in a header and the bytes as they came."""
    record_dead_letter(
        session,
        Unnumbered(
            event_id=uuid5(NAMESPACE_URL, f"refused/{received.event_id}"),
            topic=dead_letter_topic(received.topic),
            partition_key=received.key,
            aggregate=received.aggregate,
            aggregate_id=received.aggregate_id,
            type=received.type,
            time=received.occurred_at.isoformat(),
            schema=received.event.data_schema(),
            payload=received.payload,
            notes={"ce_deadletterof": str(received.event_id), "ce_deadletterreason": why[:2000]},
        ),
    )


def _rounds(batch: Iterable[Told]) -> Iterator[list[Told]]:
    """An order told twice in one batch is taken twice, one after the other."""
    waiting = list(batch)
    while waiting:
        now: dict[str, Told] = {}
        later = [one for one in waiting if now.setdefault(_reference(one.event), one) is not one]
        yield list(now.values())
        waiting = later


def _mapping(event: OrderReported) -> SourceMapping:
    return SourceMapping(
        id="orders.in.v1",
        system=event.system,
        zone="UTC",
        currency=event.currency,
        columns=_NO_COLUMNS,
        return_prefix=RETURNED,
        waits_for=("account", "sku"),
    )


def _reference(event: OrderReported) -> str:
    return f"{RETURNED}{event.reference}" if event.kind == "return" else event.reference


def _invoice(event: OrderReported) -> Invoice:
    lines = [_line(number, line, event) for number, line in enumerate(event.lines, start=1)]
    return Invoice(_reference(event), lines[0].at, lines)


def _line(number: int, line: ReportedLine, event: OrderReported) -> SourceLine:
    """What nobody orders counts as nothing, and a time that cannot be as none: both are refused by what was written."""
    at = event.ordered_at if is_of_our_times(event.ordered_at) else None
    pieces = line.quantity if abs(line.quantity) <= MOST_PIECES else 0
    unread = Unread(at=None if at else event.ordered_at.isoformat(), quantity=None if pieces else str(line.quantity))
    signed = -pieces if event.kind == "return" else pieces
    return SourceLine(number, number, line.sku, signed, at, line.unit_price, event.account, unread)
