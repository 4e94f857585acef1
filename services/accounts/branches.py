"""The house's branches are the rows of the table `branches`: whatever belongs to a branch belongs to one of them."""

from typing import Any

from shared.branches import unknown_branch
from shared.errors import ValidationProblem
from shared.policy.plan import Plans, TablePlan

BRANCHES = "branches"


def branches_of(plans: Plans) -> frozenset[str]:
    """The branches named by the table in force; none where nobody has published it."""
    plan = plans.by_id.get(BRANCHES)
    return frozenset(str(row["branch"]) for row in plan.rows) if isinstance(plan, TablePlan) else frozenset()


def branches_by_name(plans: Plans) -> dict[str, str]:
    """Every name a branch goes by (its id, its English and its Chinese title) and its id."""
    plan = plans.by_id.get(BRANCHES)
    rows = plan.rows if isinstance(plan, TablePlan) else ()
    found = {str(row["branch"]): str(row["branch"]) for row in rows}
    titled: list[tuple[Any, str]] = [(row.get("title"), str(row["branch"])) for row in rows]
    return {name: branch for title, branch in titled if title for name in (title.en, title.zh)} | found


class UnknownBranch(ValidationProblem):
    """422 at `/branch`."""

    def __init__(self, branch: str) -> None:
        super().__init__(errors=[unknown_branch(branch)])
