"""A worker's job: parked orders are taken in once their accounts and SKUs are known (P8)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.imports import parking
from services.pricing.imports.domain import Reject
from services.pricing.imports.models import ParkedOrderRow
from services.pricing.imports.service import Intake
from services.pricing.rules import PriceBooks
from shared.policy.compiled import CompiledPolicies

AT_MOST = 500


@dataclass
class ParkedOrders:
    """Lets parked orders flow in the order of their time, each as its own system writes and prices them."""

    zone: str
    policies: CompiledPolicies = field(default_factory=CompiledPolicies)
    books: PriceBooks = field(default_factory=PriceBooks)

    async def flow(self, session: AsyncSession, now: datetime) -> None:
        """In the caller's transaction; what is refused now is kept with its reasons."""
        groups: dict[bytes, list[ParkedOrderRow]] = defaultdict(list)
        for row in await parking.due_to_flow(session, at_most=AT_MOST):
            groups[orjson.dumps([row.contents["mapping"], row.contents["pricing"]])].append(row)
        for rows in groups.values():
            await self._take(session, rows, now)

    async def _take(self, session: AsyncSession, rows: list[ParkedOrderRow], now: datetime) -> None:
        mapping, pricing = parking.mapping_of(rows[0]), rows[0].contents["pricing"]
        book_of = None
        if pricing == "apply_policies":
            book_of = self.books.by_day(await self.policies.current(session))
        invoices = [parking.invoice_of(row) for row in rows]
        batch = await Intake(self.zone, book_of).take(session, mapping, invoices, pricing=pricing, now=now, whole=True)
        refused: dict[str, list[Reject]] = defaultdict(list)
        for reject in batch.rejects:
            refused[reject.reference].append(reject)
        again = {one.invoice.reference for one in batch.parked}
        done = [row.reference for row in rows if row.reference not in refused and row.reference not in again]
        await parking.forget(session, mapping.system, done)
        await parking.refuse(session, mapping.system, refused)
