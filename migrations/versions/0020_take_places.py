"""A place in the pool is taken in one statement, by whoever has no room at that moment."""

from alembic import op

revision = "0020"
down_revision = "0019"

# Each statement of a function sees what was committed before it began, so that who waited for the
# lock of a match sees the room that it made. 7688526 is that lock, in `live/pool.py`.
TAKE_PLACE = """
CREATE FUNCTION take_place(member bigint, seconds double precision) RETURNS boolean
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7688526);
    IF EXISTS (SELECT FROM room_members WHERE user_id = member AND left_at IS NULL) THEN
        RETURN false;
    END IF;
    INSERT INTO pool_entries (user_id, expires_at)
    VALUES (member, now() + make_interval(secs => seconds))
    ON CONFLICT (user_id) DO UPDATE SET
        expires_at = excluded.expires_at,
        joined_at = CASE WHEN pool_entries.expires_at > now() THEN pool_entries.joined_at
            ELSE excluded.joined_at END;
    RETURN true;
END $$;
"""


def upgrade() -> None:
    op.execute(TAKE_PLACE)
