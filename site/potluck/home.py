"""The front door: a landing page for strangers, a home for members."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from potluck.database import db
from potluck.rooms import faces, gallery, own_room, sheets
from potluck.rooms.quotes import quote_or_none

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """What Potluck is, or where to go on."""
    db.read_without_transaction()
    if not current_user.is_authenticated:
        newest = gallery.newest()
        face = faces.without_marks(newest) if newest else None
        return render_template("home/landing.html", quote=quote_or_none(), face=face)
    mine = sheets.of_person(current_user.id)
    return render_template(
        "home/home.html",
        room=own_room.my_room(),
        quote=quote_or_none(),
        sheets=faces.faces(mine, current_user.id),
    )
