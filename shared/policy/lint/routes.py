"""A route names known roles that somebody holds, is certain to be decided, and escalates to somewhere."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from shared.policy.findings import Finding, finding
from shared.policy.forms import AllSteps, AnyStep, AtLeastSteps, Route, Step, inside, leaves
from shared.policy.lint.library import Library
from shared.policy.lint.measures import Asker, check_condition
from shared.policy.lint.paths import check_paths

_DECIDING = ("review", "approve")
_SIMPLE = re.compile(r"PT?(?P<count>\d+)(?P<unit>[DH])")


def check_route(document: Route, library: Library) -> Iterator[Finding]:
    policy = document.id
    if document.subject not in library.registry.subjects:
        yield finding("subject_unknown", policy, "subject", subject=document.subject)
        return
    reach = library.registry.reach(document.subject)
    asker = Asker(policy, document.subject, reach, frozenset({"approvals"}), library)
    for path, step in _walk(document.steps, "steps"):
        yield from check_condition(asker, step.when, f"{path}.when")
        yield from _step(policy, path, step)
    yield from _roles(document, library)
    yield from _ids(document)
    if not _certain(document.steps):
        yield finding("no_certain_decision", policy, "steps")
    yield from check_paths(document, _walk(document.steps, "steps"))
    yield from check_condition(asker, document.reopens, "reopens")
    yield from _limits(document)
    yield from _clock(document, library)


def _walk(steps: Iterable[AnyStep], path: str) -> Iterator[tuple[str, AnyStep]]:
    for index, step in enumerate(steps):
        place = f"{path}[{index}]"
        yield place, step
        word = "all" if isinstance(step, AllSteps) else "of" if isinstance(step, AtLeastSteps) else "any"
        yield from _walk(inside(step), f"{place}.{word}")


def _step(policy: str, path: str, step: AnyStep) -> Iterator[Finding]:
    match step:
        case Step(kind="approve", evidence=()):
            yield finding("evidence_missing", policy, f"{path}.evidence")
        case Step(kind="review" | "act" | "copy", evidence=(_, *_)):
            yield finding("evidence_refused", policy, f"{path}.evidence")
        case AtLeastSteps(at_least=needed, of=steps) if needed > len(steps):
            yield finding("quorum_impossible", policy, f"{path}.at_least", needed=needed, count=len(steps))


def _roles(document: Route, library: Library) -> Iterator[Finding]:
    named = [(f"initiators[{index}]", role) for index, role in enumerate(document.initiators)]
    acting = [(f"{path}.role", step.role) for path, step in _walk(document.steps, "steps") if isinstance(step, Step)]
    acting.append(("sla.escalate_to", document.sla.escalate_to))
    for path, role in (*named, *acting):
        if role not in library.roles and role not in library.duties:
            yield finding("role_unknown", document.id, path, role=role)
    if library.holders is None:
        return
    for path, role in acting:
        for behind in sorted(library.roles_behind(role) - set(library.holders)):
            if behind in library.roles:
                yield finding("role_without_holder", document.id, path, role=behind)


def _ids(document: Route) -> Iterator[Finding]:
    ids = Counter(step.id for _, step in _walk(document.steps, "steps"))
    for path, step in _walk(document.steps, "steps"):
        if ids[step.id] > 1:
            ids[step.id] = 0
            yield finding("step_id_twice", document.id, f"{path}.id", id=step.id)


def _limits(document: Route) -> Iterator[Finding]:
    """A limit is of a term, against today, another term, or a field the approval is bound to."""
    known = {"today", *document.terms, *(f"asked.{name}" for name in document.bound_to)}
    for index, limit in enumerate(document.limits):
        path = f"limits[{index}]"
        named = [(f"{path}.term", limit.term)]
        named += [(f"{path}.when.term", limit.when.term)] if limit.when else []
        for place, term in named:
            if term not in document.terms:
                yield finding("limit_term_unknown", document.id, place, term=term)
        for word, reference in limit.comparisons:
            if reference not in known - {limit.term}:
                yield finding("limit_reference_unknown", document.id, f"{path}.{word}", reference=reference)


def _certain(steps: Iterable[AnyStep]) -> bool:
    """Some review or approval happens whatever the facts are and whoever is quicker."""
    for step in steps:
        if step.when is not None:
            continue
        if isinstance(step, Step) and step.kind in _DECIDING:
            return True
        if isinstance(step, AllSteps) and _certain(step.all):
            return True
    return False


def check_escalation(library: Library) -> Iterator[Finding]:
    """Who is late in any route is escalated to somebody; following that must come to an end."""
    routes = [document for document in library.documents.values() if isinstance(document, Route)]
    upwards: dict[str, set[str]] = {}
    for route in routes:
        for role in _late_roles(route, library):
            upwards.setdefault(role, set()).update(library.roles_behind(route.sla.escalate_to))
    for route in routes:
        for role in sorted(_late_roles(route, library)):
            if circle := _way_back(role, library.roles_behind(route.sla.escalate_to), upwards):
                yield finding("escalation_circle", route.id, "sla.escalate_to", circle=" → ".join(circle))
                break


def _late_roles(route: Route, library: Library) -> set[str]:
    deciding = [step.role for step in leaves(route.steps) if step.kind in _DECIDING]
    return {behind for role in deciding for behind in library.roles_behind(role)}


def _way_back(role: str, first: Iterable[str], upwards: Mapping[str, set[str]]) -> list[str]:
    """The shortest way by which an escalation returns to its role; empty where it never does."""
    ways = [[role, above] for above in sorted(first)]
    seen: set[str] = set()
    for way in ways:
        if way[-1] == role:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways.extend([*way, above] for above in sorted(upwards.get(way[-1], ())))
    return []


def _clock(document: Route, library: Library) -> Iterator[Finding]:
    sla = document.sla
    if not library.is_form(sla.calendar, "table"):
        yield finding("calendar_unknown", document.id, "sla.calendar", calendar=sla.calendar)
    remind, each = _SIMPLE.fullmatch(sla.remind), _SIMPLE.fullmatch(sla.each)
    # Hours and days of business time compare only through the calendar, so other pairs are left to it.
    if remind and each and remind["unit"] == each["unit"] and int(remind["count"]) >= int(each["count"]):
        yield finding("reminder_late", document.id, "sla.remind", remind=sla.remind, each=sla.each)
