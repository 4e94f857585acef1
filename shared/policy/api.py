"""Policies over HTTP, the same in every service: read, draft, lint, propose, publish, compare; and their facts."""

from pathlib import Path as FilePath
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Principal
from shared.db.mechanisms import policy_version
from shared.http.dependencies import Now, Session, allowed
from shared.http.exchange import runtime_of
from shared.http.moments import Day
from shared.http.pages import InvalidCursor, Page, PageAsked, encode_cursor, oldest_first, page_asked, read_page
from shared.http.problems import UnsupportedMediaType, language_of
from shared.http.routes import Router, without_idempotency_key
from shared.policy import service, store
from shared.policy.book import policy_book
from shared.policy.compiled import CompiledPolicies, PolicySet
from shared.policy.difference import changes
from shared.policy.findings import Finding
from shared.policy.forms import Document, FormName, stored_form
from shared.policy.lifecycle import OtherPolicyNamed, Published, UnknownPolicy, in_force
from shared.policy.lint import lint
from shared.policy.loader import UnreadablePolicy, read_json, read_json_text, read_yaml
from shared.policy.registry import Service, load_registry
from shared.policy.schemas import (
    ChangeShown,
    Difference,
    DraftShown,
    FactShown,
    FindingShown,
    LintAnswer,
    PolicyHistory,
    PolicyShown,
    PolicyVersion,
    Proposal,
    Withdrawal,
)

router = Router(tags=["policies"])

Reader = Annotated[Principal, allowed("policies.read")]
Writer = Annotated[Principal, allowed("policies.write")]
Publisher = Annotated[Principal, allowed("policies.publish")]

YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml"})
EXAMPLE = FilePath(__file__).with_name("example.yaml").read_text(encoding="utf-8")
DOCUMENT_BODY = {
    "requestBody": {
        "required": True,
        "description": "A policy document in one of the forms, as JSON or as YAML 1.2; figures with a point in quotes.",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": stored_form(read_yaml(EXAMPLE)[0])},
            "application/yaml": {"schema": {"type": "string"}, "example": EXAMPLE},
        },
    }
}


class Markdown(PlainTextResponse):
    """A text that prints well and reads well as it is."""

    media_type = "text/markdown"


async def read_policies(request: Request, session: Session) -> PolicySet:
    """The compiled policies of this process, as of this transaction."""
    return await compiled_policies(request).current(session)


def compiled_policies(request: Request) -> CompiledPolicies:
    """What this process has compiled so far."""
    shelf = runtime_of(request).shelf
    if "policies" not in shelf:
        shelf["policies"] = CompiledPolicies()
    kept: CompiledPolicies = shelf["policies"]
    return kept


Policies = Annotated[PolicySet, Depends(read_policies)]


async def read_documents(request: Request) -> tuple[Document, ...]:
    """The documents of a body; raises UnreadablePolicy or UnsupportedMediaType."""
    return tuple(read_json(raw) for raw in await _raw(request)) if _is_json(request) else await _from_yaml(request)


async def _from_yaml(request: Request) -> tuple[Document, ...]:
    text = (await request.body()).decode("utf-8", errors="replace")
    # A megabyte of YAML takes seconds to read: other requests go on meanwhile.
    return await to_thread.run_sync(read_yaml, text)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in YAML_TYPES:
        return False
    if kind != "application/json":
        raise UnsupportedMediaType({"en": "Send application/json or application/yaml.", "zh": "请发送JSON或YAML。"})
    return True


async def _raw(request: Request) -> list[Any]:
    raw = read_json_text((await request.body()).decode("utf-8", errors="replace"))
    return raw if isinstance(raw, list) else [raw]


def _act(request: Request, by: Principal, now: Now) -> service.Act:
    runtime = runtime_of(request)
    return service.Act(by, runtime.service.name, now, runtime.today(now))


async def _reading(request: Request, by: Reader, now: Now) -> service.Act:
    return _act(request, by, now)


async def _writing(request: Request, by: Writer, now: Now) -> service.Act:
    return _act(request, by, now)


async def _publishing(request: Request, by: Publisher, now: Now) -> service.Act:
    return _act(request, by, now)


# Named once more at the route, so that the permission is asked before the idempotency key.
WRITERS, PUBLISHERS = [allowed("policies.write")], [allowed("policies.publish")]
Reading = Annotated[service.Act, Depends(_reading)]
Writing = Annotated[service.Act, Depends(_writing)]
Publishing = Annotated[service.Act, Depends(_publishing)]
PolicyId = Annotated[str, Path(pattern=r"^[a-z0-9_-]+$", max_length=100, examples=["volume-subsidy"])]


@router.get("/policies")
async def list_policies(
    _: Reader,
    session: Session,
    asked: Annotated[PageAsked, Depends(page_asked)],
    on: Annotated[Day | None, Query(description="only what is in force on this day")] = None,
    form: Annotated[FormName | None, Query(examples=["benefit"])] = None,
) -> Page[PolicyShown]:
    """Each policy known here in its newest version, or in the one in force on a day; also those of other services."""
    query = store.listed(on=on)
    if form is not None:
        query = query.where(policy_version.c.form == form)
    by = oldest_first(policy_version.c.policy_id)
    return await read_page(session, query, asked=asked, by=by, show=lambda row: PolicyShown.of(store.published(row)))


@router.post("/policies", status_code=201, openapi_extra=DOCUMENT_BODY, dependencies=WRITERS)
async def draft_new_policy(request: Request, act: Writing, session: Session) -> DraftShown:
    """Draft a new policy; its id is the document's. Findings are told, and refused only when it is proposed."""
    return await _draft(request, session, act, policy_id=None)


@router.post("/policies/lint", openapi_extra=DOCUMENT_BODY)
@without_idempotency_key
async def lint_policies(request: Request, _: Writer, session: Session) -> LintAnswer:
    """What lint says of the house with these documents in it; nothing is stored."""
    try:
        documents = await read_documents(request)
    except UnreadablePolicy as unreadable:
        return _answer(0, unreadable.findings)
    known = {one.id: one.document for one in await store.read_versions(session) if not one.withdrawn}
    before = set(lint(known.values(), load_registry()))
    found = lint({**known, **{one.id: one for one in documents}}.values(), load_registry())
    return _answer(len(documents), tuple(one for one in found if one not in before))


@router.get("/policies/book", response_class=Markdown)
async def print_policy_book(
    request: Request,
    _: Reader,
    session: Session,
    on: Annotated[Day, Query(description="the day whose policies are printed", examples=["2021-03-01"])],
) -> Markdown:
    """Every policy in force on a day as a Markdown book, in the language of Accept-Language."""
    versions = in_force(await store.read_versions(session), on)
    text = policy_book(versions.values(), on=on, language="zh" if language_of(request.headers) == "zh" else "en")
    return Markdown(text)


@router.get("/policies/{policy_id}")
async def read_policy(policy_id: PolicyId, _: Reader, session: Session) -> PolicyHistory:
    """All versions of a policy, newest first, and its drafts."""
    versions = await store.read_versions(session, policy_id=policy_id)
    drafts = await store.read_drafts(session, policy_id=policy_id)
    if not versions and not drafts:
        raise UnknownPolicy
    shown = [PolicyShown.of(one) for one in reversed(versions)]
    return PolicyHistory(id=policy_id, versions=shown, drafts=[DraftShown.of(draft) for draft in drafts])


@router.get("/policies/{policy_id}/versions/{version}")
async def read_policy_version(policy_id: PolicyId, version: int, _: Reader, session: Session) -> PolicyVersion:
    """One version with its document, as decisions name it."""
    one = await _version(session, policy_id, version)
    return PolicyVersion.whole(one, stored_form(one.document))


@router.get("/policies/{policy_id}/diff")
async def compare_policy_versions(
    policy_id: PolicyId,
    _: Reader,
    session: Session,
    from_: Annotated[int, Query(alias="from", ge=1, examples=[1])],
    to: Annotated[int, Query(ge=1, examples=[2])],
) -> Difference:
    """What changed between two versions, in words of both languages."""
    before = await _version(session, policy_id, from_)
    after = await _version(session, policy_id, to)
    said = [ChangeShown.of(change) for change in changes(before.document, after.document)]
    return Difference(id=policy_id, from_version=from_, to_version=to, changes=said)


@router.post("/policies/{policy_id}/drafts", status_code=201, openapi_extra=DOCUMENT_BODY, dependencies=WRITERS)
async def draft_policy_version(policy_id: PolicyId, request: Request, act: Writing, session: Session) -> DraftShown:
    """Draft the next version of a policy, or `{"withdraws": 2, "reason": "…"}` to take a version back."""
    return await _draft(request, session, act, policy_id=policy_id)


@router.get("/policies/{policy_id}/drafts/{draft_id}")
async def read_policy_draft(policy_id: PolicyId, draft_id: UUID, act: Reading, session: Session) -> DraftShown:
    """A draft with what lint says of it now: what the second person looks at before publishing."""
    draft = await store.find_draft(session, policy_id=policy_id, draft_id=draft_id)
    found = await service.findings_of(session, document=read_json(draft.document), act=act) if draft.document else ()
    return DraftShown.of(draft, found)


@router.post("/policies/{policy_id}/drafts/{draft_id}/propose", dependencies=WRITERS)
async def propose_policy(
    policy_id: PolicyId, draft_id: UUID, act: Writing, session: Session, proposal: Proposal | None = None
) -> DraftShown:
    """Hand one's draft to a second person; refused with lint's findings, or for a past start without a reason."""
    reason = proposal.retroactive_reason if proposal else None
    draft = await service.propose(session, policy_id=policy_id, draft_id=draft_id, act=act, retroactive_reason=reason)
    return DraftShown.of(draft)


@router.post("/policies/{policy_id}/drafts/{draft_id}/publish", dependencies=PUBLISHERS)
async def publish_policy(policy_id: PolicyId, draft_id: UUID, act: Publishing, session: Session) -> DraftShown:
    """Put another person's proposal to work: it becomes the next version, for every service. → `PolicyPublished`"""
    return DraftShown.of(await service.publish(session, policy_id=policy_id, draft_id=draft_id, act=act))


@router.get("/facts")
async def list_facts(
    _: Reader,
    asked: Annotated[PageAsked, Depends(page_asked)],
    service_name: Annotated[Service | None, Query(alias="service", examples=["pricing"])] = None,
) -> Page[FactShown]:
    """The registry: everything a policy may ask for, with its meaning in both languages."""
    facts = sorted(load_registry().facts.values(), key=lambda fact: fact.name)
    wanted = [fact for fact in facts if service_name is None or service_name in fact.services]
    if asked.after is not None:
        if len(asked.after) != 1:
            raise InvalidCursor
        wanted = [fact for fact in wanted if fact.name > str(asked.after[0])]
    items = [FactShown.of(fact) for fact in wanted[: asked.limit]]
    following = encode_cursor([items[-1].name]) if len(wanted) > asked.limit else None
    return _linked(asked.request, asked.response, Page(items=items, next=following))


def _linked(request: Request, response: Response, page: Page[FactShown]) -> Page[FactShown]:
    if page.next is not None:
        url = request.url.include_query_params(cursor=page.next)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return page


async def _draft(request: Request, session: AsyncSession, act: service.Act, *, policy_id: str | None) -> DraftShown:
    if policy_id is not None and _is_json(request):
        raw = (await _raw(request))[0]
        if isinstance(raw, dict) and "withdraws" in raw:
            said = _withdrawal(raw)
            draft = await service.draft_withdrawal(
                session, policy_id=policy_id, version=said.withdraws, reason=said.reason, act=act
            )
            return DraftShown.of(draft)
    document = _only(await read_documents(request))
    if policy_id not in (None, document.id):
        raise OtherPolicyNamed({"en": f"The document is {document.id}.", "zh": f"文件编号为{document.id}。"})
    draft = await service.draft_policy(session, document=document, act=act)
    return DraftShown.of(draft, await service.findings_of(session, document=document, act=act))


def _withdrawal(raw: dict[str, Any]) -> Withdrawal:
    try:
        return Withdrawal.model_validate(raw)
    except ValidationError as error:
        wrong = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong, body=raw) from error


def _only(documents: tuple[Document, ...]) -> Document:
    if len(documents) != 1:
        raise OtherPolicyNamed({"en": "Send exactly one document.", "zh": "每次仅提交一份文件。"})
    return documents[0]


async def _version(session: AsyncSession, policy_id: str, version: int) -> Published:
    for one in await store.read_versions(session, policy_id=policy_id):
        if one.version == version:
            return one
    raise UnknownPolicy({"en": f"There is no {policy_id}@{version}.", "zh": f"没有{policy_id}@{version}。"})


def _answer(documents: int, findings: tuple[Finding, ...]) -> LintAnswer:
    return LintAnswer(documents=documents, findings=[FindingShown.of(found) for found in findings])
