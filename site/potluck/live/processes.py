"""The processes that carry sockets. Each is a lease: who doesn't renew it is taken for dead."""

from __future__ import annotations

import logging

from sqlalchemy import TextClause, text

from potluck.announcements import CHANNEL
from potluck.database import db

logger = logging.getLogger(__name__)

# A process that was killed is out of the counts after this and a beat, and that is within ten
# seconds. One that is merely slow has several beats to renew it.
LEASE_SECONDS = 6

TAKE = text("""
    INSERT INTO live_processes (expires_at) VALUES (now() + make_interval(secs => :seconds))
    RETURNING id
""")
RENEW = text("""
    UPDATE live_processes SET expires_at = now() + make_interval(secs => :seconds)
    WHERE id = :id RETURNING id
""")
# The rows of a process go with it. What they said is read as it was before, in the same
# statement, so that whoever is left hears what changed.
BURY = text("""
    WITH dead AS (DELETE FROM live_processes WHERE expires_at < now() RETURNING id)
    SELECT pg_notify(:channel, json_build_object('kind', 'people')::text) FROM dead
    UNION ALL
    SELECT pg_notify(:channel, json_build_object('kind', 'presence', 'room_id', room_id)::text)
    FROM (SELECT DISTINCT room_id FROM live_onlookers JOIN dead ON dead.id = process_id) rooms
""")
END = text("UPDATE live_processes SET expires_at = '-infinity' WHERE id = :id")

# No row has the number of a process that holds no lease yet.
NOBODY = 0
_id = NOBODY


def current_id() -> int:
    """What this process is called in its rows; `NOBODY` without a lease."""
    return _id


def take_lease() -> None:
    """Begins under a new number, with no rows."""
    global _id  # noqa: PLW0603 - one lease a process
    _id = _execute(TAKE, seconds=LEASE_SECONDS) or NOBODY
    assert _id != NOBODY


def keep_lease() -> None:
    """Renews it, and removes every process that didn't."""
    global _id  # noqa: PLW0603 - one lease a process
    if _id != NOBODY and _execute(RENEW, id=_id, seconds=LEASE_SECONDS) is None:
        # Others took this process for dead, or PostgreSQL crashed, and its rows are gone.
        logger.info("the lease %s of this process is gone: it takes a new one", _id)
        _id = NOBODY
    _bury_the_dead()


def end_lease() -> None:
    """The process stops: nobody need wait until its lease is over."""
    _execute(END, id=_id)
    _bury_the_dead()


def _bury_the_dead() -> None:
    _execute(BURY, channel=CHANNEL)


def _execute(statement: TextClause, **parameters: object) -> int | None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        result = connection.execute(statement, parameters)
        return result.scalar() if result.returns_rows else None
