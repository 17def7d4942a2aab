"""Rooms may open their doors to strangers; a purchase knows where its buyer came from."""

from alembic import op

revision = "0017"
down_revision = "0016"

COLUMNS = """
ALTER TABLE rooms ADD COLUMN doors_opened_at timestamptz,
    ADD CONSTRAINT ck_rooms_doors CHECK (closed_at IS NULL OR doors_opened_at IS NULL);
CREATE INDEX ix_rooms_doors ON rooms (doors_opened_at) WHERE doors_opened_at IS NOT NULL;
ALTER TABLE rounds ADD COLUMN is_public boolean NOT NULL DEFAULT false;
CREATE INDEX ix_rounds_public ON rounds (ended_at) WHERE is_public;
ALTER TABLE purchases ADD COLUMN return_to text CONSTRAINT ck_purchases_return_to
    CHECK (return_to ~ '^/([^/\\\\]|$)' AND char_length(return_to) <= 200);
"""

# Whoever added a line knew who was going to read it, and nobody else ever does.
CONSENT = """
CREATE FUNCTION check_round_was_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM contributions WHERE round_id = NEW.id) THEN
        RAISE EXCEPTION 'round % has lines that were not meant for strangers', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_become_public BEFORE UPDATE OF is_public ON rounds FOR EACH ROW
    WHEN (NEW.is_public AND NOT OLD.is_public) EXECUTE FUNCTION check_round_was_agreed();

CREATE FUNCTION check_doors_may_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM rounds JOIN contributions ON contributions.round_id = rounds.id
        WHERE rounds.room_id = NEW.id AND NOT rounds.is_public
    ) THEN
        RAISE EXCEPTION 'room % has lines that were not meant for strangers', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rooms_open_doors BEFORE UPDATE OF doors_opened_at ON rooms FOR EACH ROW
    WHEN (NEW.doors_opened_at IS NOT NULL AND OLD.doors_opened_at IS NULL)
    EXECUTE FUNCTION check_doors_may_open();
"""


def upgrade() -> None:
    for statements in (COLUMNS, CONSENT):
        op.execute(statements)
