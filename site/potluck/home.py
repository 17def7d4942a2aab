"""The front door: a landing page for strangers, a home for members."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from potluck.database import db
from potluck.rooms import doors, faces, gallery, own_room, sheets, window
from potluck.rooms.door_views import open_rooms_context
from potluck.rooms.quotes import quote_or_none
from potluck.settings import current_settings

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """What Potluck is, or where to go on."""
    db.read_without_transaction()
    return _home() if current_user.is_authenticated else _landing()


def _landing() -> ResponseReturnValue:
    newest = gallery.newest()
    return render_template(
        "home/landing.html",
        quote=quote_or_none(),
        face=faces.without_marks(newest) if newest else None,
        open_round=window.at_present(),
        way_in=_way_in(),
    )


def _home() -> ResponseReturnValue:
    waiting, listed = doors.going_on(current_user.id)
    return render_template(
        "home/home.html",
        room=own_room.my_room(),
        quote=quote_or_none(),
        sheets=faces.of_reads(sheets.of_person(current_user.id), current_user.id),
        waiting=waiting,
        **open_rooms_context(listed),
    )


def _way_in() -> str:
    """To the pool, by way of the provider: where there is one alone nobody has to choose."""
    way, providers = url_for("pool.show"), current_settings().providers
    if len(providers) == 1:
        return url_for("accounts.begin", provider=providers[0].name, next=way)
    return url_for("accounts.sign_in", next=way)
