"""The doors of a room, and the list of those that stand open."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.announcements import announce
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import doors, rooms
from potluck.rooms.doors import OpenRoom
from potluck.texts import gettext as _
from potluck.web import fragment

blueprint = Blueprint("doors", __name__, url_prefix="/rooms")


@blueprint.get("/open")
@login_required
def index() -> ResponseReturnValue:
    """Rooms with a free seat for anybody, as a fragment; 204 while the page `shows` these."""
    context = open_rooms_context(doors.open_rooms(current_user.id))
    if context["shown"] == request.args.get("shown"):
        return "", HTTPStatus.NO_CONTENT
    return fragment("rooms/_open_rooms.html", **context)


@blueprint.post("/<code>/doors")
@login_required
def set_doors(code: str) -> ResponseReturnValue:
    """Opens or closes them: the host's choice."""
    room = rooms.room_of_host(code, current_user.id)
    match request.form.get("doors"):
        case "open":
            doors.open_doors(room)
        case "closed":
            doors.close_doors(room)
        case _:
            message = _("Doors are open or closed: nothing else.")
            raise Refusal(message, code="bad_doors", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    db.session.commit()
    announce("round", room_id=room.id)
    return redirect(url_for("rooms.show", code=room.code), HTTPStatus.SEE_OTHER)


def open_rooms_context(listed: Sequence[OpenRoom]) -> dict[str, Any]:
    """What the list is drawn from, on the page and alone. `shown` tells one list from another."""
    return {"open_rooms": listed, "shown": f"{zlib.crc32(repr(listed).encode()):x}"}
