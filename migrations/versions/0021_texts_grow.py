"""What a text has grown by since all of it was last written: see `Generation.tail`."""

from alembic import op

revision = "0021"
down_revision = "0020"

TAIL = """
ALTER TABLE generations ADD COLUMN tail text NOT NULL DEFAULT ''
    CONSTRAINT ck_generations_tail CHECK (tail = '' OR ended_at IS NULL);
"""


def upgrade() -> None:
    op.execute(TAIL)
