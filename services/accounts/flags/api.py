"""Flags over HTTP: what documents recorded about accounts."""

from typing import Annotated

from fastapi import Query

from services.accounts.edge import Here
from services.accounts.flags.models import Flag
from services.accounts.flags.repository import flags_within
from services.accounts.flags.schemas import FlagOut
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.policy.explain import explain
from shared.policy.speech import Language
from shared.trace import Decision

router = Router(tags=["work"])


@router.get("/flags")
async def list_flags(
    session: Session,
    asked: PageQuery,
    here: Here,
    caller: Annotated[Principal, allowed("flags.read")],
    account_id: Annotated[str | None, Query(description="about this account")] = None,
    code: Annotated[str | None, Query(description="of this kind", examples=["return_visit_default"])] = None,
    period: Annotated[str | None, Query(description="of this day, month or quarter", examples=["2021-03"])] = None,
) -> Page[FlagOut]:
    """What documents found missing or due, once for each account and period, newest first."""
    query = flags_within(caller.reach("flags.read"))
    for column, wanted in ((Flag.account_id, account_id), (Flag.code, code), (Flag.period, period)):
        query = query if wanted is None else query.where(column == wanted)
    return await read_page(
        session, query, asked=asked, by=newest_first(Flag.id), show=lambda flag: shown_flag(flag, here.language)
    )


def shown_flag(flag: Flag, language: Language) -> FlagOut:
    fields = {name: getattr(flag, name) for name in FlagOut.model_fields if name != "reasons"}
    return FlagOut(reasons=list(explain(Decision.read_plain(flag.decision), language)), **fields)
