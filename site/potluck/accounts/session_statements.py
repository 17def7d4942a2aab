"""What is asked of a session's row. `sessions` is the only one that does."""

from __future__ import annotations

from sqlalchemy import text

from potluck.accounts.visits import IS_STALE

# `brought` is what else a page has come along with it.
FIND = f"""
    SELECT s.id, s.data, s.expires_at, s.user_id,
        {IS_STALE} AS is_stale,
        u.name, u.created_at AS joined_at, u.banned_at,
        a.posted, a.held, a.seq, a.owed, a.freezes{{brought}}
    FROM sessions s
    LEFT JOIN users u ON u.id = s.user_id
    LEFT JOIN accounts a ON a.user_id = s.user_id
    WHERE s.token_digest = %(digest)s AND s.expires_at > now()
"""  # noqa: S608 - put together from constants
INSERT = text("""
    INSERT INTO sessions (token_digest, user_id, data, expires_at, ip, user_agent)
    VALUES (:digest, :user_id, CAST(:data AS jsonb), now() + make_interval(days => :days),
        CAST(:ip AS inet), :user_agent)
""")
UPDATE = text("""
    UPDATE sessions SET data = CAST(:data AS jsonb), last_seen_at = now() WHERE id = :id
""")
DELETE = text("DELETE FROM sessions WHERE id = :id")
DELETE_EXPIRED = text("DELETE FROM sessions WHERE expires_at < now() - interval '1 hour'")
