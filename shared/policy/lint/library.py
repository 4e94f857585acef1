"""The documents lint looks at together, and what they define for each other: roles, groups, budgets, goods."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.policy.forms import Benefit, Document, TableDocument, TableRow
from shared.policy.registry import Registry, Service, mounting_service


@dataclass(frozen=True)
class Library:
    """Documents by id with the registry; `holders` are the roles somebody holds, none where that is not known."""

    documents: Mapping[str, Document]
    registry: Registry
    holders: Collection[str] | None = None

    @classmethod
    def of(cls, documents: Iterable[Document], registry: Registry, holders: Collection[str] | None = None) -> "Library":
        return cls({document.id: document for document in documents}, registry, holders)

    def table_rows(self, table: str) -> tuple[TableRow, ...]:
        document = self.documents.get(table)
        return document.rows if isinstance(document, TableDocument) else ()

    def column(self, table: str, column: str) -> frozenset[str]:
        return frozenset(str(row[column]) for row in self.table_rows(table) if column in row)

    @cached_property
    def roles(self) -> frozenset[str]:
        return self.column("roles", "role")

    @cached_property
    def duties(self) -> Mapping[str, TableRow]:
        return {str(row["duty"]): row for row in self.table_rows("duties") if "duty" in row}

    @cached_property
    def groups(self) -> Mapping[str, TableRow]:
        """Stacking groups by name, in their order."""
        rows = self.table_rows("stacking-groups")
        return {str(row["group"]): row for row in rows if {"group", "family", "within"} <= row.keys()}

    @cached_property
    def families(self) -> Mapping[str, str]:
        return {name: str(row["family"]) for name, row in self.groups.items()}

    @cached_property
    def members(self) -> Mapping[str, list[Benefit]]:
        """The benefits of each stacking group."""
        found: dict[str, list[Benefit]] = defaultdict(list)
        for document in self.documents.values():
            if isinstance(document, Benefit):
                found[document.stacking].append(document)
        return found

    def is_form(self, policy: str, form: str) -> bool:
        document = self.documents.get(policy)
        return document is not None and document.form == form

    def mounted_in(self, document: Document) -> Service | None:
        return mounting_service(document, self.registry, self.families)

    def roles_behind(self, role: str) -> frozenset[str]:
        """The roles that can fill a role or a duty; none where persons resolve it (a line manager)."""
        duty = self.duties.get(role)
        if duty is None:
            return frozenset({role})
        return frozenset(str(duty[where]) for where in ("head_office", "branch") if where in duty)
