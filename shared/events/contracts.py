"""A contract on its way from submission to force."""

from __future__ import annotations

import datetime as dt

from shared.events.envelope import Contents, Event, Instant
from shared.events.sales import Salesperson, UsedRate


class ContractLine(Contents):
    """Amounts are of the whole line in minor units, before tax and freight."""

    line: int
    sku: str
    quantity: int
    net_minor: int
    cost_minor: int | None = None
    new_brand: bool = False
    salespeople: tuple[Salesperson, ...] = ()


class ContractEvent(Event):
    """The whole contract as it now is; `rates` are those used at submission."""

    topic = "contracts.v1"
    aggregate = "contract"

    contract_id: str
    account_id: str
    number: str
    revision: int
    branch: str
    currency: str
    amount_minor: int
    lines: tuple[ContractLine, ...]
    quote_id: str | None = None
    first_responsible: str
    initiator: str
    submitted_at: Instant
    rates: tuple[UsedRate, ...] = ()
    signed_on: dt.date | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None

    def aggregate_id(self) -> str:
        return self.contract_id

    def partition_key(self) -> str:
        return self.account_id


class ContractSubmitted(ContractEvent):
    """It went to its approvers."""


class ContractApproved(ContractEvent):
    """Every step of its route approved."""


class ContractSigned(ContractEvent):
    """Both sides signed."""


class ContractActivated(ContractEvent):
    """It is in force."""


EVENTS = (ContractSubmitted, ContractApproved, ContractSigned, ContractActivated)
