"""Rooms as pages: to come in, to watch, to leave. What happens in one is in `round_views`."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.announcements import announce
from potluck.database import db
from potluck.live import pool
from potluck.rooms import (
    closing,
    entrance,
    invitations,
    newest_round,
    own_room,
    payments,
    quotes,
    room_reads,
    rooms,
    round_reads,
    rounds,
    starting,
)
from potluck.rooms.models import Room
from potluck.rooms.recipes import DEFAULT_SLUG, recipe
from potluck.rooms.room_context import room_context

blueprint = Blueprint("rooms", __name__, url_prefix="/rooms")


@blueprint.get("")
@login_required
def index() -> ResponseReturnValue:
    """The room one sits in, or home."""
    room = own_room.my_room()
    target = url_for(".show", code=room.code) if room else url_for("home.index")
    return redirect(target, HTTPStatus.SEE_OTHER)


@blueprint.post("")
@login_required
def create() -> ResponseReturnValue:
    """A room of one, open to whoever gets the link."""
    quotes.price_in_force()
    pool.leave(current_user.id)
    room = rooms.create_room([current_user.id])
    rounds.open_round(room, recipe(DEFAULT_SLUG))
    db.session.commit()
    return _to(room)


@blueprint.get("/<code>")
@login_required
def show(code: str) -> ResponseReturnValue:
    """The room to those who sit in it, what is left of it, or an invitation."""
    db.read_without_transaction()
    found = room_reads.found(code, viewer_id=current_user.id) or rooms.refuse_code()
    if found.room.closed_at:
        return _closed(found.room)
    if not found.is_seated:
        return _invitation(found.room)
    closing.note_visit(found.room)
    page = room_reads.page(found)
    return render_template("rooms/show.html", earlier=page.earlier, **room_context(page))


@blueprint.get("/<code>/watch")
@login_required
def watch(code: str) -> ResponseReturnValue:
    """A full room to somebody without a seat, who pays nothing and says nothing."""
    db.read_without_transaction()
    found = room_reads.found(code, viewer_id=current_user.id)
    if found is None or found.room.closed_at:
        rooms.refuse_code()
    room = found.room
    if found.is_seated or room.free_seats:
        return _to(room)
    read = newest_round.read_with_earlier(room, earlier_max=rounds.EARLIER_ROUNDS_MAX)
    if read is None:
        return _to(room)
    newest, earlier = read
    return render_template("rooms/watch.html", earlier=earlier, **entrance.round_context(newest))


@blueprint.get("/<code>/invitation.svg")
@login_required
def invitation(code: str) -> ResponseReturnValue:
    """The room's link for a phone's camera."""
    room = rooms.room_of_member(code, current_user.id)
    link = url_for(".show", code=room.code, _external=True)
    return invitations.qr_svg(link), {"Content-Type": "image/svg+xml"}


@blueprint.post("/<code>/join")
@login_required
def join(code: str) -> ResponseReturnValue:
    """Takes a seat, in place of the one that the page named if there was one."""
    room = rooms.room_by_code(code)
    left = _leave(request.form["leaving"]) if request.form.get("leaving") else None
    pool.leave(current_user.id)
    rooms.join(room, current_user.id)
    if rounds.current_round(room) is None:
        rounds.open_round(room, recipe(DEFAULT_SLUG))
    db.session.commit()
    if left:
        starting.start_when_complete(left)
        _tell_of_seats(left)
    _tell_of_seats(room)
    return _to(room)


@blueprint.post("/<code>/leave")
@login_required
def leave(code: str) -> ResponseReturnValue:
    """Gives the seat up. A line that is in stays in, credits in the pot are one's own again."""
    room = _leave(code)
    db.session.commit()
    starting.start_when_complete(room)
    _tell_of_seats(room)
    announce("credits", user_id=current_user.id)
    return redirect(url_for("home.index"), HTTPStatus.SEE_OTHER)


@blueprint.post("/<code>/seats")
@login_required
def set_seats(code: str) -> ResponseReturnValue:
    """How many may sit here: the host's choice."""
    room = rooms.room_of_host(code, current_user.id)
    rooms.set_seats(room, request.form.get("seats", type=int))
    db.session.commit()
    return _to(room)


@blueprint.post("/<code>/closing")
@login_required
def close(code: str) -> ResponseReturnValue:
    """Ends the room for everybody: the host's choice. What was made stays."""
    room = rooms.room_of_host(code, current_user.id)
    running = closing.close(room)
    db.session.commit()
    if running is not None:
        announce("stop", generation_id=running)
    announce("room_closed", room_id=room.id)
    return _to(room)


def _leave(code: str) -> Room:
    room = rooms.room_of_member(code, current_user.id)
    rooms.leave(room, current_user.id)
    payments.no_longer_from(room, current_user.id)
    return room


def _tell_of_seats(room: Room) -> None:
    announce("presence", room_id=room.id)
    announce("round", room_id=room.id)


def _to(room: Room) -> ResponseReturnValue:
    return redirect(url_for(".show", code=room.code), HTTPStatus.SEE_OTHER)


def _closed(room: Room) -> ResponseReturnValue:
    rows = round_reads.newest(room, rounds_max=rounds.EARLIER_ROUNDS_MAX)
    earlier = [row[0] for row in rows]
    return render_template("rooms/closed.html", room=room, earlier=earlier)


def _invitation(room: Room) -> ResponseReturnValue:
    host = next((each.user for each in room.members if each.user_id == room.host_id), None)
    return render_template(
        "rooms/join.html",
        room=room,
        host_name=host.name if host else None,
        elsewhere=own_room.my_room(),
        seats_left=room.free_seats,
        quote=quotes.quote_or_none(),
    )
