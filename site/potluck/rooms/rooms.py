"""Rooms and who sits in them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import NoReturn

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from potluck.credits import holds
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms.models import Member, Room
from potluck.texts import gettext as _

SEATS_MIN = 2
SEATS_MAX = 8
CODE_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_LENGTH = 8

# Seats of those who left are free for others, so the seat is theirs only while they sit. Whoever
# comes back is the last at the table.
SIT = text("""
    INSERT INTO room_members (room_id, user_id, seat) VALUES (:room_id, :user_id, :seat)
    ON CONFLICT (room_id, user_id) DO UPDATE SET left_at = NULL, seat = excluded.seat,
        joined_at = excluded.joined_at
""")
LEAVE = text("""
    UPDATE room_members SET left_at = now()
    WHERE room_id = :room_id AND user_id = :user_id AND left_at IS NULL
""")
# Whoever has sat there longest, where there is no host or the host has no seat any more.
PASS_ON = text("""
    UPDATE rooms SET host_id = (
        SELECT user_id FROM room_members WHERE room_id = rooms.id AND left_at IS NULL
        ORDER BY joined_at, seat LIMIT 1
    ) WHERE id = :room_id AND closed_at IS NULL AND NOT EXISTS (
        SELECT FROM room_members
        WHERE room_id = rooms.id AND user_id = rooms.host_id AND left_at IS NULL
    )
""")
NEXT_EVENT = text("UPDATE rooms SET event_seq = event_seq + 1 WHERE id = :id RETURNING event_seq")

HAS_ROOM = "SELECT 1 FROM room_members WHERE user_id = %(user_id)s AND left_at IS NULL"


class RoomFull(Refusal):
    """Every seat is taken."""

    code = "room_full"


class AlreadyInRoom(Refusal):
    """One room at a time for each person."""

    code = "already_in_room"


class NotHost(Refusal):
    """A choice that is the host's."""

    status = HTTPStatus.FORBIDDEN
    code = "not_host"


class BadSeats(Refusal):
    """A number of seats that no room has, or that would leave somebody standing."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_seats"


def create_room(user_ids: Sequence[int]) -> Room:
    """A room with these people in its seats, in this order, the first as its host.

    The caller commits.
    """
    assert 1 <= len(user_ids) <= SEATS_MAX
    code = "".join(secrets.choice(CODE_CHARACTERS) for _each in range(CODE_LENGTH))
    room = Room(code=code, host_id=user_ids[0])
    db.session.add(room)
    db.session.flush()
    for seat, user_id in enumerate(user_ids, start=1):
        db.session.add(Member(room_id=room.id, user_id=user_id, seat=seat))
    try:
        db.session.flush()
    except IntegrityError:
        raise _already() from None
    return room


def current_room(user_id: int) -> Room | None:
    """The room that the person sits in."""
    query = (
        select(Room)
        .join(Member, Member.room_id == Room.id)
        .where(Member.user_id == user_id, Member.left_at.is_(None))
    )
    return db.session.scalar(query)


def has_room(user_id: int) -> bool:
    """Whether the person sits in one, as it is committed."""
    return db.first(HAS_ROOM, {"user_id": user_id}) is not None


def room_of_member(code: str, user_id: int) -> Room:
    """The room, if this person sits in it; for others it doesn't exist."""
    room = current_room(user_id)
    if room is None or room.code != code.lower():
        refuse_seat()
    return room


def room_of_host(code: str, user_id: int) -> Room:
    """The room, locked, if this person is its host. Raises `NotHost` to others who sit in it."""
    room = locked(room_of_member(code, user_id))
    if room.host_id != user_id:
        message = _("The host of the room decides this: it isn't you at the moment.")
        raise NotHost(message)
    return room


def check_may_look(*, is_seated: bool, free_seats: int) -> None:
    """Raises what is said to those who could sit down: others watch where no seat is left."""
    if free_seats and not is_seated:
        message = _("You have no seat in this room, and one is free: take it on the room's page.")
        raise _no_such_room(message)


def room_by_code(code: str) -> Room:
    """An open room behind an invitation: who knows the code may ask for a seat."""
    return open_room(code) or refuse_code()


def open_room(code: str) -> Room | None:
    """The same, or None."""
    return db.session.scalar(select(Room).filter_by(code=code.lower(), closed_at=None))


def refuse_seat() -> NoReturn:
    """Raises what is said to those who have no seat in a room, whether or not there is one."""
    message = _("There is no such room, or you have no seat in it.")
    raise _no_such_room(message)


def refuse_code() -> NoReturn:
    """Raises what is said where no open room has a code."""
    message = _("There is no open room with this code. Ask for the link again.")
    raise _no_such_room(message)


def locked(room: Room) -> Room:
    """The room, so that those who act on it at once act one after the other, and read afresh."""
    query = select(Room).filter_by(id=room.id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def join(room: Room, user_id: int) -> None:
    """Takes a free seat, or the one this person had. The caller commits."""
    if locked(room).closed_at:
        message = _("This room was closed a moment ago. Open one of your own.")
        raise _no_such_room(message)
    elsewhere = current_room(user_id)
    if elsewhere is not None:
        if elsewhere.id == room.id:
            return
        raise _already()
    if seats_left(room) == 0:
        message = _("Every seat in this room is taken. You can watch until one is free.")
        raise RoomFull(message)
    seat = _free_seat(room)
    db.session.execute(SIT, {"room_id": room.id, "user_id": user_id, "seat": seat})
    db.session.execute(PASS_ON, {"room_id": room.id})
    room.active_at = func.now()
    db.session.flush()
    db.session.expire(room)


def leave(room: Room, user_id: int) -> None:
    """Gives the seat up, and takes what is in the pot along; a host passes the room on.

    The caller commits.
    """
    locked(room)
    holds.take_out_of_pot(room.id, [user_id])
    db.session.execute(LEAVE, {"room_id": room.id, "user_id": user_id})
    db.session.execute(PASS_ON, {"room_id": room.id})
    db.session.expire(room)


def set_seats(room: Room, seats: int | None) -> None:
    """As many may sit from now on; nobody has to get up."""
    fewest = max(SEATS_MIN, len(room.members))
    if seats is None or not fewest <= seats <= SEATS_MAX:
        message = _(
            "This room can have %(fewest)s to %(most)s seats.", fewest=fewest, most=SEATS_MAX
        )
        raise BadSeats(message)
    room.seats = seats


def next_event(room_id: int) -> int:
    """The number of the next thing that a room is told. The caller commits before it looks."""
    seq: int | None = db.session.scalar(NEXT_EVENT, {"id": room_id})
    return seq or 0


def seats_left(room: Room) -> int:
    """How many could still join."""
    query = select(func.count()).select_from(Member).filter_by(room_id=room.id, left_at=None)
    return max(room.seats - (db.session.scalar(query) or 0), 0)


def _free_seat(room: Room) -> int:
    taken = {member.seat for member in room.members}
    return next(seat for seat in range(1, SEATS_MAX + 1) if seat not in taken)


def _already() -> AlreadyInRoom:
    message = _("You sit in another room. Leave it first: one room at a time.")
    return AlreadyInRoom(message)


def _no_such_room(message: str) -> Refusal:
    return Refusal(message, code="no_such_room", status=HTTPStatus.NOT_FOUND)
