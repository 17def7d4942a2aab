"""What a socket gets when it comes to a room, and what the room is told of its changes."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import render_template

from potluck.database import db
from potluck.live import broadcasts, presence
from potluck.live.protocol import Presence, RoomState, RoundState, Seat
from potluck.rooms import (
    clock,
    company,
    generation,
    newest_round,
    parts,
    rooms,
    rounds,
    settlement,
    short_lines,
)
from potluck.rooms.models import Room, Round
from potluck.rooms.newest_round import Newest
from potluck.texts import gettext as _

WATCHERS_MAX = 100


def visible_room(code: str, user_id: int) -> int:
    """The room for those who sit there and, where no seat is left, for some who watch: its id."""
    found = company.glance(code)
    is_seated = user_id in found.seated
    rooms.check_may_look(is_seated=is_seated, free_seats=found.free_seats)
    watching = set(found.here) - found.seated - {user_id}
    if not is_seated and len(watching) >= WATCHERS_MAX:
        message = _("So many people watch this room that there is no place left.")
        raise rooms.RoomFull(message)
    return found.room_id


def room_state(room_id: int, *, generation_id: int | None, last_seq: int) -> RoomState:
    """The room for a client that has shown a generation's text up to and with `last_seq`."""
    db.read_without_transaction()
    # The number first: what is announced from here on may be in it, and comes again.
    room, here = company.at(room_id) or rooms.refuse_code()
    seq = room.event_seq
    newest = newest_round.read(room)
    written = newest.round.generation if newest else None
    known_seq = last_seq if written and written.id == generation_id else 0
    return {
        "seq": seq,
        "room": {"code": room.code, "host": room.host_id, "members": _seats(room)},
        "here": here,
        "round": _round(newest, seq=seq) if newest else None,
        "generation": generation.text_since(written, known_seq) if written else None,
    }


def push_presence() -> None:
    """Tells rooms where somebody came or went who sits in them and who looks at them."""
    stale = presence.take_stale_rooms()
    try:
        for room_id in list(stale):
            _push_presence(room_id)
            stale.discard(room_id)
    finally:
        # Whoever couldn't be told is told on the next beat.
        for room_id in stale:
            presence.room_changed(room_id=room_id)


def push_round(*, room_id: int) -> None:
    """Sends the room the round as its page shows it."""
    found = company.at(room_id)
    newest = newest_round.read(found.room) if found else None
    if found and newest:
        seq = found.room.event_seq
        broadcasts.round_state(lambda: _round(newest, seq=seq), room_id=room_id)


def tell_short(*, room_id: int, user_id: int) -> None:
    """Tells somebody, in private, that their line waits for credits."""
    room = db.session.get(Room, room_id)
    round_ = rounds.current_round(room) if room else None
    for line in round_.contributions if round_ else []:
        if line.user_id == user_id and line.short_since:
            word = partial(short_lines.word_to_author, line)
            broadcasts.notice(user_id=user_id, code="insufficient_credits", message=word)


def tell_left_out(*, room_id: int, user_id: int) -> None:
    """Tells somebody, in private, that the round went on without their line."""
    if db.session.get(Room, room_id):
        broadcasts.notice(user_id=user_id, code="left_out", message=_word_to_left_out)


def tell_room_closed(*, room_id: int) -> None:
    """Tells everybody at a room that it is over."""
    room = db.session.get(Room, room_id)
    if room:
        broadcasts.room_closed(code=room.code, room_id=room_id)


def round_context(newest: Newest) -> dict[str, Any]:
    """What the round's partial is rendered with, on the page and in a push alike."""
    round_ = newest.round
    return {
        "room": round_.room,
        "round": round_,
        "recipe": round_.kept_recipe,
        "shares": parts.bill(round_, newest.payers),
        "cost": _cost_so_far(round_),
        "sheet": newest.sheet,
        "seconds_left": clock.seconds_left(round_),
        "shortage": short_lines.shortage(round_),
        "seats": {member.user_id: member.seat for member in round_.room.members},
    }


def _cost_so_far(round_: Round) -> settlement.CostSoFar | None:
    written = round_.generation
    if round_.phase != "generating" or written is None or written.kind != "text":
        return None
    return settlement.cost_so_far(written)


def _word_to_left_out() -> str:
    return _("The round went on without your line: it couldn’t be paid for. You pay nothing.")


def _push_presence(room_id: int) -> None:
    # Numbered before the look: what changes during it comes with the next number.
    seq = rooms.next_event(room_id)
    db.session.commit()
    found = company.at(room_id)
    if found:
        payload: Presence = {
            "seq": seq,
            "host": found.room.host_id,
            "members": _seats(found.room),
            "here": found.here,
        }
        broadcasts.presence(payload, room_id=room_id)


def _round(newest: Newest, *, seq: int) -> RoundState:
    round_ = newest.round
    html = render_template("rooms/_round.html", **round_context(newest))
    return {"seq": seq, "number": round_.number, "phase": round_.phase, "html": html}


def _seats(room: Room) -> list[Seat]:
    return [
        {
            "id": member.user.id,
            "name": member.user.name,
            "initials": member.user.initials,
            "seat": member.seat,
        }
        for member in room.members
    ]
