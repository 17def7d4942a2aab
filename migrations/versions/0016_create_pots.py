"""Pots: credits that members put into a room beforehand, as holds of their own."""

from alembic import op

revision = "0016"
down_revision = "0015"

# A pot pays for nothing itself: what a round may cost is held anew, out of what it gives back.
HOLDS = """
ALTER TABLE holds ADD COLUMN room_id bigint
    CONSTRAINT fk_holds_room_id_rooms REFERENCES rooms;
ALTER TABLE holds DROP CONSTRAINT ck_holds_purpose;
ALTER TABLE holds ADD CONSTRAINT ck_holds_purpose
    CHECK (num_nonnulls(generation_id, refund_id, room_id) = 1);
ALTER TABLE holds ADD CONSTRAINT ck_holds_pot
    CHECK (room_id IS NULL OR state IN ('reserved', 'released'));
CREATE UNIQUE INDEX uq_holds_pot ON holds (room_id, account_id)
    WHERE room_id IS NOT NULL AND state = 'reserved';

CREATE OR REPLACE FUNCTION check_hold_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('captured', 'released')
        OR (OLD.state = 'dispatched' AND NEW.state = 'reserved')
        OR (OLD.state = 'reserved' AND NEW.state = 'captured') THEN
        RAISE EXCEPTION 'hold % is %, it cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.account_id, NEW.generation_id, NEW.refund_id, NEW.room_id, NEW.amount)
        IS DISTINCT FROM
        (OLD.account_id, OLD.generation_id, OLD.refund_id, OLD.room_id, OLD.amount) THEN
        RAISE EXCEPTION 'the terms of hold % are fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

ROUNDS = """
ALTER TABLE rounds ADD COLUMN from_pot boolean NOT NULL DEFAULT false;
ALTER TABLE rounds ADD CONSTRAINT ck_rounds_payment CHECK (NOT from_pot OR treated_by IS NULL);
"""


def upgrade() -> None:
    op.execute(HOLDS)
    op.execute(ROUNDS)
