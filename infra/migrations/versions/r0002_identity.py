"""The store's identity: which store it is, and which life of it; it is filled when first asked."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"

_metadata = sa.MetaData()
sa.Table(
    "store_identity",
    _metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("store", sa.Uuid(native_uuid=False), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.CheckConstraint("one = 1", name="store_identity_one"),
)


def upgrade() -> None:
    """Make the table."""
    _metadata.create_all(op.get_bind())
