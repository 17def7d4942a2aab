"""The room that whoever asks sits in: the way back to it stands on every page."""

from __future__ import annotations

from typing import NamedTuple

from flask import g
from flask_login import current_user

from potluck.accounts import sessions
from potluck.rooms import rooms

CODE = """
    SELECT rooms.code FROM room_members seated JOIN rooms ON rooms.id = seated.room_id
    WHERE seated.user_id = s.user_id AND seated.left_at IS NULL
"""


class OwnRoom(NamedTuple):
    """Where it is."""

    code: str


def my_room() -> OwnRoom | None:
    """Read once a request."""
    if not current_user.is_authenticated:
        return None
    if "my_room" not in g:
        code = _code()
        g.my_room = OwnRoom(code) if code else None
    room: OwnRoom | None = g.my_room
    return room


def _code() -> str | None:
    brought = sessions.brought()
    if brought is not None:
        code: str | None = brought["own_room"]
        return code
    room = rooms.current_room(current_user.id)
    return room.code if room else None
