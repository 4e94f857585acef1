"""Where policies are kept: versions that only grow, drafts, withdrawals, and the epoch that tells of a change."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Text, cast, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.mechanisms import policy_draft, policy_epoch, policy_version, policy_withdrawal, role_holding
from shared.policy.forms import Document, stored_form
from shared.policy.lifecycle import Draft, DraftState, Published, UnknownDraft
from shared.policy.loader import read_json

_VERSION = policy_version.c
_WITHDRAWAL = policy_withdrawal.c


async def read_epoch(session: AsyncSession) -> int:
    """A number that moves with every publication and withdrawal this service knows of."""
    return int(await session.scalar(select(policy_epoch.c.epoch)) or 0)


async def await_turn(session: AsyncSession) -> None:
    """Publications of a service follow each other: number and lint of each are of one state."""
    await session.execute(select(policy_epoch.c.epoch).with_for_update())


async def move_epoch(session: AsyncSession) -> None:
    """In the transaction of a change."""
    await session.execute(update(policy_epoch).values(epoch=policy_epoch.c.epoch + 1))


async def read_versions(session: AsyncSession, *, policy_id: str | None = None) -> list[Published]:
    """All versions known here, or those of one policy, oldest first."""
    query = _versions().order_by(_VERSION.policy_id, _VERSION.version)
    if policy_id is not None:
        query = query.where(_VERSION.policy_id == policy_id)
    return [published(row) for row in await session.execute(query)]


async def add_version(session: AsyncSession, one: Published) -> bool:
    """Keep a version; false where it is known already (an event that came again)."""
    valid = one.document.valid
    statement = insert_or_leave(policy_version).values(
        policy_id=one.id,
        version=one.version,
        service=one.service,
        form=one.document.form,
        document=stored_form(one.document),
        content_hash=one.content_hash,
        valid_from=valid.from_,
        valid_until=valid.until,
        maker=one.maker,
        checker=one.checker,
        retroactive_reason=one.retroactive_reason,
        published_at=one.published_at,
    )
    added = await session.execute(statement.on_conflict_do_nothing().returning(_VERSION.version))
    return added.one_or_none() is not None


async def add_withdrawal(session: AsyncSession, values: Mapping[str, Any]) -> bool:
    """Keep a withdrawal; false where it is known already."""
    statement = insert_or_leave(policy_withdrawal).values(**values).on_conflict_do_nothing()
    return (await session.execute(statement.returning(_WITHDRAWAL.version))).one_or_none() is not None


async def add_draft(session: AsyncSession, draft: Draft) -> None:
    values = {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
    await session.execute(insert(policy_draft).values({**values, "endorsements": list(draft.endorsements)}))


async def find_draft(session: AsyncSession, *, policy_id: str, draft_id: UUID) -> Draft:
    """The draft, locked until the transaction ends; raises UnknownDraft."""
    query = select(policy_draft).where(policy_draft.c.draft_id == draft_id, policy_draft.c.policy_id == policy_id)
    row = (await session.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise UnknownDraft
    return _draft(row)


async def change_draft(session: AsyncSession, draft_id: UUID, changes: Mapping[str, Any]) -> None:
    await session.execute(update(policy_draft).where(policy_draft.c.draft_id == draft_id).values(**changes))


async def read_drafts(session: AsyncSession, *, policy_id: str) -> list[Draft]:
    """The drafts of a policy, oldest first."""
    query = select(policy_draft).where(policy_draft.c.policy_id == policy_id).order_by(policy_draft.c.draft_id)
    return [_draft(row) for row in await session.execute(query)]


async def read_holders(session: AsyncSession, *, on: date) -> frozenset[str]:
    """The roles somebody holds on a day."""
    held = role_holding.c
    query = select(held.role).distinct()
    query = query.where(held.valid_from <= on, or_(held.valid_until.is_(None), held.valid_until > on))
    return frozenset(await session.scalars(query))


async def next_version(session: AsyncSession, *, policy_id: str) -> int:
    """One more than the newest number, withdrawn or not; numbers are never used again."""
    query = select(func.coalesce(func.max(_VERSION.version), 0)).where(_VERSION.policy_id == policy_id)
    return int(await session.scalar(query) or 0) + 1


def listed(*, on: date | None) -> Select[Any]:
    """One row per policy: the version in force on a day, or the newest one where no day is given."""
    later = policy_version.alias("later")
    begun = (later.c.policy_id == _VERSION.policy_id) & (later.c.version > _VERSION.version)
    if on is not None:
        begun &= later.c.valid_from <= on
    taken_back = select(_WITHDRAWAL.version).where(
        _WITHDRAWAL.policy_id == later.c.policy_id, _WITHDRAWAL.version == later.c.version
    )
    superseded = select(later.c.version).where(begun, ~taken_back.exists()).exists()
    query = _versions().where(_WITHDRAWAL.version.is_(None), ~superseded)
    if on is not None:
        in_force = or_(_VERSION.valid_until.is_(None), _VERSION.valid_until > on)
        query = query.where(_VERSION.valid_from <= on, in_force)
    return query


def published(row: Row[Any]) -> Published:
    """A row of `listed`."""
    return Published(
        document=_document(row.text),
        version=row.version,
        service=row.service,
        content_hash=row.content_hash,
        maker=row.maker,
        checker=row.checker,
        published_at=row.published_at,
        retroactive_reason=row.retroactive_reason,
        withdrawn=row.withdrawn,
    )


def _versions() -> Select[Any]:
    joined = (_WITHDRAWAL.policy_id == _VERSION.policy_id) & (_WITHDRAWAL.version == _VERSION.version)
    return select(
        _VERSION.policy_id,
        _VERSION.version,
        _VERSION.service,
        cast(_VERSION.document, Text).label("text"),
        _VERSION.content_hash,
        _VERSION.maker,
        _VERSION.checker,
        _VERSION.published_at,
        _VERSION.retroactive_reason,
        _WITHDRAWAL.version.is_not(None).label("withdrawn"),
    ).outerjoin_from(policy_version, policy_withdrawal, joined)


@lru_cache(maxsize=4096)
def _document(text: str) -> Document:
    return read_json(json.loads(text))


def _draft(row: Row[Any]) -> Draft:
    return Draft(**{**row._mapping, "state": DraftState(row.state), "endorsements": tuple(row.endorsements)})
