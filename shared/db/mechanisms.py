"""The tables every service's database has beside its own: events out and in, keys, clock, people, audit."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.metadata import NAMING

metadata = MetaData(naming_convention=NAMING)


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()"))


outbox = Table(
    "outbox",
    metadata,
    Column("pos", BigInteger, Identity(always=True), nullable=False),
    Column("event_id", Uuid, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition_key", Text, nullable=False),
    Column("aggregatetype", Text, nullable=False),
    Column("aggregateid", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("aggregate_seq", BigInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    _now("created_at"),
    UniqueConstraint("pos"),
    UniqueConstraint("topic", "aggregateid", "aggregate_seq"),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "1000"},
)

# Marking a row as published moves it here: one write less an event than marking it first and moving it later.
event_archive = Table(
    "event_archive",
    metadata,
    Column("day", Date, primary_key=True),
    Column("feed_pos", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition_key", Text, nullable=False),
    Column("aggregatetype", Text, nullable=False),
    Column("aggregateid", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("aggregate_seq", BigInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    _moment("created_at"),
    _moment("published_at"),
    Index("ix_event_archive_feed_pos", "feed_pos"),
)

feed_head = Table(
    "feed_head",
    metadata,
    Column("id", Boolean, CheckConstraint("id", name="one_row"), primary_key=True),
    Column("last_pos", BigInteger, nullable=False),
)

aggregate_sequence = Table(
    "aggregate_sequence",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("aggregate_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    _now("received_at"),
)

stream_position = Table(
    "stream_position",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("aggregateid", Text, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
)

held_event = Table(
    "held_event",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition_key", Text, nullable=False),
    Column("aggregateid", Text, nullable=False),
    Column("aggregate_seq", BigInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    _now("held_at"),
    Index("ix_held_event_next", "consumer", "topic", "aggregateid", "aggregate_seq"),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition_key", Text, nullable=False),
    Column("aggregateid", Text, nullable=False),
    Column("aggregate_seq", BigInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("arrival", BigInteger, Identity(always=True), nullable=False),
    Column("blocks", Boolean, nullable=False),
    _now("parked_at"),
    _moment("resolved_at", nullable=True),
    Column("resolved_by", Text),
    Index(
        "ix_dead_letter_open",
        "consumer",
        "partition_key",
        "arrival",
        postgresql_where=text("resolved_at IS NULL AND blocks"),
    ),
    Index("ix_dead_letter_arrival", "arrival"),
)

journal = Table(
    "journal",
    metadata,
    Column("pos", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    _moment("occurred_at"),
    _moment("recorded_at"),
    Column("payload", LargeBinary, nullable=False),
    Index("ix_journal_key", "key", "pos"),
    Index("ix_journal_recorded_at", "recorded_at"),
)

journal_fence = Table(
    "journal_fence",
    metadata,
    Column("id", Boolean, CheckConstraint("id", name="one_row"), primary_key=True),
    _moment("answered_until"),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _now("created_at"),
    Index("ix_idempotency_key_created_at", "created_at"),
)

story_clock = Table(
    "story_clock",
    metadata,
    Column("id", Boolean, CheckConstraint("id", name="one_row"), primary_key=True),
    _moment("story_at"),
    _moment("set_at"),
)

person = Table(
    "person",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("account_id", Text),
    Column("joined_on", Date),
    Column("left_on", Date),
    Column("manager_id", Text),
    Column("leaves", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
)

role_holding = Table(
    "role_holding",
    metadata,
    Column("holding_id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("branch", Text),
    Column("department", Text),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="ends_after_it_began"),
    Index("ix_role_holding_user_id", "user_id"),
    Index("ix_role_holding_role", "role"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("pos", BigInteger, Identity(always=True), primary_key=True),
    _moment("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Index("ix_audit_entry_subject", "subject", "pos"),
)

audit_block = Table(
    "audit_block",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("first_pos", BigInteger, nullable=False),
    Column("last_pos", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    _now("sealed_at"),
)

policy_version = Table(
    "policy_version",
    metadata,
    Column("policy_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("service", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("maker", Text, nullable=False),
    Column("checker", Text, nullable=False),
    Column("retroactive_reason", Text),
    _moment("published_at"),
    CheckConstraint("version >= 1", name="numbered_from_one"),
    CheckConstraint("maker <> checker", name="two_persons"),
)

policy_withdrawal = Table(
    "policy_withdrawal",
    metadata,
    Column("policy_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("checker", Text, nullable=False),
    _moment("withdrawn_at"),
    CheckConstraint("maker <> checker", name="two_persons"),
)

# Either a document to come, or the version that it takes back.
policy_draft = Table(
    "policy_draft",
    metadata,
    Column("draft_id", Uuid, primary_key=True),
    Column("policy_id", Text, nullable=False),
    Column("document", JSONB(none_as_null=True)),
    Column("withdraws", Integer),
    Column("reason", Text),
    Column("based_on", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("endorsements", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("checker", Text),
    _moment("drafted_at"),
    _moment("proposed_at", nullable=True),
    _moment("published_at", nullable=True),
    CheckConstraint("(document IS NULL) <> (withdraws IS NULL)", name="one_purpose"),
    CheckConstraint("state IN ('draft', 'proposed', 'published')", name="known_state"),
    CheckConstraint("maker <> checker", name="two_persons"),
    Index("ix_policy_draft_policy_id", "policy_id", "draft_id"),
)

policy_epoch = Table(
    "policy_epoch",
    metadata,
    Column("id", Boolean, CheckConstraint("id", name="one_row"), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
)
