"""The pool: who waits to be matched, first come first served.

A place is a lease. Sockets and pages that are still there renew it, so that nobody who is
gone is matched, whatever way they went. People are matched in waves: at every tenth second of
the database's clock, which all processes share, and in between as soon as a room is full.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import delete, func, select, text

from potluck.database import db
from potluck.live.models import PoolEntry
from potluck.plain_statements import array

# Renewed every other second. So five seconds or more are left for a reload, whatever moment a
# socket closes at, and who was on a process that died is out within seven.
PLACE_SECONDS = 7
KEEP_EVERY_SECONDS = 2
# Without scripts the page is loaded again every three seconds, over networks of all kinds.
PAGE_PLACE_SECONDS = 15
# Rows that nobody can keep any more: sockets that slept for so long are closed.
FORGET_AFTER_SECONDS = 60
WAVE_SECONDS = 10
# Any number will do, as long as no other use of the database locks it.
MATCHING_LOCK = 7_688_526

# Says of each whether there is one now: who has a room gets none.
JOIN = """
    SELECT member, take_place(member, %(seconds)s)
    FROM unnest(CAST(%(user_ids)s AS bigint[])) AS member
"""
# Rows are taken in the order in which `JOIN` does, and none while somebody matches, who takes them
# in another. A statement doesn't see what it deletes itself as gone.
LEAVE = f"""
    WITH going AS (
        SELECT user_id FROM pool_entries, (
            SELECT pg_advisory_xact_lock_shared({MATCHING_LOCK})
        ) AS nobody_matches
        WHERE user_id = ANY({array("user_ids", "bigint")})
        ORDER BY user_id FOR UPDATE OF pool_entries
    ), gone AS (
        DELETE FROM pool_entries USING going WHERE pool_entries.user_id = going.user_id
        RETURNING pool_entries.user_id
    )
    SELECT ARRAY(SELECT user_id FROM gone), (
        SELECT count(*) FROM pool_entries
        WHERE expires_at > now() AND user_id <> ALL({array("user_ids", "bigint")})
    )
"""  # noqa: S608 - ours
# A place may have lapsed because the process slept and not because its sockets closed. They are
# still there, so they get it back, behind whoever came meanwhile. A place that was given up or
# led to a room has no row any more, and none is made. A row that somebody else holds is being
# renewed or matched by them; to wait for it could end in a deadlock.
KEEP = text("""
    UPDATE pool_entries SET expires_at = now() + make_interval(secs => :seconds),
        joined_at = CASE WHEN expires_at > now() THEN joined_at ELSE clock_timestamp() END
    WHERE user_id IN (
        SELECT user_id FROM pool_entries WHERE user_id = ANY(:user_ids) FOR UPDATE SKIP LOCKED
    )
""")
FORGET = text("""
    DELETE FROM pool_entries WHERE expires_at < now() - make_interval(secs => :seconds)
""")
# The clock and not the transaction's time, since whoever matches may have waited for the lock.
LAST_WAVE = f"""
    to_timestamp(floor(extract(epoch FROM clock_timestamp()) / {WAVE_SECONDS}) * {WAVE_SECONDS})
"""
LOOK = f"""
    SELECT count(*), count(*) >= %(people_max)s
        OR count(*) FILTER (WHERE joined_at < {LAST_WAVE}) >= %(people_min)s
    FROM pool_entries WHERE expires_at > clock_timestamp()
"""  # noqa: S608 - ours
TAKE = text(f"""
    SELECT user_id, joined_at < {LAST_WAVE} AS is_due FROM pool_entries
    WHERE expires_at > clock_timestamp() ORDER BY joined_at, user_id LIMIT :people_max FOR UPDATE
""")  # noqa: S608 - ours
# How many people wait.
COUNT = "SELECT count(*) FROM pool_entries WHERE expires_at > now()"
# Whoever is being matched meanwhile waits for that here, and has no place then.
WAIT_BY_PAGE = text(f"""
    WITH kept AS (
        UPDATE pool_entries SET
            expires_at = greatest(expires_at, now() + make_interval(secs => :place_seconds))
        WHERE user_id = :user_id AND expires_at > now()
        RETURNING joined_at
    )
    SELECT ({COUNT}) AS waiting, (
        SELECT extract(epoch FROM clock_timestamp() - joined_at) FROM kept
    ) AS waited_seconds,
    :wave_seconds - mod(extract(epoch FROM clock_timestamp()), :wave_seconds) AS seconds_to_wave
""")  # noqa: S608 - ours


class Wait(NamedTuple):
    """How many wait, how long somebody has, and how long until the next wave.

    Nobody has waited who has no place. The wave is the same on every process.
    """

    waiting: int
    waited_seconds: float | None
    seconds_to_wave: float


class Look(NamedTuple):
    """How many wait, and whether somebody should be matched now."""

    waiting: int
    is_ripe: bool


class Left(NamedTuple):
    """Whether there was a place to give up, and how many still wait."""

    had_place: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the pool, and whether a wave has come since they joined."""

    user_id: int
    is_due: bool


def join(user_id: int) -> bool:
    """Takes a place, or keeps the one they have; False for whoever has a room. Commits."""
    return user_id in join_all([user_id])


def join_all(user_ids: Collection[int]) -> set[int]:
    """The same for several: those who have a place now. Commits.

    Who is about to get a room through another tab waits for that.
    """
    values = {"user_ids": sorted(user_ids), "seconds": PLACE_SECONDS}
    rows = db.all_alone(JOIN, values, is_patient=len(user_ids) == 1)
    return {user_id for user_id, has_place in rows if has_place}


def leave(user_id: int) -> bool:
    """Gives the place up, in the caller's transaction; says whether there was one."""
    left = db.session.execute(
        delete(PoolEntry).filter_by(user_id=user_id).returning(PoolEntry.user_id)
    )
    return left.first() is not None


def leave_all(user_ids: Sequence[int]) -> list[Left]:
    """The same for several, by itself. Commits."""
    values = {"user_ids": list(set(user_ids))}
    ((gone, waiting),) = db.all_alone(LEAVE, values, is_patient=len(user_ids) == 1)
    return [Left(user_id in gone, waiting) for user_id in user_ids]


def keep(user_ids: Iterable[int]) -> None:
    """Renews the places of those whose sockets are open."""
    db.session.execute(KEEP, {"user_ids": list(user_ids), "seconds": PLACE_SECONDS})


def forget_lapsed() -> None:
    """Removes rows that stand for nobody. Commits."""
    db.session.execute(FORGET, {"seconds": FORGET_AFTER_SECONDS})
    db.session.commit()


def wait_by_page(user_id: int) -> Wait:
    """The pool as somebody sees it who waits, or may, and looks at the page: that keeps a place."""
    values = {
        "user_id": user_id,
        "place_seconds": PAGE_PLACE_SECONDS,
        "wave_seconds": WAVE_SECONDS,
    }
    waiting, waited, to_wave = db.session.execute(WAIT_BY_PAGE, values).one()
    return Wait(waiting, None if waited is None else float(waited), float(to_wave))


def count() -> int:
    """How many people wait."""
    row = db.first(COUNT, {})
    return int(row[0]) if row else 0


def has_any_of(user_ids: Collection[int]) -> bool:
    """Whether one of them has a place, as the caller's transaction sees it."""
    places = select(PoolEntry.user_id).where(PoolEntry.user_id.in_(user_ids))
    return db.session.scalars(places).first() is not None


def look(*, people_min: int, people_max: int) -> Look:
    """Who waits, without a lock.

    Whoever took a place looks once that is committed: of two who looked before, neither would see
    the other.
    """
    row = db.first(LOOK, {"people_min": people_min, "people_max": people_max})
    assert row
    return Look(*row)


def take(people_max: int) -> list[Waiting]:
    """Those whose turn it is, locked, in the order in which they came.

    One matcher at a time: two that skipped each other's rows would each find one person alone.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(MATCHING_LOCK)))
    rows = db.session.execute(TAKE, {"people_max": people_max})
    return [Waiting(user_id=row.user_id, is_due=row.is_due) for row in rows]
