"""A service asks for an approval of something it owns; approvals answers on its own topic."""

from __future__ import annotations

from typing import Any

from shared.events.catalogue import BothLanguages
from shared.events.envelope import Event


class AskEvent(Event):
    topic = "approval-asks.v1"
    aggregate = "ask"

    subject_type: str
    subject_id: str
    revision: int
    account_id: str | None = None

    def aggregate_id(self) -> str:
        return f"{self.subject_type}/{self.subject_id}"

    def partition_key(self) -> str:
        return self.account_id or self.subject_id


class ApprovalSought(AskEvent):
    """`inputs` are the route's facts by name; `requester` is a user's id or "system"."""

    content_hash: str
    content: dict[str, Any]
    route: str
    inputs: dict[str, Any]
    requester: str
    beneficiaries: tuple[str, ...] = ()
    branch: str | None = None
    title: BothLanguages


class ApprovalAskWithdrawn(AskEvent):
    reason: str


EVENTS = (ApprovalSought, ApprovalAskWithdrawn)
