"""Classes set by hand over HTTP (A5)."""

from typing import Annotated

from fastapi import Path, Query, Response

from services.accounts.dossiers import repository as dossiers
from services.accounts.edge import Here
from services.accounts.overrides import repository
from services.accounts.overrides.domain import OverrideState
from services.accounts.overrides.models import ClassOverride
from services.accounts.overrides.schemas import NewOverride, OverrideOut
from services.accounts.overrides.service import ask_override
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["ratings"])


@router.post("/rating-overrides", status_code=201)
async def ask_for_override(
    body: NewOverride,
    session: Session,
    here: Here,
    policies: Policies,
    response: Response,
    caller: Annotated[Principal, allowed("ratings.override")],
) -> OverrideOut:
    """Ask for a class set by hand, with a reason and an end; once granted it stands above ratings until then (A5)."""
    who = here.by(caller, "ratings.override")
    account = await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    rules = Rulebook(policies.in_force(who.today))
    row = await ask_override(session, account=account, request=body, rules=rules, who=who)
    response.headers["Location"] = f"/v1/rating-overrides/{row.id}"
    return shown(row)


@router.get("/rating-overrides")
async def list_overrides(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("classes.read")],
    account_id: Annotated[str | None, Query(description="of this account")] = None,
    state: Annotated[OverrideState | None, Query(description="in this state")] = None,
) -> Page[OverrideOut]:
    """Classes set by hand that the caller may see, the oldest first (A5)."""
    query = repository.seen_overrides(caller.reach("classes.read"))
    if account_id is not None:
        query = query.where(ClassOverride.account_id == account_id)
    if state is not None:
        query = query.where(ClassOverride.state == state)
    return await read_page(session, query, asked=asked, by=oldest_first(ClassOverride.id), show=shown)


@router.get("/rating-overrides/{override_id}")
async def read_override(
    override_id: Annotated[str, Path(description="the override's id")],
    session: Session,
    caller: Annotated[Principal, allowed("classes.read")],
) -> OverrideOut:
    """One class set by hand (A5)."""
    reach = caller.reach("classes.read")
    return shown(await repository.override(session, override_id=override_id, reach=reach))


def shown(row: ClassOverride) -> OverrideOut:
    return OverrideOut(**{name: getattr(row, name) for name in OverrideOut.model_fields})
