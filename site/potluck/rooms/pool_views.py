"""The pool's page. With scripts a socket keeps the place, without them each look at the page."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.credits.views import session_balance
from potluck.database import db
from potluck.live import pool
from potluck.rooms import matching, quotes, rooms

blueprint = Blueprint("pool", __name__)


@blueprint.get("/pool")
@login_required
def show() -> ResponseReturnValue:
    """Waiting, or about to; whoever has been matched is led to their room."""
    room = rooms.current_room(current_user.id)
    if room:
        return redirect(url_for("rooms.show", code=room.code), HTTPStatus.SEE_OTHER)
    pool.keep([current_user.id])
    db.session.commit()
    quote = quotes.quote_or_none()
    balance = session_balance()
    assert balance
    return render_template(
        "pool/show.html",
        waiting=pool.count(),
        entry=pool.entry(current_user.id),
        quote=quote,
        can_afford=quote is not None and balance.available >= quote.total,
    )


@blueprint.post("/pool/join")
@login_required
def join() -> ResponseReturnValue:
    """Takes a place; the page then shows the wait, or the room."""
    matching.join_pool(current_user.id)
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


@blueprint.post("/pool/leave")
@login_required
def leave() -> ResponseReturnValue:
    """Gives the place up."""
    matching.leave_pool(current_user.id)
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
