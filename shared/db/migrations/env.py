"""Migrations run inside the caller's connection and transaction."""

from alembic import context
from alembic.operations.ops import MigrationScript

from shared.db.migrate import service_metadata


def _own_branch_only(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    """A drafted revision that would change nothing is not written."""
    if directives and directives[0].upgrade_ops is not None and directives[0].upgrade_ops.is_empty():
        directives.clear()


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=service_metadata(context.config.attributes["service"]),
    process_revision_directives=_own_branch_only,
)
context.run_migrations()
