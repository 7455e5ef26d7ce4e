"""Far branches: when each was heard, and what they sent that could not be recorded."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

_metadata = sa.MetaData()
sa.Table(
    "far_branches",
    _metadata,
    sa.Column("branch", sa.Text, primary_key=True),
    sa.Column("store", sa.Text, primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("heard_at", sa.BigInteger, nullable=False),
)
sa.Table(
    "far_set_aside",
    _metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("branch", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
)


def upgrade() -> None:
    """Make the tables."""
    _metadata.create_all(op.get_bind())
