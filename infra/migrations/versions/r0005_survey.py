"""The survey of applicants: which codes were used, and the sums of the answers."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005", "0004"

_metadata = sa.MetaData()
sa.Table(
    "survey_answered",
    _metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
)
sa.Table(
    "survey_sums",
    _metadata,
    sa.Column("month", sa.Text, primary_key=True),
    sa.Column("accepting", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("deciding", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("question", sa.Text, primary_key=True),
    sa.Column("opinion", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)


def upgrade() -> None:
    """Make the tables."""
    _metadata.create_all(op.get_bind())
