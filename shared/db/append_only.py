"""Tables whose rows nobody may change or remove, not even the service's own role."""

from alembic import op

FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""


def create_refusing_function() -> None:
    """In a migration, once a database."""
    op.execute(FUNCTION)


def make_append_only(table: str) -> None:
    """In a migration: UPDATE, DELETE and TRUNCATE of `table` fail from now on."""
    op.execute(
        f"CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
