"""What several slices' routes ask for: the benefits in force, and what a caller may see of whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.judging import Judge
from services.rewards.accrual.policies import PublishedBenefits
from services.rewards.facts.models import AccountState
from services.rewards.ledger.models import PostingRow
from shared import journal
from shared.auth.principal import Reach
from shared.auth.scope import Attribute, within
from shared.errors import NotFound
from shared.http.dependencies import Now, Session
from shared.http.exchange import runtime_of
from shared.http.moments import Moment
from shared.http.problems import language_of
from shared.policy.speech import Language

KnownAt = Annotated[
    Moment | None,
    Query(description="as the system knew it at that instant (RFC 3339); absent: as it knows it now"),
]
AsOf = Annotated[Moment | None, Query(description="business time: only what had happened by that instant (RFC 3339)")]
Beneficiary = Annotated[
    str | None,
    Query(
        pattern=r"^(account|salesperson):.{1,100}$",
        description='"account:ID" or "salesperson:ID"',
        examples=["account:0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e3f"],
    ),
]


def benefits_of(request: Request) -> PublishedBenefits:
    found: PublishedBenefits = runtime_of(request).shelf.setdefault("benefits", PublishedBenefits())
    return found


async def read_judges(request: Request, session: Session) -> Mapping[str, Judge]:
    """By `id@version`, as this transaction sees them."""
    return await benefits_of(request).judges(session)


@dataclass(frozen=True, slots=True)
class KnownMoment:
    """The instant whose knowledge is asked for, and the journal position that was (None: everything)."""

    at: datetime
    until: int | None


async def read_moment(session: Session, now: Now, known_at: KnownAt = None) -> KnownMoment:
    if known_at is None:
        return KnownMoment(now, None)
    return KnownMoment(min(known_at, now), await journal.position_at(session, known_at, now=now))


Judges = Annotated[Mapping[str, Judge], Depends(read_judges)]
Known = Annotated[KnownMoment, Depends(read_moment)]


def seen_by(reach: Reach, query: Select[Any]) -> Select[Any]:
    """Only postings of accounts within the caller's reach, and his own."""
    joined = query.outerjoin(AccountState, AccountState.account_id == PostingRow.account_id)
    return joined.where(
        within(
            reach,
            branch=AccountState.branch,
            account=own_account(PostingRow.beneficiary),
            user=own_user(PostingRow.beneficiary),
        )
    )


def own_account(beneficiary: Attribute) -> ColumnElement[str]:
    return func.substring(beneficiary, "^account:(.*)$")


def own_user(beneficiary: Attribute) -> ColumnElement[str]:
    return func.substring(beneficiary, "^salesperson:(.*)$")


def language(request: Request) -> Language:
    return "zh" if language_of(request.headers) == "zh" else "en"


async def check_seen(session: AsyncSession, reach: Reach, beneficiary: str) -> None:
    """Raises NotFound for an account of another branch or another person."""
    kind, _, name = beneficiary.partition(":")
    if kind == "account":
        known = await session.get(AccountState, name)
        seen = reach.covers(branch=known.branch if known else None, account_id=name)
    else:
        seen = reach.covers(user_id=name)
    if not seen:
        raise NotFound
