"""Refuses a policy before anyone can propose it: each finding has a code, a path and a sentence in both languages."""

from collections.abc import Collection, Iterable, Iterator

from shared.policy.findings import Code, Finding, catalogue, finding, in_sheet
from shared.policy.forms import Benefit, Conditions, Document, Route, Scorecard, TableDocument
from shared.policy.lint.benefits import check_benefit
from shared.policy.lint.cells import check_table_document
from shared.policy.lint.conditions import check_conditions
from shared.policy.lint.heads import check_head
from shared.policy.lint.library import Library
from shared.policy.lint.references import check_circles
from shared.policy.lint.routes import check_escalation, check_route
from shared.policy.lint.scorecards import check_scorecard
from shared.policy.lint.stacking import check_stacking
from shared.policy.loader import Placed
from shared.policy.registry import Registry

__all__ = ["Code", "Finding", "Library", "catalogue", "finding", "in_sheet", "lint", "lint_pack"]


def lint(documents: Iterable[Document], registry: Registry, holders: Collection[str] | None = None) -> list[Finding]:
    """All that is wrong with documents that will be in force together, in their order.

    `holders` are the roles that somebody holds; without them it is not asked whether roles are held.
    """
    given = tuple(documents)
    library = Library.of(given, registry, holders)
    found = [*_twice(given)]
    for document in library.documents.values():
        found.extend(check_head(document, library))
        found.extend(_form(document, library))
    return [*found, *check_stacking(library), *check_escalation(library), *check_circles(library)]


def lint_pack(placed: Iterable[Placed], registry: Registry) -> list[Finding]:
    """`lint` for a folder of policies, and whether each lies in the folder of its service under its own name."""
    given = tuple(placed)
    library = Library.of((one.document for one in given), registry)
    found = lint((one.document for one in given), registry)
    for one in given:
        expected = library.mounted_in(one.document)
        if expected is not None and expected != one.service:
            found.append(finding("service_wrong", one.document.id, "", expected=expected, given=one.service))
        if one.file != f"{one.document.id}.yaml":
            found.append(finding("id_not_file_name", one.document.id, "id", id=one.document.id, file=one.file))
    return found


def _twice(documents: Iterable[Document]) -> Iterator[Finding]:
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            yield finding("id_twice", document.id, "id", id=document.id)
        seen.add(document.id)


def _form(document: Document, library: Library) -> Iterator[Finding]:
    match document:
        case Conditions():
            return check_conditions(document, library)
        case Scorecard():
            return check_scorecard(document, library)
        case Benefit():
            return check_benefit(document, library)
        case Route():
            return check_route(document, library)
        case TableDocument():
            return check_table_document(document, library)
