"""How a room ends: its host closes it, or nobody has been there for an hour.

What was made in it stays. Nothing here commits but the beats, each room by itself, and visits,
which are written later.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text

from potluck.announcements import announce
from potluck.credits import holds
from potluck.database import db
from potluck.rooms import payments, rooms, rounds
from potluck.rooms.models import Member, Room
from potluck.write_behind import WriteBehind

DESERTED_AFTER_SECONDS = 3_600
# Less than a minute, since the database's clock is another.
VISIT_IS_RECENT = timedelta(seconds=45)
PEOPLE_PER_BEAT = 50

# Somebody looks at it through a socket, or its page was asked for.
KEEP_ACTIVE = text("""
    UPDATE rooms SET active_at = now() WHERE closed_at IS NULL
        AND active_at < now() - interval '1 minute'
        AND EXISTS (SELECT FROM live_onlookers WHERE room_id = rooms.id)
""")
DESERTED = text("""
    SELECT id FROM rooms WHERE closed_at IS NULL
        AND active_at < now() - make_interval(secs => :seconds)
        AND NOT EXISTS (SELECT FROM rounds WHERE room_id = rooms.id AND phase = 'generating')
    ORDER BY active_at LIMIT 1 FOR UPDATE SKIP LOCKED
""")
# Whoever holds a room's lock does something in it.
_visits = WriteBehind(
    text("""
    UPDATE rooms SET active_at = now() WHERE id IN (
        SELECT id FROM rooms WHERE id = ANY(CAST(:ids AS bigint[]))
            AND active_at < now() - interval '1 minute'
        FOR NO KEY UPDATE SKIP LOCKED)
""")
)
GET_UP = text("""
    UPDATE room_members SET left_at = now() WHERE room_id = :room_id AND left_at IS NULL
""")
BANNED_AND_SEATED = text("""
    SELECT m.room_id, m.user_id FROM room_members m JOIN users u ON u.id = m.user_id
    WHERE m.left_at IS NULL AND u.banned_at IS NOT NULL LIMIT :people_max
""")


def close(room: Room) -> int | None:
    """Ends the room; says which generation, if one is running, must be told to stop.

    What it has written by then is settled as after any other stop.
    """
    rooms.locked(room)
    running = rounds.end_current(room)
    holds.take_out_of_pot(room.id, list(holds.pot(room.id)))
    db.session.execute(GET_UP, {"room_id": room.id})
    room.host_id, room.closed_at, room.doors_opened_at = None, func.now(), None
    db.session.flush()
    return running


def was_member(room_code: str, user_id: int) -> Room | None:
    """A closed room in which this person once had a seat."""
    query = (
        select(Room)
        .join(Member, Member.room_id == Room.id)
        .where(
            Room.code == room_code.lower(), Room.closed_at.is_not(None), Member.user_id == user_id
        )
    )
    return db.session.scalar(query)


def note_visit(room: Room) -> None:
    """Somebody who has a seat asked for the page. Written once a minute at most, and later."""
    if datetime.now(UTC) - room.active_at > VISIT_IS_RECENT:
        _visits.note(room.id)


def close_deserted() -> None:
    """The beat: closes rooms where nobody has been for an hour. Commits."""
    db.session.execute(KEEP_ACTIVE)
    db.session.commit()
    while room_id := db.session.scalar(DESERTED, {"seconds": DESERTED_AFTER_SECONDS}):
        close(db.session.get_one(Room, room_id))
        db.session.commit()
        announce("room_closed", room_id=room_id)


def unseat_banned() -> None:
    """The beat: whoever was banned has no seat, and what they put into the pot goes. Commits."""
    rows = db.session.execute(BANNED_AND_SEATED, {"people_max": PEOPLE_PER_BEAT}).all()
    for room_id, user_id in rows:
        room = db.session.get_one(Room, room_id)
        rooms.leave(room, user_id)
        rounds.take_back(room, user_id)
        payments.no_longer_from(room, user_id)
        db.session.commit()
        announce("presence", room_id=room_id)
        announce("round", room_id=room_id)
