"""Drafting, proposing, publishing and withdrawing policies: each in one transaction with its event and its epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit, outbox
from shared.auth.principal import Principal
from shared.events.policies import PolicyPublished, PolicyWithdrawn
from shared.ids import new_id
from shared.policy import store
from shared.policy.findings import Finding
from shared.policy.forms import Document, Route, content_hash, stored_form
from shared.policy.lifecycle import (
    Draft,
    DraftOutdated,
    DraftState,
    EndorsedAlready,
    MakerCannotPublish,
    NothingChanged,
    NotTheMaker,
    PolicyNotClean,
    PolicyOfAnotherService,
    Published,
    UnknownPolicy,
    in_force,
    moved,
    newest,
    open_steps,
    refuse_undeclared_past,
    step_for,
)
from shared.policy.lint import Library, lint
from shared.policy.loader import read_json
from shared.policy.registry import load_registry

PUBLICATION_ROUTE = "policy-publication"


@dataclass(frozen=True)
class Act:
    """Who acts in which service, at which moment, and which local day that is."""

    by: Principal
    service: str
    now: datetime
    today: date


async def draft_policy(session: AsyncSession, *, document: Document, act: Act) -> Draft:
    """A first or next version on its way. It may still have findings; raises PolicyOfAnotherService, NothingChanged."""
    versions = await store.read_versions(session)
    _refuse_other_service(document, versions, act.service)
    last = newest(versions).get(document.id)
    if last is not None and last.content_hash == content_hash(document):
        raise NothingChanged({"en": f"It is {last.policy}.", "zh": f"与{last.policy}相同。"})
    based_on = max((one.version for one in versions if one.id == document.id), default=0)
    return await _keep(session, act, document.id, based_on=based_on, document=stored_form(document))


async def draft_withdrawal(session: AsyncSession, *, policy_id: str, version: int, reason: str, act: Act) -> Draft:
    """Taking a version back, on its way; raises UnknownPolicy, PolicyOfAnotherService."""
    known = {one.version: one for one in await store.read_versions(session, policy_id=policy_id)}
    if version not in known or known[version].withdrawn:
        raise UnknownPolicy({"en": f"There is no {policy_id}@{version}.", "zh": f"没有{policy_id}@{version}。"})
    if known[version].service != act.service:
        raise _other_service(known[version].service)
    return await _keep(session, act, policy_id, based_on=max(known), withdraws=version, reason=reason)


async def findings_of(session: AsyncSession, *, document: Document, act: Act) -> tuple[Finding, ...]:
    """What lint would say of the house with this document in it, and does not say of it without."""
    versions = newest(await store.read_versions(session))
    holders = await store.read_holders(session, on=act.today)
    published = {policy: one.document for policy, one in versions.items()}
    before = set(lint(published.values(), load_registry(), holders))
    after = lint({**published, document.id: document}.values(), load_registry(), holders)
    return tuple(found for found in after if found not in before)


async def propose(
    session: AsyncSession, *, policy_id: str, draft_id: UUID, act: Act, retroactive_reason: str | None = None
) -> Draft:
    """The maker hands his draft to a second person.

    Raises UnknownDraft, NotTheMaker, WrongDraftState, RetroactiveWithoutReason, and PolicyNotClean where lint refuses.
    """
    draft = await store.find_draft(session, policy_id=policy_id, draft_id=draft_id)
    if draft.maker != act.by.user_id:
        raise NotTheMaker
    state = moved(draft.state, "propose")
    reason = draft.reason or retroactive_reason
    if draft.document is not None:
        await _refuse_unclean(session, read_json(draft.document), act, reason)
    changes = {"state": state, "proposed_at": act.now, "reason": reason}
    await store.change_draft(session, draft_id, changes)
    await _audit(session, act, "policy.proposed", policy_id, draft)
    return replace(draft, **changes)  # type: ignore[arg-type]


async def publish(session: AsyncSession, *, policy_id: str, draft_id: UUID, act: Act) -> Draft:
    """A second person decides on a proposal; with the last decision it goes to work.

    Its number, its hash, its event and the epoch are one transaction. Where the publication route asks several roles,
    each of them calls this once, and until the last the draft stays proposed. Raises UnknownDraft, MakerCannotPublish,
    WrongDraftState, DraftOutdated, NotThePublisher, EndorsedAlready and what `propose` does.
    """
    await store.await_turn(session)
    draft = await store.find_draft(session, policy_id=policy_id, draft_id=draft_id)
    state = moved(draft.state, "publish")
    if draft.maker == act.by.user_id:
        raise MakerCannotPublish
    if draft.based_on != await store.next_version(session, policy_id=policy_id) - 1:
        raise DraftOutdated
    document = await _document_decided_on(session, draft)
    endorsements, is_last = await _endorsed(session, draft, document, act)
    if not is_last:
        await store.change_draft(session, draft_id, {"endorsements": list(endorsements)})
        await _audit(session, act, "policy.endorsed", policy_id, draft)
        return replace(draft, endorsements=endorsements)
    await (_withdraw if draft.document is None else _publish)(session, draft, document, act)
    await store.move_epoch(session)
    changes: Mapping[str, Any] = {"state": state, "checker": act.by.user_id, "published_at": act.now}
    await store.change_draft(session, draft_id, {**changes, "endorsements": list(endorsements)})
    await _audit(session, act, "policy.published" if draft.document else "policy.withdrawn", policy_id, draft)
    return replace(draft, **changes, endorsements=endorsements)


async def keep_published(session: AsyncSession, one: Published) -> None:
    """Store a version of this service and tell the others; the caller moves the epoch."""
    await store.add_version(session, one)
    valid = one.document.valid
    event = PolicyPublished(
        occurred_at=one.published_at,
        policy_id=one.id,
        version=one.version,
        form=one.document.form,
        service=one.service,
        rows=one.document.row,
        document=stored_form(one.document),
        content_hash=one.content_hash,
        valid_from=valid.from_,
        valid_until=valid.until,
        maker=one.maker,
        checker=one.checker,
        retroactive_reason=one.retroactive_reason,
    )
    outbox.record(session, event)


async def _keep(session: AsyncSession, act: Act, policy_id: str, **of: Any) -> Draft:
    purpose: Mapping[str, Any] = {"document": None, "withdraws": None, "reason": None, **of}
    draft = Draft(
        draft_id=new_id(),
        policy_id=policy_id,
        state=DraftState.DRAFT,
        maker=act.by.user_id,
        checker=None,
        drafted_at=act.now,
        proposed_at=None,
        published_at=None,
        **purpose,
    )
    await store.add_draft(session, draft)
    return draft


async def _document_decided_on(session: AsyncSession, draft: Draft) -> Document:
    if draft.document is not None:
        return read_json(draft.document)
    known = await store.read_versions(session, policy_id=draft.policy_id)
    return next(one.document for one in known if one.version == draft.withdraws)


async def _endorsed(
    session: AsyncSession, draft: Draft, document: Document, act: Act
) -> tuple[tuple[Mapping[str, str], ...], bool]:
    """The decisions so far with this one, and whether it is the last; a change of the route follows the one before."""
    known = await store.read_versions(session, policy_id=PUBLICATION_ROUTE)
    route = in_force(known, act.today).get(PUBLICATION_ROUTE)
    if route is None or not isinstance(route.document, Route):
        return draft.endorsements, True
    if act.by.user_id in {one["by"] for one in draft.endorsements}:
        raise EndorsedAlready
    asked = open_steps(route.document, draft.endorsed)
    step = step_for(asked, document=document, roles=act.by.roles) if asked else None
    mine = [{"step": step.id, "by": act.by.user_id, "at": act.now.isoformat(), "route": route.policy}] if step else []
    endorsements = (*draft.endorsements, *mine)
    return endorsements, not open_steps(route.document, frozenset(one["step"] for one in endorsements))


async def _publish(session: AsyncSession, draft: Draft, document: Document, act: Act) -> None:
    await _refuse_unclean(session, document, act, draft.reason)
    one = Published(
        document=document,
        version=draft.based_on + 1,
        service=act.service,
        content_hash=content_hash(document),
        maker=draft.maker,
        checker=act.by.user_id,
        published_at=act.now,
        retroactive_reason=draft.reason,
    )
    await keep_published(session, one)


async def _withdraw(session: AsyncSession, draft: Draft, document: Document, act: Act) -> None:
    said = {
        "policy_id": document.id,
        "version": draft.withdraws,
        "reason": draft.reason or "",
        "maker": draft.maker,
        "checker": act.by.user_id,
    }
    await store.add_withdrawal(session, {**said, "withdrawn_at": act.now})
    outbox.record(session, PolicyWithdrawn.model_validate({**said, "occurred_at": act.now}))


async def _refuse_unclean(session: AsyncSession, document: Document, act: Act, reason: str | None) -> None:
    refuse_undeclared_past(document, today=act.today, reason=reason)
    found = await findings_of(session, document=document, act=act)
    if errors := tuple(one for one in found if one.severity == "error"):
        raise PolicyNotClean(errors)


def _refuse_other_service(document: Document, versions: list[Published], service: str) -> None:
    published = {one.service for one in versions if one.id == document.id}
    library = Library.of((one.document for one in newest(versions).values()), load_registry())
    mounting = library.mounted_in(document)
    for other in (*published, *([mounting] if mounting else [])):
        if other != service:
            raise _other_service(other)


def _other_service(service: str) -> PolicyOfAnotherService:
    return PolicyOfAnotherService({"en": f"Ask the service {service}.", "zh": f"请向{service}服务提交。"})


async def _audit(session: AsyncSession, act: Act, action: str, policy_id: str, draft: Draft) -> None:
    detail = {"draft": str(draft.draft_id), "based_on": draft.based_on, "withdraws": draft.withdraws}
    await audit.append(session, audit.Entry(act.now, act.by.user_id, action, f"policy/{policy_id}", detail))
