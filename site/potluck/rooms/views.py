"""Rooms as pages. A view loads, calls one verb, commits, announces and renders."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.announcements import announce
from potluck.credits import ledger, pricing
from potluck.database import db
from potluck.live import pool
from potluck.refusals import Refusal
from potluck.rooms import choices, entrance, moderation, quotes, rooms, rounds, short_lines
from potluck.rooms.models import Room
from potluck.rooms.recipes import DEFAULT_SLUG, recipe
from potluck.web import fragment, wants_fragment

blueprint = Blueprint("rooms", __name__, url_prefix="/rooms")


@blueprint.get("")
@login_required
def index() -> ResponseReturnValue:
    """The room one sits in, or home."""
    room = rooms.current_room(current_user.id)
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
    """The room to those who sit in it, an invitation to those who don't."""
    room = rooms.room_by_code(code)
    if current_user.id not in {member.user_id for member in room.members}:
        return _invitation(room)
    earlier = rounds.earlier_rounds(room)
    return render_template("rooms/show.html", earlier=earlier, **_room_context(room))


@blueprint.post("/<code>/join")
@login_required
def join(code: str) -> ResponseReturnValue:
    """Takes a seat."""
    room = rooms.room_by_code(code)
    pool.leave(current_user.id)
    rooms.join(room, current_user.id)
    if rounds.current_round(room) is None:
        rounds.open_round(room, recipe(DEFAULT_SLUG))
    db.session.commit()
    announce("presence", room_id=room.id)
    announce("round", room_id=room.id)
    return _to(room)


@blueprint.post("/<code>/leave")
@login_required
def leave(code: str) -> ResponseReturnValue:
    """Gives the seat up. What one has put into the pot stays in it."""
    room = rooms.room_of_member(code, current_user.id)
    rooms.leave(current_user.id)
    db.session.commit()
    _start_when_complete(room)
    announce("presence", room_id=room.id)
    announce("round", room_id=room.id)
    return redirect(url_for("home.index"), HTTPStatus.SEE_OTHER)


@blueprint.get("/<code>/composer")
@login_required
def composer(code: str) -> ResponseReturnValue:
    """What this member can do now, as a fragment."""
    return _composer(rooms.room_of_member(code, current_user.id))


@blueprint.get("/<code>/round")
@login_required
def round_(code: str) -> ResponseReturnValue:
    """The round as everybody in the room sees it, as a fragment."""
    room = rooms.room_of_member(code, current_user.id)
    current = rounds.current_round(room)
    assert current
    return fragment("rooms/_round.html", **entrance.round_context(current))


@blueprint.post("/<code>/rounds")
@login_required
def open_round(code: str) -> ResponseReturnValue:
    """Opens the next round."""
    room = rooms.room_of_member(code, current_user.id)
    chosen = recipe(request.form.get("recipe", DEFAULT_SLUG))
    choices.check_recipe(chosen)
    model = choices.chosen_model(request.form.get("written_by"))
    rounds.open_round(room, chosen, after=_number(), model=model)
    db.session.commit()
    announce("round", room_id=room.id)
    return _answer(room)


@blueprint.post("/<code>/contribution")
@login_required
def contribute(code: str) -> ResponseReturnValue:
    """Adds one's line; the last one in starts the model."""
    room = rooms.room_of_member(code, current_user.id)
    line = request.form.get("line", "")
    moderation.check_line(line)
    rounds.contribute(room, user_id=current_user.id, line=line, number=_number())
    db.session.commit()
    _start_when_complete(room)
    announce("round", room_id=room.id)
    return _answer(room)


@blueprint.post("/<code>/generation")
@login_required
def start(code: str) -> ResponseReturnValue:
    """Starts with the lines that are in; who is late pays nothing.

    `short` is the host's word on lines that can't be paid for yet.
    """
    room = rooms.room_of_member(code, current_user.id)
    _start(room, _number(), short=request.form.get("short"))
    announce("round", room_id=room.id)
    return _answer(room)


@blueprint.post("/<code>/generation/stop")
@login_required
def stop(code: str) -> ResponseReturnValue:
    """Ends the text where it is."""
    room = rooms.room_of_member(code, current_user.id)
    generation = rounds.request_stop(room, _number())
    db.session.commit()
    if generation:
        announce("stop", generation_id=generation.id)
    return _answer(room)


def _start_when_complete(room: Room) -> None:
    """Nobody has to press a button for what everybody is waiting for."""
    if not (room.members and rounds.is_complete(room)):
        return
    try:
        _start(room)
    except (rounds.WrongPhase, pricing.NoPrice):
        # Somebody else was a moment faster, or nobody can. What was asked for here is done.
        db.session.rollback()


def _number() -> int | None:
    """The round that stood on the page the form was sent from; scripts may leave it out."""
    return request.form.get("round", type=int)


def _start(room: Room, number: int | None = None, *, short: str | None = None) -> None:
    """Holds, orders, and tells; who can't pay is told so in private, and nobody is held."""
    try:
        started = db.transact(lambda: _order(room, number, short=short))
    except ledger.InsufficientCredits as refusal:
        db.session.rollback()
        if short == "treat" and current_user.id in refusal.user_ids:
            raise
        marked = short_lines.mark(room, refusal.user_ids)
        db.session.commit()
        for user_id in marked:
            announce("short", room_id=room.id, user_id=user_id)
        return
    generation_id, payers = started
    announce("order", generation_id=generation_id)
    for user_id in payers:
        announce("credits", user_id=user_id)


def _order(room: Room, number: int | None, *, short: str | None) -> tuple[int, set[int]]:
    """The generation that was ordered, and who pays for it."""
    match short:
        case None:
            generation = rounds.start(room, number)
        case "leave_out":
            generation = short_lines.leave_out(room, number, user_id=current_user.id)
        case "treat":
            generation = short_lines.treat(room, number, user_id=current_user.id)
        case _:
            message = "A line that can't be paid for yet is left out, or you treat: nothing else."
            raise Refusal(message, code="bad_choice", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return generation.id, {line.payer_id for line in generation.round.contributions}


def _answer(room: Room) -> ResponseReturnValue:
    """The composer for htmx, the page for browsers without scripts."""
    return _composer(room) if wants_fragment() else _to(room)


def _to(room: Room) -> ResponseReturnValue:
    return redirect(url_for("rooms.show", code=room.code), HTTPStatus.SEE_OTHER)


def _composer(room: Room) -> str:
    return fragment("rooms/_composer.html", **_room_context(room))


def _invitation(room: Room) -> ResponseReturnValue:
    host = room.members[0].user.name if room.members else None
    return render_template(
        "rooms/join.html",
        room=room,
        host_name=host,
        seats_left=rooms.seats_left(room),
        quote=quotes.quote_or_none(),
    )


def _room_context(room: Room) -> dict[str, Any]:
    """What the page and its composer show to the member who asks."""
    current = rounds.current_round(room)
    assert current
    chosen = recipe(current.recipe)
    people = len(room.members)
    quote = quotes.quote_or_none(chosen, people=people, model=current.model)
    balance = ledger.balance(current_user.id)
    mine = next((c for c in current.contributions if c.user_id == current_user.id), None)
    return {
        **entrance.round_context(current),
        "room": room,
        "recipes": choices.recipes_offered(),
        "models": choices.choices(chosen, people=people) if quote else [],
        "quote": quote,
        "mine": mine,
        "offer": short_lines.offer(current, user_id=current_user.id),
        "word": short_lines.word_to_author(mine) if mine and mine.short_since else None,
        "can_afford": quote is not None and balance.available >= quote.each,
    }
