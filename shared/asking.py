"""Any service asks for an approval with one event; the answer comes back as one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.canonical import content_hash
from shared.events.asks import ApprovalSought
from shared.events.catalogue import BothLanguages


def sought(
    *,
    occurred_at: datetime,
    subject: tuple[str, str],
    content: Mapping[str, Any],
    route: str,
    requester: str,
    title: tuple[str, str],
    revision: int = 1,
    inputs: Mapping[str, Any] | None = None,
    beneficiaries: Sequence[str] = (),
    account_id: str | None = None,
    branch: str | None = None,
) -> ApprovalSought:
    """The ask for `(subject_type, subject_id)`; `title` is what approvers read, in English and Chinese."""
    en, zh = title
    return ApprovalSought(
        occurred_at=occurred_at,
        subject_type=subject[0],
        subject_id=subject[1],
        revision=revision,
        content_hash=content_hash(content),
        content=dict(content),
        route=route,
        inputs=dict(inputs or {}),
        requester=requester,
        beneficiaries=tuple(beneficiaries),
        account_id=account_id,
        branch=branch,
        title=BothLanguages(en=en, zh=zh),
    )
