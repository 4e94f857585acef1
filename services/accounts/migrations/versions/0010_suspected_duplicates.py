"""What dossiers are recognised by, and pairs that may be one customer.

Dossiers of before get their keys when they change; those of their name and telephone are made here, by the same
letters and digits, so that a dossier opened tomorrow finds them.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0010"
down_revision = "accounts_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_match_key",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_match_key_account_id")),
        sa.PrimaryKeyConstraint("account_id", "reason", "key", name=op.f("pk_account_match_key")),
    )
    op.create_index("ix_account_match_key_key", "account_match_key", ["key", "reason"])
    op.create_table(
        "duplicate_suspicion",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("first_id", sa.String(), nullable=False),
        sa.Column("second_id", sa.String(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dismissed_because", sa.String(), nullable=True),
        sa.Column("dismissed_by", sa.String(), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_duplicate_suspicion_pair")),
        sa.ForeignKeyConstraint(["first_id"], ["account.id"], name=op.f("fk_duplicate_suspicion_first_id")),
        sa.ForeignKeyConstraint(["second_id"], ["account.id"], name=op.f("fk_duplicate_suspicion_second_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_suspicion")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_duplicate_suspicion_first_id")),
    )
    op.create_index(op.f("ix_duplicate_suspicion_second_id"), "duplicate_suspicion", ["second_id"])
    _recognise_those_of_before()


# The rules of the day this was written, kept with it: a later change of them must not change what this did.
FORMS = frozenset(
    ("ag", "co", "company", "corp", "corporation", "gmbh", "inc", "limited", "llc", "ltd", "plc",
     "sa", "sarl", "sarlu", "sas", "sasu", "societe", "sprl", "the")
)  # fmt: skip
CHINESE_FORMS = ("股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "公司", "集团")
PART = re.compile(r"[^\W_]+")


def _recognise_those_of_before() -> None:
    connection = op.get_bind()
    insert = sa.text("INSERT INTO account_match_key VALUES (:account_id, :reason, :key) ON CONFLICT DO NOTHING")
    names = connection.execute(sa.text("SELECT id, legal_name, phone FROM account")).all()
    licences = sa.text("SELECT account_id AS id, number FROM account_paper WHERE type = 'business_licence'")
    found = [(row.id, "name", _name(row.legal_name)) for row in names]
    found += [(row.id, "phone", _digits(row.phone)) for row in names if row.phone]
    found += [(row.id, "licence", _letters(row.number)) for row in connection.execute(licences)]
    least = {"name": 1, "phone": 7, "licence": 4}
    rows = [
        {"account_id": account_id, "reason": reason, "key": key[-9:] if reason == "phone" else key}
        for account_id, reason, key in found
        if len(key) >= least[reason]
    ]
    for start in range(0, len(rows), 5000):
        connection.execute(insert, rows[start : start + 5000])


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(letter for letter in apart if not unicodedata.combining(letter)))


def _name(name: str) -> str:
    parts = PART.findall(_bare(name).replace(".", ""))
    joined = "".join([part for part in parts if part not in FORMS] or parts)
    form = next((form for form in CHINESE_FORMS if joined.endswith(form) and joined != form), "")
    return joined.removesuffix(form)


def _letters(number: str) -> str:
    return "".join(PART.findall(_bare(number)))


def _digits(phone: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", phone) if letter.isdecimal())
