"""Rooms have a host, seats and an end; rounds have a clock and somebody who pays; drafts stay."""

from alembic import op

revision = "0012"
down_revision = "0011"

ROOMS = """
ALTER TABLE rooms
    ADD COLUMN host_id bigint CONSTRAINT fk_rooms_host_id_users REFERENCES users,
    ADD COLUMN seats smallint NOT NULL DEFAULT 8
        CONSTRAINT ck_rooms_seats CHECK (seats BETWEEN 2 AND 8),
    ADD COLUMN active_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN closed_at timestamptz,
    ADD CONSTRAINT ck_rooms_closed CHECK (closed_at IS NULL OR host_id IS NULL);
UPDATE rooms SET host_id = (
    SELECT user_id FROM room_members WHERE room_id = rooms.id AND left_at IS NULL
    ORDER BY joined_at, seat LIMIT 1
);
CREATE INDEX ix_rooms_open ON rooms (active_at) WHERE closed_at IS NULL;
"""

ROUNDS = """
ALTER TABLE rounds
    ADD COLUMN treated_by bigint CONSTRAINT fk_rounds_treated_by_users REFERENCES users,
    ADD COLUMN closes_at timestamptz;
CREATE INDEX ix_rounds_closes_at ON rounds (closes_at)
    WHERE phase = 'collecting' AND closes_at IS NOT NULL;
"""

DRAFTS = """
CREATE TABLE drafts (
    room_id bigint NOT NULL
        CONSTRAINT fk_drafts_room_id_rooms REFERENCES rooms ON DELETE CASCADE,
    user_id bigint NOT NULL CONSTRAINT fk_drafts_user_id_users REFERENCES users,
    text text NOT NULL CONSTRAINT ck_drafts_text CHECK (char_length(text) BETWEEN 1 AND 280),
    CONSTRAINT pk_drafts PRIMARY KEY (room_id, user_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON drafts TO potluck_app;
"""

# A closed room takes nobody in: who joins while it closes waits for the lock, and is refused.
NOBODY_AFTERWARDS = """
CREATE FUNCTION refuse_closed_rooms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM rooms WHERE id = NEW.room_id AND closed_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'room % is closed', NEW.room_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER room_members_of_open_rooms BEFORE INSERT ON room_members
    FOR EACH ROW EXECUTE FUNCTION refuse_closed_rooms();
CREATE TRIGGER rounds_of_open_rooms BEFORE INSERT ON rounds
    FOR EACH ROW EXECUTE FUNCTION refuse_closed_rooms();
"""


def upgrade() -> None:
    for statements in (ROOMS, ROUNDS, DRAFTS, NOBODY_AFTERWARDS):
        op.execute(statements)
