"""Which role may do what, and how far: one table, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from shared.errors import Words

TABLE = Path(__file__).with_name("permissions.yaml")
ANYONE = "anyone"  # every active user, whatever the roles


class Scope(StrEnum):
    """How far a permission reaches: everything, the holding's branch, or only what is one's own."""

    ALL = "all"
    BRANCH = "branch"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Permission:
    name: str
    title: Words
    roles: Mapping[str, Scope]


@dataclass(frozen=True, slots=True)
class Role:
    """`held_by` is "person", "machine", "either" or "nobody"."""

    name: str
    branch_scoped: bool
    held_by: str


@dataclass(frozen=True, slots=True)
class PermissionTable:
    roles: Mapping[str, Role]
    permissions: Mapping[str, Permission]

    def __getitem__(self, name: str) -> Permission:
        return self.permissions[name]

    @property
    def names(self) -> Sequence[str]:
        return tuple(self.permissions)

    def __contains__(self, name: str) -> bool:
        return name in self.permissions


@cache
def permission_table() -> PermissionTable:
    """The table as committed; raises ValueError where it names a role that does not exist."""
    return read_table(TABLE.read_text(encoding="utf-8"))


def read_table(text: str) -> PermissionTable:
    """Parse a table; raises ValueError for an unknown role, an unknown scope or a missing translation."""
    raw = YAML(typ="safe").load(text)
    roles = {name: Role(name, row["branch_scoped"], row.get("held_by", "person")) for name, row in raw["roles"].items()}
    permissions = {name: _permission(name, row, known=roles) for name, row in raw["permissions"].items()}
    return PermissionTable(roles, permissions)


def _permission(name: str, row: Mapping[str, Mapping[str, str]], *, known: Mapping[str, Role]) -> Permission:
    unknown = set(row["roles"]) - set(known) - {ANYONE}
    if unknown:
        raise ValueError(f"{name} is given to unknown roles: {', '.join(sorted(unknown))}")
    if set(row["title"]) != {"en", "zh"}:
        raise ValueError(f"{name} needs its title in en and zh")
    return Permission(
        name,
        {"en": row["title"]["en"], "zh": row["title"]["zh"]},
        {role: Scope(scope) for role, scope in row["roles"].items()},
    )
