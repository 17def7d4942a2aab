"""The pool's page. With scripts a socket keeps the place, without them each look at the page."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.credits.views import session_balance
from potluck.database import db
from potluck.live import pool
from potluck.rooms import matching, own_room, quotes, rooms
from potluck.rooms.models import Room
from potluck.rooms.own_room import OwnRoom
from potluck.rooms.recipes import DEFAULT_SLUG, recipe
from potluck.web import fragment, wants_fragment

# Alone for so long, one is offered not to wait.
LONELY_AFTER_SECONDS = 30
# Within this after a wave the match has been told; whoever heard nothing looks.
WAVE_TAKES_SECONDS = 2

blueprint = Blueprint("pool", __name__)


@blueprint.get("/pool")
@login_required
def show() -> ResponseReturnValue:
    """Waiting, or about to; whoever has been matched is led to their room."""
    found = _look()
    if isinstance(found, pool.Wait):
        return render_template("pool/show.html", **_pool_context(found))
    return redirect(url_for("rooms.show", code=found.code), HTTPStatus.SEE_OTHER)


@blueprint.get("/pool/ticket")
@login_required
def ticket() -> ResponseReturnValue:
    """What the page says to this member now, as a fragment."""
    found = _look()
    if isinstance(found, pool.Wait):
        return fragment("pool/_mine.html", **_pool_context(found))
    url = url_for("rooms.show", code=found.code)
    if wants_fragment():
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": url})
    return redirect(url, HTTPStatus.SEE_OTHER)


@blueprint.post("/pool/join")
@login_required
def join() -> ResponseReturnValue:
    """Takes a place; the page then shows the wait, or the room."""
    matching.join_pool(current_user.id)
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


@blueprint.post("/pool/leave")
@login_required
def leave() -> ResponseReturnValue:
    """Gives the place up; whoever was matched a moment ago is led to their room instead."""
    with suppress(rooms.AlreadyInRoom):
        matching.leave_pool(current_user.id)
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


def _look() -> pool.Wait | OwnRoom | Room:
    """How this member waits, whose place this keeps, or the room that they sit in."""
    if room := own_room.my_room():
        return room
    wait = pool.wait_by_page(current_user.id)
    db.session.commit()
    if wait.waited_seconds is not None:
        return wait
    # Their room was read with their session: they may have been matched since.
    return rooms.current_room(current_user.id) or wait


def _pool_context(wait: pool.Wait) -> dict[str, Any]:
    quote = quotes.quote_or_none()
    balance = session_balance()
    assert balance
    return {
        **_ticket_context(wait),
        "quote": quote,
        "first_recipe": recipe(DEFAULT_SLUG),
        "can_afford": quote is not None and balance.available >= quote.total,
    }


def _ticket_context(wait: pool.Wait) -> dict[str, Any]:
    """What the ticket says, and in how many seconds it will say something new."""
    lonely_in_seconds = LONELY_AFTER_SECONDS - (wait.waited_seconds or 0)
    changes_in = [wait.seconds_to_wave + WAVE_TAKES_SECONDS, lonely_in_seconds]
    return {
        "waiting": wait.waiting,
        "is_waiting": wait.waited_seconds is not None,
        "is_lonely": wait.waiting == 1 and lonely_in_seconds <= 0,
        "seconds_to_wave": wait.seconds_to_wave,
        "changes_in_seconds": min(seconds for seconds in changes_in if seconds > 0),
    }
