"""Membership and its tiers over HTTP (A6)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.api import AccountId
from services.accounts.edge import Here
from services.accounts.explanations import Explained, explained
from services.accounts.membership import repository, service
from services.accounts.membership.models import Enrolment, TierRow
from services.accounts.membership.schemas import Departure, MembershipOut, NewEnrolment, TierOut, TierSpan
from services.accounts.standing import Standing, standing_on
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day, Moment
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["ratings"])
Reader = Annotated[Principal, allowed("classes.read")]
Enroller = Annotated[Principal, allowed("memberships.write")]


@router.post("/accounts/{account_id}/membership", status_code=201)
async def enrol_account(
    account_id: AccountId, body: NewEnrolment, caller: Enroller, session: Session, here: Here, policies: Policies
) -> MembershipOut:
    """Enrol the account in the membership programme; its first tier is computed at once (A6)."""
    who = here.by(caller, "memberships.write")
    account = await dossiers.account_going_on(session, account_id=account_id, reach=who.reach)
    rules = Rulebook(policies.in_force(who.today))
    return shown(
        await service.enrol(session, account_id=account.id, enrolled_on=body.enrolled_on, rules=rules, who=who)
    )


@router.post("/accounts/{account_id}/membership/end", status_code=201)
async def leave_membership(
    account_id: AccountId, body: Departure, caller: Enroller, session: Session, here: Here
) -> MembershipOut:
    """End the membership; from that day on the account has no tier (A6)."""
    who = here.by(caller, "memberships.write")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    return shown(await service.leave(session, account_id=account.id, left_on=body.left_on, reason=body.reason, who=who))


@router.get("/accounts/{account_id}/tier")
async def read_tier(
    account_id: AccountId,
    caller: Reader,
    session: Session,
    here: Here,
    as_of: Annotated[Day | None, Query(description="in force on this local day; today where left out")] = None,
    known_at: Annotated[Moment | None, Query(description="as known at this instant; now where left out")] = None,
) -> TierOut:
    """The membership tier on any day as known at any instant, and a fall that is on its way (A6)."""
    who = here.by(caller, "classes.read")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    on, known_by = as_of or who.today, known_at or who.now
    rows = await repository.tiers_of(session, account_id=account.id, known_at=known_by)
    held = standing_on(standings(rows), on, known_by)
    planned = rows[-1] if rows and rows[-1].valid_from > on else None
    enrolment = await repository.enrolment_on(session, account_id=account.id, on=on)
    return TierOut(
        account_id=account.id,
        as_of=on,
        known_at=known_by,
        enrolled=enrolment is not None,
        tier=held.word if held else None,
        valid_from=held.valid_from if held else None,
        planned=shown_span(planned) if planned else None,
        history=[shown_span(row) for row in rows],
    )


@router.get("/accounts/{account_id}/tier/explanation")
async def explain_tier(account_id: AccountId, caller: Reader, session: Session, here: Here) -> Explained:
    """Why the last decision about the tier is what it is: spend, frequency, and the gap to the next (A6)."""
    who = here.by(caller, "classes.read")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    rows = await repository.tiers_of(session, account_id=account.id, known_at=who.now)
    last = next((row.decision for row in reversed(rows) if row.decision is not None), None)
    if last is None:
        raise NotFound({"en": "The account has no tier.", "zh": "客户没有会员等级。"})
    return explained({"decisions": [last]}, here)


def standings(rows: Sequence[TierRow]) -> list[Standing]:
    return [Standing(row.tier, row.valid_from, row.recorded_at) for row in rows]


def shown(row: Enrolment) -> MembershipOut:
    return MembershipOut(**{name: getattr(row, name) for name in MembershipOut.model_fields})


def shown_span(row: TierRow) -> TierSpan:
    return TierSpan(**{name: getattr(row, name) for name in TierSpan.model_fields})
