"""What a killed process leaves behind, what time does to it, and how the books look then."""

from __future__ import annotations

from typing import LiteralString

import psycopg
from flask import current_app
from sqlalchemy import text

from potluck.credits.audit import audit
from potluck.database import db
from potluck.jobs import Jobs
from potluck.rooms import generation

# So long may credits be held for something that nobody works on any more.
STUCK_SECONDS_MAX = 60

# The kernel has closed its connections, but PostgreSQL may not have looked yet, and a sweep
# skips what is locked. Ending a session that is ending waits until it has.
BURY = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
"""
# What waiting would do, from the point of view of every rule that looks at the clock.
AGE = (
    """
    UPDATE generations SET created_at = created_at - make_interval(secs => %(seconds)s),
        lease_expires_at = lease_expires_at - make_interval(secs => %(seconds)s)
    WHERE ended_at IS NULL
    """,
    """
    UPDATE purchases SET created_at = created_at - make_interval(secs => %(seconds)s)
    WHERE source = 'automatic' AND state IN ('created', 'open')
    """,
    "UPDATE refunds SET changed_at = changed_at - make_interval(secs => %(seconds)s)",
)
OPEN_HOLDS = text("SELECT id, state FROM holds WHERE state IN ('reserved', 'dispatched')")


def bury_connections() -> None:
    """Waits until nothing of the killed process is left in the database."""
    _as_owner(BURY)


def let_time_pass(*, seconds: int) -> None:
    """Makes everything that is open so much older, as the owner, instead of waiting for it."""
    _as_owner(*AGE, seconds=seconds)


def take_orders() -> None:
    """What a live process does every second, until all it started has ended."""
    jobs = Jobs(current_app._get_current_object())  # type: ignore[attr-defined]
    generation.take_orders(jobs)
    jobs.stop()
    db.session.remove()


def settle_abandoned() -> None:
    """What a live process does every five seconds."""
    generation.settle_abandoned()
    db.session.remove()


def faults() -> list[str]:
    """What `flask audit` finds."""
    return [f"{rule}: {fault}" for rule, found in audit().faults.items() for fault in found]


def open_holds() -> list[str]:
    """Credits that are set aside for something that nobody works on."""
    with db.engine.connect() as connection:
        rows = connection.execute(OPEN_HOLDS)
        return [f"hold {row.id} is still {row.state}" for row in rows]


def _as_owner(*statements: LiteralString, **values: object) -> None:
    """On a connection that doesn't become the app's role."""
    url = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement, values)
