"""What is said, in every service, of a branch that the house's table does not name."""

from shared.errors import FieldError, Words


def unknown_branch(branch: str) -> FieldError:
    """At `/branch`; a blank is asked for a name."""
    unnamed: Words = {"en": "name a branch", "zh": "须指明分公司"}
    unknown: Words = {"en": f"no branch is called {branch}", "zh": f"没有名为{branch}的分公司"}
    return FieldError("/branch", "unknown_branch", unknown if branch.strip() else unnamed)
