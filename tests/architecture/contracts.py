"""A contract of the import linter: some modules, and the services' modules they use, import nothing but the listed."""

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PureContract(Contract):
    """`modules` (wildcards allowed) may import the standard library, `allowed` and each other.

    A module of their own service that one of them imports must obey the same; what `allowed` imports is its own affair.
    """

    type_name = "pure"

    modules = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed: set[str] = set(self.contract_options["allowed"])
        wrong: set[tuple[str, str]] = set()
        waiting = {name for each in self._expressions() for name in graph.find_matching_modules(each)}
        seen: set[str] = set()
        while waiting:
            importer = waiting.pop()
            seen.add(importer)
            for imported in graph.find_modules_directly_imported_by(importer):
                if imported.startswith("services."):
                    waiting |= {imported} - seen
                elif not _is_pure(imported, allowed):
                    wrong.add((importer, imported))
        return ContractCheck(kept=not wrong, metadata={"wrong": sorted(wrong)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["wrong"]:
            output.print_error(f"{importer} may not import {imported}")

    def _expressions(self) -> list[str]:
        modules: Any = self.modules
        return [module.expression for module in modules]


def _is_pure(imported: str, allowed: set[str]) -> bool:
    if imported.partition(".")[0] in sys.stdlib_module_names:
        return True
    return any(imported == name or imported.startswith(f"{name}.") for name in allowed)
