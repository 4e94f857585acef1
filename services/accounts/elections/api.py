"""Elections over HTTP (A12)."""

from typing import Annotated

from fastapi import Path, Query

from services.accounts.dossiers import repository as dossiers
from services.accounts.edge import Here
from services.accounts.elections import repository, service
from services.accounts.elections.models import ElectionRow
from services.accounts.elections.schemas import ElectionOut, Elections, NewElection
from services.accounts.explanations import Explained, explained
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["programmes"])


@router.post("/elections", status_code=201)
async def elect(
    body: NewElection,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("elections.make")],
) -> ElectionOut:
    """What an account chooses of a programme, subsidy or discount, by a named person, for some days (A12, P4).

    Without `valid_from` it starts as soon as it may: the next day, a switch on the first day of the next month.
    """
    who = here.by(caller, "elections.make")
    await dossiers.locked_account(session, account_id=body.account_id, reach=who.reach)
    return shown_election(
        await service.elect(session, request=body, rules=Rulebook(policies.in_force(who.today)), who=who)
    )


@router.get("/elections")
async def list_elections(
    session: Session,
    caller: Annotated[Principal, allowed("elections.read")],
    account_id: Annotated[str, Query(description="the account whose elections are asked for")],
) -> Elections:
    """Every election of an account, in the order in which they were made; a later one does not erase an earlier one."""
    await dossiers.account(session, account_id=account_id, reach=caller.reach("elections.read"))
    rows = await repository.elections(session, account_id=account_id)
    return Elections(items=[shown_election(row) for row in rows])


@router.get("/elections/{election_id}/explanation")
async def explain_election(
    election_id: Annotated[str, Path(description="the election's id")],
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("elections.read")],
) -> Explained:
    """Which conditions the election met, in words."""
    found = await repository.election(session, election_id=election_id, reach=caller.reach("elections.read"))
    return explained(found.decision, here)


def shown_election(row: ElectionRow) -> ElectionOut:
    return ElectionOut(**{name: getattr(row, name) for name in ElectionOut.model_fields})
