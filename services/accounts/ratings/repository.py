"""Queries over whom a run rates, what else than orders it rests on, and what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.domain import AccountMerged
from services.accounts.dossiers.models import Account
from services.accounts.ratings.domain import ClassFact
from services.accounts.ratings.facts import Assessed, Span
from services.accounts.ratings.models import (
    Assessment,
    ClassRow,
    FrozenBaseline,
    RateRow,
    RatingProposal,
    RatingRun,
)
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.errors import NotFound
from shared.money import ExchangeRate

FREEZE = text("""
    INSERT INTO rating_baseline (account_id, first, until, currency, paid_minor, recorded_at)
    SELECT *, CAST(:recorded_at AS timestamptz)
    FROM unnest(CAST(:accounts AS text[]), CAST(:firsts AS date[]), CAST(:untils AS date[]),
                CAST(:currencies AS text[]), CAST(:paid AS bigint[]))
    ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Step:
    """A run goes from one account id to another, and so many were rated and proposed on the way."""

    run_id: str
    after: str
    to: str
    rated: int
    proposed: int


@dataclass(frozen=True, slots=True)
class AccountsWanted:
    """Accounts by id, or all within reach that no other goes on for; `opened_before` leaves out later ones."""

    reach: Reach
    account_ids: Collection[str] | None = None
    opened_before: datetime | None = None


async def baselines_of(
    session: AsyncSession, *, account_ids: Collection[str], spans: Collection[Span]
) -> dict[str, dict[Span, int]]:
    """What was frozen of each account's purchases in these spans."""
    wanted = tuple_(FrozenBaseline.first, FrozenBaseline.until, FrozenBaseline.currency)
    query = select(FrozenBaseline).where(FrozenBaseline.account_id.in_(account_ids), wanted.in_(list(spans)))
    found: dict[str, dict[Span, int]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.account_id, {})[Span(row.first, row.until, row.currency)] = row.paid_minor
    return found


async def freeze_baselines(
    session: AsyncSession, *, frozen: Sequence[tuple[str, Span, int]], recorded_at: datetime
) -> None:
    """Keep `(account_id, span, paid_minor)`; what was frozen before stays as it was (S-A8)."""
    if not frozen:
        return
    columns = {
        "accounts": [account_id for account_id, _, _ in frozen],
        "firsts": [span.first for _, span, _ in frozen],
        "untils": [span.until for _, span, _ in frozen],
        "currencies": [span.currency for _, span, _ in frozen],
        "paid": [paid for _, _, paid in frozen],
    }
    await session.execute(FREEZE, columns | {"recorded_at": recorded_at})


async def assessments_of(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[Assessed]]:
    found: dict[str, list[Assessed]] = {}
    for row in await session.scalars(select(Assessment).where(Assessment.account_id.in_(account_ids))):
        assessed = Assessed(row.id, row.fact, row.value, row.assessed_on, row.expires_on)
        found.setdefault(row.account_id, []).append(assessed)
    return found


async def exchange_rates(session: AsyncSession) -> tuple[ExchangeRate, ...]:
    rows = await session.scalars(select(RateRow))
    return tuple(ExchangeRate(row.base, row.quote, row.rate, row.day, row.source) for row in rows)


async def accounts_to_rate(
    session: AsyncSession, *, wanted: AccountsWanted, after: str, most: int
) -> Sequence[Row[str, str, str]]:
    """The next `(id, number, branch)` by id of the accounts wanted."""
    query = select(Account.id, Account.number, Account.branch).where(_reached(wanted), Account.id > after)
    return (await session.execute(query.order_by(Account.id).limit(most))).all()


async def check_all_are_there(session: AsyncSession, *, wanted: AccountsWanted) -> None:
    """Raises NotFound for an account that is named and not there for the caller, AccountMerged for one merged away."""
    if wanted.account_ids is None:
        return
    rows = await session.execute(select(Account.id, Account.merged_into).where(_reached(wanted)))
    found = {row.id: row.merged_into for row in rows}
    missing = set(wanted.account_ids) - set(found)
    if missing:
        raise NotFound({"en": f"There is no account {min(missing)}.", "zh": f"没有客户{min(missing)}。"})
    for account_id, heir in sorted(found.items()):
        if heir is not None:
            raise AccountMerged(account_id, heir)


def _reached(wanted: AccountsWanted) -> ColumnElement[bool]:
    kept = [within(wanted.reach, branch=Account.branch, account=Account.id)]
    if wanted.account_ids is None:
        kept.append(Account.merged_into.is_(None))
    else:
        kept.append(Account.id.in_(wanted.account_ids))
    if wanted.opened_before is not None:
        kept.append(Account.opened_at < wanted.opened_before)
    return and_(*kept)


async def locked_proposal(session: AsyncSession, *, proposal_id: str) -> RatingProposal | None:
    return await session.scalar(select(RatingProposal).where(RatingProposal.id == proposal_id).with_for_update())


async def proposal(session: AsyncSession, *, proposal_id: str, reach: Reach) -> RatingProposal:
    found: RatingProposal | None = await session.scalar(seen_proposals(reach).where(RatingProposal.id == proposal_id))
    if found is None:
        raise NotFound({"en": f"There is no rating proposal {proposal_id}.", "zh": f"没有评级建议{proposal_id}。"})
    return found


def seen_proposals(reach: Reach) -> Select[Any]:
    seen = within(reach, branch=Account.branch, account=Account.id)
    return select(RatingProposal).join(Account, Account.id == RatingProposal.account_id).where(seen)


async def periods_rated(session: AsyncSession) -> list[str]:
    """The keys of the periods whose run has ended."""
    query = select(RatingRun.period).where(RatingRun.period.is_not(None), RatingRun.ended_at.is_not(None))
    return [key for key in await session.scalars(query) if key is not None]


async def broken_off(session: AsyncSession, *, keys: Sequence[str]) -> RatingRun | None:
    """The oldest run that the end of one of these periods started and that has not ended."""
    query = select(RatingRun).where(RatingRun.period.in_(keys), RatingRun.ended_at.is_(None)).order_by(RatingRun.period)
    found: RatingRun | None = await session.scalar(query.limit(1))
    return found


async def advance_run(session: AsyncSession, *, step: Step) -> bool:
    """Whether the run stood where the portion begins, and now stands at its end: of two who rate it one goes on."""
    moved = (
        update(RatingRun)
        .where(RatingRun.id == step.run_id, RatingRun.rated_to == step.after, RatingRun.ended_at.is_(None))
        .values(rated_to=step.to, rated=RatingRun.rated + step.rated, proposed=RatingRun.proposed + step.proposed)
        .returning(RatingRun.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(moved) is not None


async def end_run(session: AsyncSession, *, run_id: str, now: datetime) -> None:
    ended = update(RatingRun).where(RatingRun.id == run_id).values(ended_at=now)
    await session.execute(ended.execution_options(synchronize_session=False))


async def how_many(session: AsyncSession, *, wanted: AccountsWanted, after: str) -> int:
    """Accounts that a run has to rate yet."""
    query = select(func.count()).select_from(Account).where(_reached(wanted), Account.id > after)
    return int(await session.scalar(query) or 0)


async def classes_of(session: AsyncSession, *, account_id: str) -> list[ClassRow]:
    """Every class ever recorded, in the order in which it was."""
    query = select(ClassRow).where(ClassRow.account_id == account_id)
    return list(await session.scalars(query.order_by(ClassRow.recorded_at, ClassRow.id)))


async def classes_of_all(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[ClassFact]]:
    found: dict[str, list[ClassFact]] = {}
    query = select(ClassRow).where(ClassRow.account_id.in_(account_ids)).order_by(ClassRow.id)
    for row in await session.scalars(query):
        found.setdefault(row.account_id, []).append(class_fact(row))
    return found


def class_fact(row: ClassRow) -> ClassFact:
    return ClassFact(row.grade, row.valid_from, row.valid_until, row.recorded_at)
