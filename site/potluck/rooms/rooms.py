"""Rooms and who sits in them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from http import HTTPStatus

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms.models import Member, Room

SEATS_MAX = 4
CODE_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_LENGTH = 8

# Seats of those who left are free for others, so the seat is theirs only while they sit.
SIT = text("""
    INSERT INTO room_members (room_id, user_id, seat) VALUES (:room_id, :user_id, :seat)
    ON CONFLICT (room_id, user_id) DO UPDATE SET left_at = NULL, seat = excluded.seat
""")
LEAVE = text("""
    UPDATE room_members SET left_at = now()
    WHERE user_id = :user_id AND left_at IS NULL RETURNING room_id
""")


NEXT_EVENT = text("UPDATE rooms SET event_seq = event_seq + 1 WHERE id = :id RETURNING event_seq")


class RoomFull(Refusal):
    """Every seat is taken."""

    code = "room_full"


class AlreadyInRoom(Refusal):
    """One room at a time for each person."""

    code = "already_in_room"


def create_room(user_ids: Sequence[int]) -> Room:
    """A room with these people in its seats, in this order. The caller commits."""
    assert 1 <= len(user_ids) <= SEATS_MAX
    code = "".join(secrets.choice(CODE_CHARACTERS) for _ in range(CODE_LENGTH))
    room = Room(code=code)
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


def room_of_member(code: str, user_id: int) -> Room:
    """The room, if this person sits in it; for others it doesn't exist."""
    room = current_room(user_id)
    if room is None or room.code != code.lower():
        message = "There is no such room, or you have no seat in it."
        raise Refusal(message, code="no_such_room", status=HTTPStatus.NOT_FOUND)
    return room


def room_by_code(code: str) -> Room:
    """The room behind an invitation: who knows the code may ask for a seat."""
    room = db.session.scalar(select(Room).filter_by(code=code.lower()))
    if room is None:
        message = "There is no room with this code. Ask for the link again."
        raise Refusal(message, code="no_such_room", status=HTTPStatus.NOT_FOUND)
    return room


def join(room: Room, user_id: int) -> None:
    """Takes a free seat, or the one this person had. The caller commits."""
    # Two who want the last seat take turns.
    db.session.execute(select(Room.id).filter_by(id=room.id).with_for_update())
    elsewhere = current_room(user_id)
    if elsewhere is not None:
        if elsewhere.id == room.id:
            return
        raise _already()
    if seats_left(room) == 0:
        message = "Every seat in this room is taken."
        raise RoomFull(message)
    seat = _free_seat(room)
    db.session.execute(SIT, {"room_id": room.id, "user_id": user_id, "seat": seat})
    db.session.expire(room)


def leave(user_id: int) -> int | None:
    """Gives the seat up; returns the room's id. The caller commits."""
    room_id: int | None = db.session.scalar(LEAVE, {"user_id": user_id})
    return room_id


def next_event(room_id: int) -> int:
    """The number of the next thing that a room is told. The caller commits before it looks."""
    seq: int | None = db.session.scalar(NEXT_EVENT, {"id": room_id})
    return seq or 0


def seats_left(room: Room) -> int:
    """How many could still join."""
    query = select(func.count()).select_from(Member).filter_by(room_id=room.id, left_at=None)
    return SEATS_MAX - (db.session.scalar(query) or 0)


def _free_seat(room: Room) -> int:
    taken = {member.seat for member in room.members}
    return next(seat for seat in range(1, SEATS_MAX + 1) if seat not in taken)


def _already() -> AlreadyInRoom:
    message = "You sit in another room. Leave it first: one room at a time."
    return AlreadyInRoom(message)
