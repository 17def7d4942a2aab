"""When a stage of a picture was drawn over by the next: it goes a while later."""

from alembic import op

revision = "0022"
down_revision = "0021"

SUPERSEDED = """
ALTER TABLE pictures ADD COLUMN superseded_at timestamptz;
CREATE INDEX ix_pictures_superseded ON pictures (superseded_at) WHERE superseded_at IS NOT NULL;
GRANT UPDATE (superseded_at) ON pictures TO potluck_app;
"""
# What a crash has left there.
LEFT = """
UPDATE pictures older SET superseded_at = now() WHERE EXISTS (
    SELECT FROM pictures newer
    WHERE newer.generation_id = older.generation_id AND newer.id > older.id
);
"""


def upgrade() -> None:
    op.execute(SUPERSEDED)
    op.execute(LEFT)
