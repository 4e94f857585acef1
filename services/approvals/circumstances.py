"""When, where and under which policies something is done: what every use case of approvals is given by its edge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shared.auth.permissions import permission_table
from shared.calendar import local_day
from shared.policy.plan import Plans, TablePlan
from shared.policy.route import Duty, Office

DUTIES = "duties"
BRANCHES = "branches"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`now` is aware; `plans` are the policies in force at it."""

    now: datetime
    zone: str
    plans: Plans

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    @property
    def head_office(self) -> str | None:
        """The branch whose duties are the head office's own (C2, C3), by the table of branches."""
        return next((branch for branch, is_head_office in self.branches.items() if is_head_office), None)

    @property
    def branches(self) -> Mapping[str, bool]:
        """The branches of the house, and of each whether it is the head office; none where nobody published them."""
        plan = self.plans.by_id.get(BRANCHES)
        rows = plan.rows if isinstance(plan, TablePlan) else ()
        return {str(row["branch"]): bool(row.get("head_office")) for row in rows}

    def office(self, branch: str | None) -> Office:
        """Where a request of a branch comes from, with the duties in force; the head office has no name there."""
        return Office(duties_of(self.plans), "" if branch in (None, self.head_office) else str(branch))


def duties_of(plans: Plans) -> Mapping[str, Duty]:
    """The rows of the table of duties; none where nobody has published it."""
    plan = plans.by_id.get(DUTIES)
    rows = plan.rows if isinstance(plan, TablePlan) else ()
    named = ("duty", "head_office", "branch", "department", "resolved_by")
    made = (Duty(**{name: str(row[name]) for name in named if row.get(name)}) for row in rows)
    return {duty.duty: duty for duty in made}


def branch_scoped_roles() -> frozenset[str]:
    """Roles that are held in a branch and act for it alone."""
    return frozenset(role.name for role in permission_table().roles.values() if role.branch_scoped)
