"""Other services ask for approvals with one event, and take an ask back with another; each counts once."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.facts import repository as known_facts
from services.approvals.requests import repository, service
from services.approvals.requests.domain import Subject
from services.approvals.requests.inputs import given_facts
from services.approvals.requests.service import Ask, InitiatorNotAdmitted
from services.approvals.requests.states import Move
from shared.errors import Problem, Words
from shared.events.asks import ApprovalAskWithdrawn, ApprovalSought
from shared.policy.registry import Registry
from shared.trace import Subject as PolicySubject

SYSTEM = "system"


async def take_ask(session: AsyncSession, sought: ApprovalSought, *, registry: Registry, at: Circumstances) -> None:
    """Open the request of an ask, or file why it does not open: withdrawn before it came, or not admitted (C4).

    Raises UnknownRoute, RouteNotDecidable, ValidationProblem or AskContradictsItself: a person has to look.
    """
    ask = await _read(session, sought, registry=registry, at=at)
    known = await repository.request_of_subject(session, ask.subject)
    gone = await repository.withdrawn_ask(session, ask.subject)
    newer = await _is_superseded(session, ask.subject)
    if known is None and (gone is not None or newer):
        because: Words = {"en": gone.reason, "zh": gone.reason} if gone else service.SUPERSEDED
        await service.file_refused_ask(session, ask, move=Move.WITHDRAW, because=because, at=at)
        return
    try:
        await service.seek_approval(session, ask, at=at)
    except InitiatorNotAdmitted as refused:
        await service.file_refused_ask(session, ask, move=Move.REJECT, because=_said(refused), at=at)


def _said(refused: Problem) -> Words:
    return refused.detail or refused.title


async def _is_superseded(session: AsyncSession, subject: Subject) -> bool:
    """Whether a newer revision of the subject came first."""
    others = await repository.other_revisions(session, subject)
    return any(row.revision > subject.revision for row in others)


async def _read(session: AsyncSession, sought: ApprovalSought, *, registry: Registry, at: Circumstances) -> Ask:
    account = await known_facts.account(session, sought.account_id) if sought.account_id else None
    whole = PolicySubject("account", sought.account_id) if sought.account_id else None
    return Ask(
        subject=_subject(sought),
        content_hash=sought.content_hash,
        content=sought.content,
        route=sought.route,
        about=PolicySubject(sought.subject_type, sought.subject_id, whole),
        facts=given_facts(sought.inputs, registry),
        initiator=sought.requester,
        requester=_answers_for(sought.requester, account.rep(at.today) if account else None),
        beneficiaries=frozenset(sought.beneficiaries),
        account_id=sought.account_id,
        branch=sought.branch or (account.branch if account else None),
        title={"en": sought.title.en, "zh": sought.title.zh},
    )


def _answers_for(requester: str, rep: str | None) -> str:
    """For what the system asks, the account's rep, where there is one, is the requester of C11."""
    return rep if requester == SYSTEM and rep is not None else requester


def _subject(ask: ApprovalSought | ApprovalAskWithdrawn) -> Subject:
    return Subject(ask.subject_type, ask.subject_id, ask.revision)


async def take_withdrawal(session: AsyncSession, withdrawn: ApprovalAskWithdrawn, *, at: Circumstances) -> None:
    """Withdraw what still waits; an ask that has not come yet will be withdrawn when it does."""
    await service.withdraw_ask(session, _subject(withdrawn), reason=withdrawn.reason, at=at)
