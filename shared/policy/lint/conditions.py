"""A conditions document is asked at known moments, where its facts are known, and does one thing about the answer."""

from collections.abc import Iterator

from shared.policy.findings import Finding, finding
from shared.policy.forms import Action, Conditions
from shared.policy.lint.library import Library
from shared.policy.lint.measures import Asker, check_condition


def check_conditions(document: Conditions, library: Library) -> Iterator[Finding]:
    registry = library.registry
    if document.subject not in registry.subjects:
        yield finding("subject_unknown", document.id, "subject", subject=document.subject)
        return
    for index, moment in enumerate(document.at):
        if moment not in registry.moments:
            yield finding("moment_unknown", document.id, f"at[{index}]", moment=moment)
    services = registry.asked_in(document)
    asker = Asker(document.id, document.subject, registry.reach(document.subject), services, library)
    yield from check_condition(asker, document.scope, "scope")
    yield from check_condition(asker, document.require, "require")
    for path, action in (("then", document.then), ("otherwise", document.otherwise)):
        if action is not None:
            yield from _action(document.id, action, path, library)


def _action(policy: str, action: Action, path: str, library: Library) -> Iterator[Finding]:
    if sum(word is not None for word in (action.refuse, action.ask, action.flag, action.hold)) != 1:
        yield finding("action_count", policy, path)
    if action.ask is not None and not library.is_form(action.ask, "route"):
        yield finding("route_unknown", policy, f"{path}.ask", route=action.ask)
