"""Value segments and needs over HTTP (A3)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.api import AccountId
from services.accounts.edge import Here
from services.accounts.explanations import Explained, explained
from services.accounts.ratings.kept_decisions import whole_decisions
from services.accounts.segments import repository, service
from services.accounts.segments.models import SegmentRow
from services.accounts.segments.schemas import NeedOut, Needs, NeedsOut, SegmentOut, SegmentSpan
from services.accounts.shown import two_digits
from services.accounts.standing import Standing, standing_on
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day, Moment
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.plan import Plans, TablePlan
from shared.policy.rulebook import Rulebook

router = Router(tags=["ratings"])
Reader = Annotated[Principal, allowed("classes.read")]
OnDay = Annotated[Day | None, Query(description="in force on this local day; today where left out")]
KnownAt = Annotated[Moment | None, Query(description="as it was known at this instant; now where left out")]


@router.get("/accounts/{account_id}/segments")
async def read_segment(
    account_id: AccountId,
    caller: Reader,
    session: Session,
    here: Here,
    policies: Policies,
    as_of: OnDay = None,
    known_at: KnownAt = None,
) -> SegmentOut:
    """Core, potential or general on any day as known at any instant, with what the account needs (A3)."""
    who = here.by(caller, "classes.read")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    on, known_by = as_of or who.today, known_at or who.now
    rows = await repository.segments_of(session, account_id=account.id, known_at=known_by)
    standing = standing_on(standings(rows), on, known_by)
    noted = await repository.needs_of(session, account_id=account.id, known_at=known_by)
    return SegmentOut(
        account_id=account.id,
        as_of=on,
        known_at=known_by,
        segment=standing.word if standing else None,
        valid_from=standing.valid_from if standing else None,
        needs=shown_needs(noted.tags if noted else (), policies.in_force(who.today)),
        history=[shown_span(row) for row in rows],
    )


@router.get("/accounts/{account_id}/segments/explanation")
async def explain_segment(
    account_id: AccountId, caller: Reader, session: Session, here: Here, as_of: OnDay = None
) -> Explained:
    """Why the segment of a day is what it is, criterion by criterion (A3). 404 where there is none."""
    who = here.by(caller, "classes.read")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    rows = await repository.segments_of(session, account_id=account.id, known_at=who.now)
    found = standing_on(standings(rows), as_of or who.today, who.now)
    for row, standing in zip(rows, standings(rows), strict=True):
        if standing is found or standing == found:
            return explained({"decisions": await whole_decisions(session, kept=[row.decision])}, here)
    raise NotFound({"en": "The account has no segment on that day.", "zh": "客户当日没有价值分类。"})


@router.put("/accounts/{account_id}/needs")
async def note_needs(
    account_id: AccountId,
    body: Needs,
    caller: Annotated[Principal, allowed("accounts.write")],
    session: Session,
    here: Here,
    policies: Policies,
) -> NeedsOut:
    """Note everything the account needs, of products and of service (A3)."""
    who = here.by(caller, "accounts.write")
    account = await dossiers.account_going_on(session, account_id=account_id, reach=who.reach)
    plans = policies.in_force(who.today)
    row = await service.note_needs(session, account_id=account.id, tags=body.tags, rules=Rulebook(plans), who=who)
    return NeedsOut(
        account_id=account.id,
        needs=shown_needs(row.tags, plans),
        noted_by=row.noted_by,
        recorded_at=row.recorded_at,
    )


def standings(rows: Sequence[SegmentRow]) -> list[Standing]:
    return [Standing(row.segment, row.valid_from, row.recorded_at) for row in rows]


def shown_needs(tags: Sequence[str], plans: Plans) -> list[NeedOut]:
    table = plans.by_id.get(service.NEED_TAGS)
    known = {str(row["tag"]): row for row in table.rows} if isinstance(table, TablePlan) else {}
    return [_shown_need(tag, known.get(tag)) for tag in tags]


def _shown_need(tag: str, row: object) -> NeedOut:
    if row is None:
        return NeedOut(tag=tag, kind=None, title=None)
    return NeedOut(tag=tag, kind=str(row["kind"]), title=dict(row["title"]))  # type: ignore[index]


def shown_span(row: SegmentRow) -> SegmentSpan:
    fields = {name: getattr(row, name) for name in SegmentSpan.model_fields if name != "score"}
    return SegmentSpan(score=two_digits(row.score), **fields)
