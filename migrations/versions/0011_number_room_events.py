"""A number that grows with everything that is told of a room."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE rooms ADD COLUMN event_seq bigint NOT NULL DEFAULT 0")
