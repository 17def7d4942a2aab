"""What a member's statement reads: rows in the order of their times, and when payments failed."""

from alembic import op

revision = "0007"
down_revision = "0006"

# The newest page of a long history reads a page's worth of rows. Within one account the order
# of ids is that of times, so nothing else needs the indexes that these replace.
INDEXES = """
CREATE INDEX ix_transfers_account_id_created_at ON transfers (account_id, created_at);
DROP INDEX ix_transfers_account_id;
CREATE INDEX ix_holds_account_id_created_at ON holds (account_id, created_at);
CREATE INDEX ix_holds_account_id_ended_at ON holds (account_id, ended_at);
DROP INDEX ix_holds_account_id;
"""

# Whoever writes that a payment failed, the time stands beside it.
FAILURES = """
ALTER TABLE purchases ADD COLUMN failed_at timestamptz;
CREATE FUNCTION note_purchase_failed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.failed_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER purchases_note_failed BEFORE UPDATE ON purchases
    FOR EACH ROW WHEN (NEW.state = 'failed' AND OLD.state <> 'failed')
    EXECUTE FUNCTION note_purchase_failed();
"""


def upgrade() -> None:
    for statements in (INDEXES, FAILURES):
        op.execute(statements)
