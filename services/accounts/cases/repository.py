"""Queries over development cases; a caller's branches are part of the query."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.cases.models import CaseStep, DevelopmentCase
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.errors import NotFound


def cases_within(reach: Reach) -> Select[DevelopmentCase]:
    return select(DevelopmentCase).where(within(reach, branch=DevelopmentCase.branch))


async def case(session: AsyncSession, *, case_id: str, reach: Reach, lock: bool = False) -> DevelopmentCase:
    """One case the caller may see, locked until the transaction ends where asked; raises NotFound."""
    query = cases_within(reach).where(DevelopmentCase.id == case_id)
    found: DevelopmentCase | None = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound({"en": f"There is no development case {case_id}.", "zh": f"没有开发案例{case_id}。"})
    return found


async def locked_case(session: AsyncSession, *, case_id: str) -> DevelopmentCase | None:
    query = select(DevelopmentCase).where(DevelopmentCase.id == case_id).with_for_update()
    found: DevelopmentCase | None = await session.scalar(query)
    return found


async def steps(session: AsyncSession, *, case_id: str) -> Sequence[CaseStep]:
    """Every move of a case, oldest first."""
    return (await session.scalars(select(CaseStep).where(CaseStep.case_id == case_id).order_by(CaseStep.id))).all()
