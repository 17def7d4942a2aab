"""Accounts that are deleted or banned: what stays of them, and what must happen at once."""

from alembic import op

revision = "0010"
down_revision = "0009"

# The row stays, since the ledger and shared sheets refer to it; who it was does not.
DEPARTURES = """
ALTER TABLE users ADD COLUMN deleted_at timestamptz;

CREATE TABLE former_identities (
    digest bytea NOT NULL CONSTRAINT pk_former_identities PRIMARY KEY
        CONSTRAINT ck_former_identities_digest CHECK (octet_length(digest) = 32),
    parted_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON former_identities TO potluck_app;
"""

# Somebody may buy, sit down or sign in at the very moment in which they leave in another tab.
# The lock makes one wait for the other, and then it is refused.
NOTHING_AFTERWARDS = """
CREATE FUNCTION refuse_those_who_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = NEW.user_id AND deleted_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user % has left', NEW.user_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sessions_of_members BEFORE INSERT ON sessions
    FOR EACH ROW WHEN (NEW.user_id IS NOT NULL) EXECUTE FUNCTION refuse_those_who_left();
CREATE TRIGGER identities_of_members BEFORE INSERT ON identities
    FOR EACH ROW EXECUTE FUNCTION refuse_those_who_left();
CREATE TRIGGER purchases_of_members BEFORE INSERT ON purchases
    FOR EACH ROW WHEN (NEW.state = 'created') EXECUTE FUNCTION refuse_those_who_left();
CREATE TRIGGER saved_cards_of_members BEFORE INSERT ON saved_cards
    FOR EACH ROW EXECUTE FUNCTION refuse_those_who_left();
CREATE TRIGGER room_members_of_members BEFORE INSERT ON room_members
    FOR EACH ROW EXECUTE FUNCTION refuse_those_who_left();
"""

FORFEITS = """
ALTER TABLE transfers DROP CONSTRAINT ck_transfers_kind;
ALTER TABLE transfers ADD CONSTRAINT ck_transfers_kind CHECK (kind IN ('topup', 'grant', 'capture',
    'refund', 'refund_failed', 'dispute', 'dispute_won', 'repayment', 'forfeit'));
"""

# A ban keeps the session rows, which say why somebody is out; their sockets must close at once.
BANS = """
CREATE FUNCTION notify_sessions_of_banned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('session_ended', id || ' banned') FROM sessions WHERE user_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER users_banned AFTER UPDATE OF banned_at ON users
    FOR EACH ROW WHEN (OLD.banned_at IS NULL AND NEW.banned_at IS NOT NULL)
    EXECUTE FUNCTION notify_sessions_of_banned();
"""


def upgrade() -> None:
    for statements in (DEPARTURES, NOTHING_AFTERWARDS, FORFEITS, BANS):
        op.execute(statements)
