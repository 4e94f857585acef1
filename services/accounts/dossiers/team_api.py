"""Who does which duty for an account, day by day, over HTTP (I1)."""

from typing import Annotated

from fastapi import Query, Response

from services.accounts.dossiers import repository, team
from services.accounts.dossiers.api import AccountId
from services.accounts.dossiers.schemas import Team, TeamOut
from services.accounts.dossiers.shown import shown_team
from services.accounts.edge import Here
from shared.auth.principal import Principal
from shared.http.conditional import IfMatchOnceThere, PreconditionRequired, require_version, show_version
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day, Moment
from shared.http.routes import Router

router = Router(tags=["accounts"])


@router.get("/accounts/{account_id}/team")
async def read_team(
    account_id: AccountId,
    session: Session,
    response: Response,
    caller: Annotated[Principal, allowed("accounts.read")],
    on: Annotated[
        Day | None, Query(description="who works for the account on this local day; every day's left out")
    ] = None,
    known_at: Annotated[
        Moment | None, Query(description="as it was recorded by then; as it is now where left out")
    ] = None,
) -> TeamOut:
    """Who works for the account, by day; its ETag is the version that the next change names (I1)."""
    account = await repository.account(session, account_id=account_id, reach=caller.reach("accounts.read"))
    rows = await repository.team(session, account_id=account.id, on=on, known_at=known_at)
    show_version(response, account.version)
    return shown_team(account, rows)


@router.put("/accounts/{account_id}/team")
async def set_team(
    account_id: AccountId,
    body: Team,
    session: Session,
    here: Here,
    response: Response,
    expected: IfMatchOnceThere,
    caller: Annotated[Principal, allowed("teams.write")],
) -> TeamOut:
    """The account's team, past and present days included; credit follows it by the order's day (S-I1).

    The first team needs no If-Match; whoever changes one names the version he has seen.
    """
    who = here.by(caller, "teams.write")
    account = await repository.locked_account(session, account_id=account_id, reach=who.reach)
    if expected is not None:
        require_version(account.version - 1, expected=expected)
    elif await repository.team(session, account_id=account.id):
        raise PreconditionRequired
    rows = await team.set_team(session, account=account, request=body, who=who)
    show_version(response, account.version)
    return shown_team(account, rows)
