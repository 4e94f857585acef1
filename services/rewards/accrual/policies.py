"""The benefits rewards carries out, compiled once per epoch of what is published."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.judging import Judge
from services.rewards.accrual.plans import Plan
from shared.policy.benefit import BenefitPlan
from shared.policy.compiled import CompiledPolicies, PolicySet
from shared.policy.forms import Benefit


class PublishedBenefits:
    """Every version of every benefit with a time of payment: a price takes effect in a quote, and is none of ours."""

    def __init__(self, compiled: CompiledPolicies | None = None) -> None:
        self._compiled = compiled or CompiledPolicies()
        self._epoch = -1
        self._judges: Mapping[str, Judge] = {}

    async def judges(self, session: AsyncSession) -> Mapping[str, Judge]:
        """By `id@version`, as this transaction sees them."""
        published = await self._compiled.current(session)
        if published.epoch != self._epoch:
            self._judges = judges_of(published)
            self._epoch = published.epoch
        return self._judges


def judges_of(published: PolicySet) -> dict[str, Judge]:
    """The rewards among the published documents, each with its evaluator."""
    found: dict[str, Judge] = {}
    for one in published.versions:
        if isinstance(one.document, Benefit) and one.document.timing is not None:
            program = published.plan(one.policy, on=one.document.valid.from_)
            assert isinstance(program, BenefitPlan)
            found[one.policy] = Judge(Plan(one.document, one.version, one.withdrawn), program)
    return found
