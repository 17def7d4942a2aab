"""Tells the live side that something changed, on whatever process that is.

Said after the commit, and only what changed and where: the listener reads the newest state
itself, so an announcement that comes twice or late does no harm.
"""

from __future__ import annotations

import json

from sqlalchemy import text

from potluck.database import db

CHANNEL = "announcements"
NOTIFY = text("SELECT pg_notify(:channel, :payload)")
# A change of the round is numbered once it is committed: whoever reads the number first, and then
# the room, has everything that was announced up to it.
NOTIFY_ROUND = text("""
    WITH numbered AS (UPDATE rooms SET event_seq = event_seq + 1 WHERE id = :room_id)
    SELECT pg_notify(:channel, :payload)
""")


def announce(kind: str, **ids: int) -> None:
    """Sends `kind` with the ids it is about, on a connection of its own.

    What was read since the commit gives its connection back first. In a crowd each would hold
    one otherwise while it waits for a second, and there is none left for anybody.
    """
    db.session.rollback()
    payload = json.dumps({"kind": kind, **ids})
    statement = NOTIFY_ROUND if kind == "round" else NOTIFY
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(statement, {"channel": CHANNEL, "payload": payload, **ids})
