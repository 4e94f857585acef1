"""Which version of which policy was published or withdrawn, with the whole document."""

from __future__ import annotations

import datetime as dt
from typing import Any

from shared.events.envelope import Event


class PolicyEvent(Event):
    topic = "policies.v1"
    aggregate = "policy"

    policy_id: str
    version: int

    def aggregate_id(self) -> str:
        return self.policy_id


class PolicyPublished(PolicyEvent):
    """`rows` are the source clauses it carries out; `service` owns it."""

    form: str
    service: str
    rows: tuple[str, ...]
    document: dict[str, Any]
    content_hash: str
    valid_from: dt.date
    valid_until: dt.date | None = None
    maker: str
    checker: str
    retroactive_reason: str | None = None


class PolicyWithdrawn(PolicyEvent):
    reason: str
    maker: str
    checker: str


EVENTS = (PolicyPublished, PolicyWithdrawn)
