"""What a socket gets when it comes to a room, and what the room is told of its changes."""

from __future__ import annotations

from typing import Any

from flask import render_template

from potluck.database import db
from potluck.live import broadcasts, presence
from potluck.rooms import generation, rounds, short_lines
from potluck.rooms.models import Room, Round
from potluck.rooms.recipes import recipe
from potluck.rooms.rooms import room_of_member

__all__ = ["push_presence", "push_round", "room_of_member", "room_state"]


def room_state(room: Room) -> dict[str, Any]:
    """Everything that a client needs to draw the room, or to catch up."""
    round_ = rounds.current_round(room)
    return {
        "room": {"code": room.code, "members": _members(room)},
        "here": presence.here(room.id),
        "round": _round(round_) if round_ else None,
        "generation": _running(round_) if round_ else None,
    }


def push_presence() -> None:
    """Tells rooms where somebody came or went who sits in them and who looks at them."""
    for room_id in presence.take_stale_rooms():
        room = db.session.get(Room, room_id)
        if room:
            payload = {"members": _members(room), "here": presence.here(room_id)}
            broadcasts.presence(room_id, payload)


def push_round(*, room_id: int) -> None:
    """Sends the room the round as its page shows it."""
    room = db.session.get(Room, room_id)
    round_ = rounds.current_round(room) if room else None
    if round_:
        broadcasts.to_room(room_id, "round", _round(round_))


def tell_short(*, room_id: int, user_id: int) -> None:
    """Tells somebody, in private, that their line waits for credits."""
    room = db.session.get(Room, room_id)
    round_ = rounds.current_round(room) if room else None
    for line in round_.contributions if round_ else []:
        if line.user_id == user_id and line.short_since:
            message = short_lines.word_to_author(line)
            payload = {"code": "insufficient_credits", "message": message}
            broadcasts.to_user(user_id, "notice", payload)


def round_context(round_: Round) -> dict[str, Any]:
    """What the round's partial is rendered with, on the page and in a push alike."""
    return {
        "room": round_.room,
        "round": round_,
        "recipe": recipe(round_.recipe),
        "shares": rounds.bill(round_),
        "shortage": short_lines.shortage(round_),
        "seats": {member.user_id: member.seat for member in round_.room.members},
    }


def _round(round_: Round) -> dict[str, Any]:
    html = render_template("rooms/_round.html", **round_context(round_))
    return {"number": round_.number, "phase": round_.phase, "html": html}


def _running(round_: Round) -> dict[str, Any] | None:
    """The text so far: from memory where it is written, else from the row."""
    running = round_.generation
    if running is None:
        return None
    seq, text = generation.text_so_far(running)
    return {"id": running.id, "seq": seq, "text": text}


def _members(room: Room) -> list[dict[str, Any]]:
    return [
        {
            "id": member.user.id,
            "name": member.user.name,
            "initials": member.user.initials,
            "seat": member.seat,
        }
        for member in room.members
    ]
