"""The room that whoever asks sits in: the way back to it stands on every page."""

from __future__ import annotations

from flask import g
from flask_login import current_user

from potluck.rooms import rooms
from potluck.rooms.models import Room


def my_room() -> Room | None:
    """Read once a request."""
    if not current_user.is_authenticated:
        return None
    if "my_room" not in g:
        note(rooms.current_room(current_user.id))
    room: Room | None = g.my_room
    return room


def note(room: Room | None) -> None:
    """A view has found out already."""
    g.my_room = room
