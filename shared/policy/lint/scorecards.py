"""A scorecard's weights sum to a hundred, its criteria score from 0 to 100, and each score has its grade."""

from collections.abc import Iterator

from shared.policy.findings import Finding, finding
from shared.policy.forms import Criterion, Scorecard
from shared.policy.lint.library import Library
from shared.policy.lint.measures import Asker, check_condition, check_measure
from shared.policy.lint.rows import SCORE, axis_of, check_table
from shared.policy.table import Row


def check_scorecard(document: Scorecard, library: Library) -> Iterator[Finding]:
    for index, subject in enumerate(document.subjects):
        if subject not in library.registry.subjects:
            path = "subject" if isinstance(document.subject, str) else f"subject[{index}]"
            yield finding("subject_unknown", document.id, path, subject=subject)
    known = [subject for subject in document.subjects if subject in library.registry.subjects]
    if known:
        yield from _facts(document, known, library)
    total = sum(criterion.weight for criterion in document.criteria)
    if total != 100:
        yield finding("weights_not_100", document.id, "criteria", sum=total)
    yield from check_table(document.id, document.grades, SCORE, "grades", needs_mode=False)
    yield from _grades(document)
    if document.confirm is not None and not library.is_form(document.confirm, "route"):
        yield finding("route_unknown", document.id, "confirm", route=document.confirm)


def _facts(document: Scorecard, subjects: list[str], library: Library) -> Iterator[Finding]:
    """Each subject must find its facts; what is wrong for several is said once."""
    seen: set[tuple[str, str]] = set()
    for subject in subjects:
        services = frozenset({library.registry.subjects[subject].service})
        asker = Asker(document.id, subject, library.registry.reach(subject), frozenset(services), library)
        for found in (*check_condition(asker, document.scope, "scope"), *_criteria(asker, document)):
            if (found.code, found.path) not in seen:
                seen.add((found.code, found.path))
                yield found


def _criteria(asker: Asker, document: Scorecard) -> Iterator[Finding]:
    for index, criterion in enumerate(document.criteria):
        path = f"criteria[{index}]"
        yield from check_measure(asker, criterion.measure, f"{path}.measure")
        yield from _scores(document.id, criterion, f"{path}.table")
        fact = asker.library.registry.facts.get(criterion.measure.fact)
        if fact is not None:
            axis = axis_of(fact, criterion.measure.currency)
            yield from check_table(document.id, criterion.table, axis, f"{path}.table", needs_mode=False)


def _scores(policy: str, criterion: Criterion, path: str) -> Iterator[Finding]:
    for index, row in enumerate(criterion.table.rows):
        if row.score is None or not 0 <= row.score <= 100:
            yield finding("score_out_of_range", policy, f"{path}.rows[{index}].score", given=row.score)
        if given := _rewards(row):
            yield finding("row_result", policy, f"{path}.rows[{index}]", given=", ".join(("score", *given)))


def _grades(document: Scorecard) -> Iterator[Finding]:
    for index, row in enumerate(document.grades.rows):
        if not row.grade or row.title is None:
            yield finding("grade_incomplete", document.id, f"grades.rows[{index}]")
        if given := [*_rewards(row), *(["score"] if row.score is not None else [])]:
            yield finding("row_result", document.id, f"grades.rows[{index}]", given=", ".join(("grade", *given)))


def _rewards(row: Row) -> list[str]:
    names = ("rate", "amount", "each", "goods", "coupon", "service", "ask", "nothing")
    return [name for name in names if getattr(row, name) is not None]
