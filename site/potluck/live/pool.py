"""The pool: who waits to be matched, first come first served.

A place is a lease. Sockets and pages that are still there renew it, so that nobody who is
gone is matched, whatever way they went.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, delete, func, select, text

from potluck.database import db
from potluck.live.models import PoolEntry

PLACE_SECONDS = 15
# After the last socket closed: long enough for a reload.
GRACE_SECONDS = 5
# Any number will do, as long as no other use of the database locks it.
MATCHING_LOCK = 7_688_526

JOIN = text("""
    INSERT INTO pool_entries (user_id, expires_at)
    VALUES (:user_id, now() + make_interval(secs => :seconds))
    ON CONFLICT (user_id) DO UPDATE SET
        expires_at = excluded.expires_at,
        joined_at = CASE WHEN pool_entries.expires_at > now() THEN pool_entries.joined_at
            ELSE excluded.joined_at END
""")
KEEP = text("""
    UPDATE pool_entries SET expires_at = now() + make_interval(secs => :seconds)
    WHERE user_id = ANY(:user_ids) AND expires_at > now()
""")
LET_LAPSE = text("""
    UPDATE pool_entries SET expires_at =
        least(expires_at, now() + make_interval(secs => :seconds))
    WHERE user_id = :user_id
""")


def join(user_id: int) -> None:
    """Takes a place, or keeps the one they have. The caller commits, as everywhere here."""
    db.session.execute(JOIN, {"user_id": user_id, "seconds": PLACE_SECONDS})


def leave(user_id: int) -> None:
    """Gives the place up."""
    db.session.execute(delete(PoolEntry).filter_by(user_id=user_id))


def keep(user_ids: Iterable[int]) -> None:
    """Renews the places of those who are still there."""
    db.session.execute(KEEP, {"user_ids": list(user_ids), "seconds": PLACE_SECONDS})


def let_lapse(user_id: int) -> None:
    """Somebody's last socket closed: their place goes unless they come back."""
    db.session.execute(LET_LAPSE, {"user_id": user_id, "seconds": GRACE_SECONDS})


def entry(user_id: int) -> PoolEntry | None:
    """The person's place, if they wait."""
    return db.session.scalar(_waiting().where(PoolEntry.user_id == user_id))


def count() -> int:
    """How many people wait."""
    waiting = db.session.scalar(select(func.count()).select_from(_waiting().subquery()))
    return waiting or 0


def take(people_max: int) -> list[int]:
    """Those whose turn it is, locked, in the order in which they came.

    One matcher at a time: two that skipped each other's rows would each find one person alone.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(MATCHING_LOCK)))
    query = _waiting().order_by(PoolEntry.joined_at).limit(people_max).with_for_update()
    return [entry.user_id for entry in db.session.scalars(query)]


def _waiting() -> Select[PoolEntry]:
    return select(PoolEntry).where(PoolEntry.expires_at > func.now())
