"""The first: events with the function that appends them, vault, log-ins, what was told.

A database of the release before, which made its tables itself, is taken over: its tables of vault
and log-ins stay as they are, its events move into the compact table, at the same positions.
"""

import sqlalchemy as sa
from alembic import op

from infra.database import advisory_key

revision, down_revision = "0001", None

_FORMER = "qolhat_events"  # made by the library
_EVENTS = """
CREATE TABLE stored_events (
  position bigint NOT NULL,
  stream uuid NOT NULL,
  version integer NOT NULL,
  topic text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL
)"""
# Rows are only ever appended: nothing is to be left free in pages, and an insert must trigger
# vacuuming seldom, for the visibility map and against the wrap-around of transaction ids.
_STORAGE = """
ALTER TABLE stored_events SET (
  fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.2,
  autovacuum_analyze_scale_factor = 0.05
)"""
_KEYS = """
ALTER TABLE stored_events
  ADD PRIMARY KEY (position) WITH (fillfactor = 100),
  ADD UNIQUE (stream, version)"""
_STAFF = """
CREATE INDEX stored_events_prs_dev_plc_tms ON stored_events (position)
  WHERE substr(topic, 1, 4) IN ('prs.', 'dev.', 'plc.', 'tms.')"""
_TAKE_OVER = f"""
INSERT INTO stored_events (position, stream, version, topic, state)
SELECT notification_id, originator_id, originator_version, topic, convert_from(state, 'UTF8')
FROM {_FORMER} ORDER BY notification_id"""  # noqa: S608
# Volatile, so that each statement sees what was committed before it began: the second one what the
# writer before has stored, whose lock ended with its commit.
_APPEND = """
CREATE FUNCTION {schema}.qolhat_append(
  streams uuid[], versions integer[], topics text[], states text[]
) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
  last bigint;
BEGIN
  PERFORM pg_advisory_xact_lock({key});
  SELECT coalesce(max(e.position), 0) INTO last FROM {schema}.stored_events e;
  INSERT INTO {schema}.stored_events (position, stream, version, topic, state)
  SELECT last + one.place, one.stream, one.version, one.topic, one.state
  FROM unnest(streams, versions, topics, states)
    WITH ORDINALITY AS one (stream, version, topic, state, place);
  RETURN last + cardinality(streams);
END
$body$"""

_metadata = sa.MetaData()
sa.Table(
    "vault_records",
    _metadata,
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("stored_at", sa.BigInteger, nullable=False),
)
sa.Table(
    "vault_hashes",
    _metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    sa.Column("ref", sa.Text, primary_key=True, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
)
sa.Table(
    "vault_pictures",
    _metadata,
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("stored_at", sa.BigInteger, nullable=False),
)
sa.Table(
    "vault_erasures",
    _metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("erased_at", sa.BigInteger, nullable=False),
    sa.Column("erased_by", sa.BigInteger, nullable=False),
)
sa.Table(
    "vault_proof",
    _metadata,
    sa.Column("one", sa.Integer, primary_key=True),
    sa.Column("proof", sa.LargeBinary, nullable=False),
)
sa.Table(
    "accounts",
    _metadata,
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("login_hash", sa.LargeBinary, unique=True),
    sa.Column("login_sealed", sa.LargeBinary),
    sa.Column("password_hash", sa.Text),
    sa.Column("pin_hash", sa.Text),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
)
sa.Table(
    "log_in_guesses",
    _metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("name_hash", sa.LargeBinary, nullable=False, index=True),
    sa.Column("address_hash", sa.LargeBinary, nullable=False, index=True),
    sa.Column("was_right", sa.Boolean, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
)
sa.Table(
    "sessions",
    _metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("person", sa.BigInteger, nullable=False, index=True),
    sa.Column("station", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
)
sa.Table(
    "stations",
    _metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.BigInteger),
    sa.Column("first_seen", sa.BigInteger, nullable=False),
    sa.Column("last_seen", sa.BigInteger, nullable=False),
    sa.Column("turned_away", sa.Boolean, nullable=False),
)
sa.Table(
    "access_looks",
    _metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("person", sa.BigInteger, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("station", sa.BigInteger, nullable=False),
    sa.Index("access_looks_subject_at", "subject", "at"),
    sa.Index("access_looks_person_at", "person", "at"),
)
sa.Table(
    "warnings_told",
    _metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("due_at", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("clock", sa.Text, primary_key=True),
    sa.Column("told_at", sa.BigInteger, nullable=False),
)


def upgrade() -> None:
    """Make what is missing, and take the former events over."""
    connection = op.get_bind()
    _metadata.create_all(connection)
    for statement in (_EVENTS, _STORAGE):
        connection.exec_driver_sql(statement)
    if sa.inspect(connection).has_table(_FORMER):
        _take_over(connection)
    for statement in (_KEYS, _STAFF, _append(connection)):
        connection.exec_driver_sql(statement)


def _take_over(connection: sa.Connection) -> None:
    # A server of the former release may still be writing; it fails from here on.
    connection.exec_driver_sql(f"LOCK TABLE {_FORMER} IN ACCESS EXCLUSIVE MODE")
    connection.exec_driver_sql(_TAKE_OVER)
    connection.exec_driver_sql(f"DROP TABLE {_FORMER}")


def _append(connection: sa.Connection) -> str:
    """Write the function out: it must find its table whatever the caller's search path."""
    schema = connection.execute(sa.select(sa.func.current_schema())).scalar_one()
    quoted = connection.dialect.identifier_preparer.quote_identifier(schema)
    return _APPEND.format(schema=quoted, key=advisory_key("append", schema))
