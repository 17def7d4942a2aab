"""A member's pages hear when another of their sessions begins or ends, however it does."""

from alembic import op

revision = "0019"
down_revision = "0018"

# An announcement as the app makes them. Those of nobody, from before a sign-in, are on no list. By
# its name it comes after `sessions_ended`, so that who is out by then is not told to look.
SESSIONS_TOLD_OF = """
CREATE FUNCTION announce_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    user_id bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
BEGIN
    IF user_id IS NOT NULL THEN
        PERFORM pg_notify(
            'announcements', json_build_object('kind', 'sessions', 'user_id', user_id)::text
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sessions_told_of AFTER INSERT OR DELETE ON sessions
    FOR EACH ROW EXECUTE FUNCTION announce_sessions();
"""


def upgrade() -> None:
    op.execute(SESSIONS_TOLD_OF)
