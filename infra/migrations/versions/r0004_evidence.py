"""Evidence: the leaves of the tree over all events, each day's signed head, what checks found."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"

_metadata = sa.MetaData()
sa.Table(
    "evidence_leaves",
    _metadata,
    sa.Column("chunk", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("leaves", sa.LargeBinary, nullable=False),
    sa.Column("positions", sa.LargeBinary, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
)
sa.Table(
    "evidence_heads",
    _metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("store", sa.Uuid(native_uuid=False), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("signed_at", sa.BigInteger, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)
sa.Table(
    "evidence_checks",
    _metadata,
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("findings", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("differences", sa.BigInteger, nullable=False),
    sa.Column("compared", sa.Boolean, nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    sa.Column("milliseconds", sa.BigInteger, nullable=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
)


def upgrade() -> None:
    """Make the tables."""
    _metadata.create_all(op.get_bind())
