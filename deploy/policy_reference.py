"""Writes what policy owners look things up in: the facts a policy may name, and everything lint can find."""

from collections.abc import Iterator

from shared.policy.findings import catalogue
from shared.policy.registry import Fact, load_registry

FACTS_HEAD = """# Facts

Generated from `shared/policy/facts.yaml` by `make schemas`; don't edit. A policy may name only these; a fact that a
service doesn't compute yet answers *no evidence*, which is never zero and never a pass.
"""
LINT_HEAD = """# What lint finds

Generated from `shared/policy/codes.yaml` by `make schemas`; don't edit. An error keeps a policy from being proposed.
"""


def facts_reference() -> dict[str, str]:
    """The generated file by its path under the project's root."""
    return {"docs/facts.md": "\n".join([FACTS_HEAD, *_facts()])}


def lint_reference() -> dict[str, str]:
    """The generated file by its path under the project's root."""
    rows = [f"| `{name}` | {code.severity} | {code.en} | {code.zh} |" for name, code in sorted(catalogue().items())]
    return {"docs/lint-codes.md": "\n".join([LINT_HEAD, "| code | | says | 说明 |", "|---|---|---|---|", *rows, ""])}


def _facts() -> Iterator[str]:
    facts = load_registry().facts.values()
    for subject in load_registry().subjects.values():
        own = [fact for fact in facts if fact.subject[0] == subject.name]
        if not own:
            continue
        part_of = f" (part of {subject.of})" if subject.of else ""
        yield f"## {subject.name}{part_of}, kept by {subject.service}\n"
        yield "| fact | means | 含义 | type | windows | bases | computed by | how |"
        yield "|---|---|---|---|---|---|---|---|"
        yield from (_row(fact) for fact in own)
        yield ""


def _row(fact: Fact) -> str:
    kind = f"{fact.type}: {', '.join(fact.choices)}" if fact.choices else f"{fact.type}, {fact.unit}"
    cells = (
        f"`{fact.name}`",
        fact.en,
        fact.zh,
        kind,
        ", ".join(fact.windows),
        ", ".join(fact.bases),
        ", ".join(fact.services),
        fact.how,
    )
    return f"| {' | '.join(cells)} |"
