"""What the key-account list learns from other services: each department's answer, and contracts in force."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.programmes import repository, service
from shared.calendar import local_day
from shared.events.approvals import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn, StepDecided
from shared.events.contracts import ContractActivated


async def note_answer(session: AsyncSession, event: ApprovalGranted | ApprovalRejected | ApprovalWithdrawn) -> None:
    """A4: every department agreed, or one did not."""
    await service.answer_list(
        session,
        key=event.subject_id,
        revision=event.revision,
        granted=isinstance(event, ApprovalGranted),
        answered_at=event.occurred_at,
    )


async def note_department(session: AsyncSession, event: StepDecided) -> None:
    """A4: one department's head has spoken."""
    if event.subject_type == "key_account_list":
        await service.note_department(
            session,
            key=event.subject_id,
            revision=event.revision,
            step=event.step,
            decision=event.decision,
            decided_by=event.decided_by,
        )


async def note_contract(session: AsyncSession, event: ContractActivated, *, zone: str) -> None:
    """A4 asks how long contracts have run without a gap; one that names no first day runs from its activation."""
    await repository.keep_contract(
        session,
        contract_id=event.contract_id,
        account_id=event.account_id,
        valid_from=event.valid_from or local_day(event.occurred_at, zone),
        valid_until=event.valid_until,
    )
