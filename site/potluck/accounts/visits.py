"""When a session was last seen: once a minute at most, and nobody who comes waits for it."""

from __future__ import annotations

from sqlalchemy import text

from potluck.write_behind import WriteBehind

# In SQL, of a session `s`: that it is time to write it down again.
IS_STALE = "s.last_seen_at < now() - interval '1 minute'"

# Whoever holds a row's lock writes it, or lets nobody in any more.
_visits = WriteBehind(
    text(f"""
    UPDATE sessions SET last_seen_at = now() WHERE id IN (
        SELECT s.id FROM sessions s WHERE s.id = ANY(CAST(:ids AS bigint[])) AND {IS_STALE}
        FOR NO KEY UPDATE SKIP LOCKED)
""")  # noqa: S608 - put together from constants
)


def note(session_id: int) -> None:
    """Somebody came with it."""
    _visits.note(session_id)
