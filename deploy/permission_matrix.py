"""Writes which role reaches which route, and how far, from the routes and the permission table."""

import importlib
from collections.abc import Iterator, Mapping, Sequence

from fastapi import FastAPI

from deploy.configuration import service_settings
from shared.auth.permissions import ANYONE, PermissionTable, Scope, permission_table
from shared.http.routes import is_public, permissions_of, routes_of

HEAD = """# Who may do what

Generated from the routes and `shared/auth/permissions.yaml` by `make schemas`; don't edit. A route names one
permission; a role reaches it as far as the permission's row says, on the days the role is held.

A cell says what a role may do in **own / other** branches: `● ●` everywhere, `● –` only in the branch in which the
role is held, `○ –` only what is the caller's own (his account, his person), `– –` nothing. What lies outside the reach
is not found (404) or not in the list; a route that is not the role's at all is refused (403). Every route
marked `anyone` is open to each active user. Public routes need no token.
"""
MARKS = {Scope.ALL: "● ●", Scope.BRANCH: "● –", Scope.OWN: "○ –"}
NOTHING = "– –"
GROUP = 7  # so many roles side by side can still be read


def permission_matrix() -> Mapping[str, str]:
    """The generated file by its path under the project's root."""
    parts = [HEAD]
    for service, settings in service_settings():
        app: FastAPI = importlib.import_module(f"services.{service}.app").make_app(settings())
        parts += _section(service, sorted(set(_rows(app))), permission_table())
    return {"docs/permissions.md": "\n".join(parts)}


def reach_of(table: PermissionTable, permission: str, role: str) -> Scope | None:
    """How far a permission goes for somebody who holds only this role; None where he has it not."""
    granted = table[permission].roles
    return granted.get(role, granted.get(ANYONE))


def _rows(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """`(path, method, permission)`; the permission of a public route is empty."""
    for route in routes_of(app):
        permission = "" if is_public(route.dependant) else next(permissions_of(route.dependant))
        for method in route.methods or ():
            yield str(route.path_format), method, permission


def _section(service: str, rows: Sequence[tuple[str, str, str]], table: PermissionTable) -> Iterator[str]:
    yield f"## {service}\n"
    public = [f"`{method} {path}`" for path, method, permission in rows if not permission]
    if public:
        yield f"Public: {', '.join(public)}.\n"
    guarded = [row for row in rows if row[2]]
    roles = [role.name for role in table.roles.values() if role.held_by != "nobody"]
    for start in range(0, len(roles), GROUP):
        shown = roles[start : start + GROUP]
        yield f"| route | permission | {' | '.join(shown)} |"
        yield f"|---|---|{'---|' * len(shown)}"
        for path, method, permission in guarded:
            cells = (reach_of(table, permission, role) for role in shown)
            marks = " | ".join(MARKS[cell] if cell else NOTHING for cell in cells)
            yield f"| `{method} {path}` | {permission} | {marks} |"
        yield ""
