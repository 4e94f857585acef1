"""No day is of two memberships: one that runs into the next ends where that one begins."""

from alembic import op

revision = "accounts_0025"
down_revision = "accounts_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A trusted extension: the owner of the database may add it.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("""
        UPDATE membership SET left_on = next.enrolled_on
        FROM (SELECT id, lead(enrolled_on) OVER (PARTITION BY account_id ORDER BY enrolled_on, recorded_at, id)
                     AS enrolled_on FROM membership) AS next
        WHERE next.id = membership.id AND next.enrolled_on < coalesce(membership.left_on, 'infinity')
    """)
    op.execute("""
        UPDATE programme_membership SET leaves_on = next.starts_on
        FROM (SELECT id, lead(starts_on) OVER (PARTITION BY account_id, programme ORDER BY starts_on, admitted_at, id)
                     AS starts_on FROM programme_membership) AS next
        WHERE next.id = programme_membership.id
          AND next.starts_on < coalesce(programme_membership.leaves_on, 'infinity')
    """)
    op.execute("""
        ALTER TABLE membership ADD CONSTRAINT ex_membership_no_day_twice
            EXCLUDE USING gist (account_id WITH =, daterange(enrolled_on, left_on) WITH &&)
    """)
    op.execute("""
        ALTER TABLE programme_membership ADD CONSTRAINT ex_programme_membership_no_day_twice
            EXCLUDE USING gist (account_id WITH =, programme WITH =, daterange(starts_on, leaves_on) WITH &&)
    """)


def downgrade() -> None:
    op.drop_constraint("ex_programme_membership_no_day_twice", "programme_membership")
    op.drop_constraint("ex_membership_no_day_twice", "membership")
