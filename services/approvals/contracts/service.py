"""The use cases of a contract; each records its event, its line of history and its line in the audit."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.contracts import repository
from services.approvals.contracts.amounts import check_worth, worth
from services.approvals.contracts.announcements import announce
from services.approvals.contracts.content import Content, checked
from services.approvals.contracts.domain import (
    AccountMerged,
    Approval,
    Contract,
    State,
    activate,
    approve,
    ready_to_submit,
    revise,
    send_back,
    sign,
    submit,
)
from services.approvals.contracts.facts import ContractFacts
from services.approvals.contracts.models import ContractRow
from services.approvals.contracts.moments import SIGNING, SUBMISSION, ask_policies
from services.approvals.contracts.seeking import (
    ask_of,
    known_of,
    open_ended,
    route_of_contracts,
    subject_of,
    submission_of,
)
from services.approvals.facts import repository as known_facts
from services.approvals.requests import repository as requests
from services.approvals.requests import service as approvals
from services.approvals.requests.domain import Evidence
from services.approvals.requests.models import RequestRow
from services.approvals.requests.states import State as RequestState
from shared import audit
from shared.auth.principal import Principal, Reach
from shared.calendar import day_start, local_day
from shared.canonical import plain
from shared.errors import NotFound, Words
from shared.http.conditional import require_version
from shared.ids import new_id
from shared.policy.evaluation import Grant

EDITED: Words = {"en": "the contract was changed", "zh": "合同已修改"}


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something, as far as his permission reaches, under which circumstances."""

    caller: Principal
    reach: Reach
    at: Circumstances

    @property
    def by(self) -> str:
        return self.caller.user_id


async def draft_contract(session: AsyncSession, *, account_id: str, content: Content, doing: Doing) -> ContractRow:
    """A new draft for an account within reach; raises NotFound, AccountMerged or ValidationProblem."""
    account = await known_facts.account(session, account_id)
    if account is None or not doing.reach.covers(branch=account.branch, account_id=account.id):
        raise NotFound()
    if account.goes_on_as is not None:
        raise AccountMerged(account.number, account.goes_on_as)
    contract = Contract(
        id=str(new_id()),
        number=await repository.next_number(session, year=doing.at.today.year),
        account_id=account_id,
        branch=account.branch,
        initiator=doing.by,
        state=State.DRAFT,
        revision=1,
        content=_checked(content, at=doing.at),
    )
    row = await repository.add_contract(session, contract)
    await _note(session, contract, "draft", doing=doing)
    return row


def _checked(content: Content, *, at: Circumstances) -> Content:
    """Raises ValidationProblem for whatever no contract may say, and for one worth nothing or more than any."""
    amount = worth(checked(content), open_ended=open_ended(at))
    check_worth(amount, rented=bool(content.monthly_rent_minor))
    return content


async def edit_contract(
    session: AsyncSession, contract_id: str, content: Content, *, expected_version: int, doing: Doing
) -> ContractRow:
    """Change what a contract says; while its request is pending this withdraws it and makes a new revision (S-G1).

    Raises NotFound, PreconditionFailed, ContractNotInState or ValidationProblem.
    """
    row = await _lock_with_request(session, contract_id, doing=doing)
    require_version(row.version, expected=expected_version)
    before = repository.contract_of(row)
    after = revise(before, _checked(content, at=doing.at))
    if before.state is State.SUBMITTED:
        await approvals.withdraw_superseded(session, subject_of(before), because=EDITED, by=doing.by, at=doing.at)
    await repository.save_contract(session, row, after)
    await _note(session, after, "edit", doing=doing, changed=_changed(before.content, content))
    return row


async def _lock_with_request(session: AsyncSession, contract_id: str, *, doing: Doing) -> ContractRow:
    """Request first, contract second: the order in which a decision takes them, so that neither waits for the other."""
    seen = await repository.contract_to_read(session, contract_id, reach=doing.reach)
    submission = repository.contract_of(seen).submission
    if submission is not None:
        await requests.request_for_update(session, submission.request_id)
    return await repository.contract_for_update(session, contract_id, reach=doing.reach)


def _changed(before: Content, after: Content) -> list[str]:
    return [field.name for field in fields(Content) if getattr(before, field.name) != getattr(after, field.name)]


async def submit_contract(session: AsyncSession, contract_id: str, *, doing: Doing) -> ContractRow:
    """Ask the policies of the moment, freeze the route, and open its first step.

    Raises NotFound, ContractNotInState, BackdatedWithoutReason, ConditionsNotMet, NoExchangeRate, UnknownRoute or
    InitiatorNotAdmitted.
    """
    row = await repository.contract_for_update(session, contract_id, reach=doing.reach)
    contract = ready_to_submit(repository.contract_of(row), today=doing.at.today)
    known = await known_of(session, contract, at=doing.at)
    ask_policies(SUBMISSION, contract, ContractFacts(known), at=doing.at)
    route = route_of_contracts(doing.at)
    ask = ask_of(contract, known, route=route, by=doing.by, at=doing.at)
    request = await approvals.seek_approval(session, ask, at=doing.at)
    submitted = submit(contract, submission_of(contract, known, route, request, at=doing.at))
    await repository.save_contract(session, row, submitted)
    announce(session, submitted, "submit", at=doing.at.now)
    await _note(session, submitted, "submit", doing=doing)
    return row


async def take_answer(session: AsyncSession, request: RequestRow, *, by: str, at: Circumstances) -> None:
    """What became of a contract's request becomes of the contract, in the same transaction."""
    row = await repository.contract_for_update(session, request.subject_id)
    contract = repository.contract_of(row)
    submission = contract.submission
    if contract.state is not State.SUBMITTED or submission is None or submission.request_id != request.id:
        return
    if request.state == RequestState.GRANTED and request.granted_at is not None:
        after = approve(contract, Approval(request.content_hash, request.granted_at, request.lasts_until))
        announce(session, after, "approve", at=at.now)
    elif request.state in (RequestState.REJECTED, RequestState.RETURNED, RequestState.WITHDRAWN):
        after = send_back(contract)
    else:
        return
    await repository.save_contract(session, row, after)
    repository.note_move(session, after, f"request_{request.state}", by=by, at=at.now)


async def sign_contract(
    session: AsyncSession, contract_id: str, *, signed_on: date, evidence: Evidence, doing: Doing
) -> ContractRow:
    """Record the signature after asking everything again: papers, approval, account, floors (S-G10).

    Raises NotFound, ContractNotInState, ConditionsNotMet, ApprovalNeeded, SignedInTheFuture or SignedBeforeApproval.
    """
    row = await repository.contract_for_update(session, contract_id, reach=doing.reach)
    contract = repository.contract_of(row)
    approved_on = local_day(contract.approval.granted_at, doing.at.zone) if contract.approval else doing.at.today
    signed = sign(contract, signed_on=signed_on, approved_on=approved_on, today=doing.at.today)
    facts = ContractFacts(await known_of(session, contract, at=doing.at))
    grants = await _grants_of_lines(session, contract, at=doing.at)
    ask_policies(SIGNING, contract, facts, grants=grants, at=doing.at)
    row.signature = plain(evidence)
    await repository.save_contract(session, row, signed)
    announce(session, signed, "sign", at=doing.at.now)
    await _note(session, signed, "sign", doing=doing)
    return row


async def _grants_of_lines(session: AsyncSession, contract: Contract, *, at: Circumstances) -> list[Grant]:
    """What was granted for the contract's lines, as approvals' own files say; each until its terms' last day."""
    grants = []
    for line in contract.content.lines:
        granted = line.exception and await requests.granted_for(session, line.exception.subject_id)
        if granted and line.exception:
            ends = [day_start(line.exception.valid_until, at.zone), *filter(None, [granted.lasts_until])]
            route = granted.policy.partition("@")[0]
            grants.append(Grant(granted.id, route, str(line.line), granted.granted_at or at.now, min(ends)))
    return grants


async def activate_contract(session: AsyncSession, contract_id: str, *, active_on: date, doing: Doing) -> ContractRow:
    """The signed contract begins to work; raises NotFound, ContractNotInState or ActiveBeforeSignature."""
    row = await repository.contract_for_update(session, contract_id, reach=doing.reach)
    active = activate(repository.contract_of(row), active_on=active_on, today=doing.at.today)
    await repository.save_contract(session, row, active)
    announce(session, active, "activate", at=doing.at.now)
    await _note(session, active, "activate", doing=doing)
    return row


async def _note(
    session: AsyncSession, contract: Contract, move: str, *, doing: Doing, changed: Sequence[str] = ()
) -> None:
    repository.note_move(session, contract, move, by=doing.by, at=doing.at.now, changed=changed)
    detail = {"revision": contract.revision, "state": contract.state, "changed": list(changed)}
    await audit.append(
        session, audit.Entry(doing.at.now, doing.by, f"contract.{move}", f"contract/{contract.id}", detail)
    )
