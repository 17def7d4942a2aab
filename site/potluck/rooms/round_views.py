"""What happens in a room. A view loads, calls one verb, commits, announces and renders."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.announcements import announce
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import (
    choices,
    drafts,
    entrance,
    moderation,
    newest_round,
    orders,
    payments,
    pots,
    retries,
    room_reads,
    rooms,
    rounds,
    short_lines,
    starting,
)
from potluck.rooms.models import Generation, Room
from potluck.rooms.recipes import DEFAULT_SLUG, recipe
from potluck.rooms.room_context import room_context
from potluck.texts import gettext as _
from potluck.web import fragment, wants_fragment

blueprint = Blueprint("rounds", __name__, url_prefix="/rooms/<code>")


@blueprint.get("/composer")
@login_required
def composer(code: str) -> ResponseReturnValue:
    """What this member can do now, as a fragment."""
    found = room_reads.found(code, viewer_id=current_user.id)
    if found and found.room.closed_at:
        return _look_again()
    if found is None or not found.is_seated:
        rooms.refuse_seat()
    return fragment("rooms/_composer.html", **room_context(room_reads.page(found)))


@blueprint.get("/round")
@login_required
def round_(code: str) -> ResponseReturnValue:
    """The round as everybody in the room and those who watch see it, as a fragment."""
    found = room_reads.found(code, viewer_id=current_user.id) or rooms.refuse_code()
    if found.room.closed_at:
        return _look_again()
    rooms.check_may_look(is_seated=found.is_seated, free_seats=found.room.free_seats)
    newest = newest_round.read(found.room)
    assert newest
    return fragment("rooms/_round.html", **entrance.round_context(newest))


@blueprint.post("/rounds")
@login_required
def open_round(code: str) -> ResponseReturnValue:
    """Opens the next round; how it is paid for is the host's choice, and else each their part."""
    room = rooms.room_of_member(code, current_user.id)
    chosen = recipe(request.form.get("recipe", DEFAULT_SLUG))
    choices.check_recipe(chosen)
    model = choices.chosen_model(request.form.get("written_by"))
    rounds.open_round(room, chosen, after=_number(), fresh="fresh" in request.form, model=model)
    payment = payments.chosen(request.form.get("payment", "split"))
    if payment != "split":
        _agree(rooms.room_of_host(code, current_user.id), None, payment)
    return _done(room)


@blueprint.post("/recipe")
@login_required
def change_recipe(code: str) -> ResponseReturnValue:
    """Makes something else of a round into which nobody has put a line."""
    room = rooms.room_of_member(code, current_user.id)
    chosen = recipe(request.form.get("recipe", DEFAULT_SLUG))
    choices.check_recipe(chosen)
    rounds.change_recipe(room, chosen, number=_number())
    return _done(room)


@blueprint.post("/contribution")
@login_required
def contribute(code: str) -> ResponseReturnValue:
    """Adds one's line; the last one in starts the model."""
    room = rooms.room_of_member(code, current_user.id)
    line = request.form.get("line", "")
    moderation.check_line(line)
    rounds.contribute(
        room,
        user_id=current_user.id,
        line=line,
        number=_number(),
        is_for_strangers=request.form.get("public") == "yes",
    )
    db.session.commit()
    starting.start_when_complete(room)
    return _done(room)


@blueprint.post("/draft")
@login_required
def keep_draft(code: str) -> ResponseReturnValue:
    """Keeps what is typed, while it is typed."""
    room = rooms.room_of_member(code, current_user.id)
    drafts.keep(room, user_id=current_user.id, text=request.form.get("line", ""))
    db.session.commit()
    return "", HTTPStatus.NO_CONTENT


@blueprint.post("/generation")
@login_required
def start(code: str) -> ResponseReturnValue:
    """The host starts with the lines that are in; who is late pays nothing.

    `short` is the word on lines that can't be paid for yet.
    """
    room, number = rooms.room_of_member(code, current_user.id), _number()
    short, user_id = request.form.get("short"), int(current_user.id)
    starting.start(
        room,
        lambda: _order(room, number, short=short, user_id=user_id),
        treating_user_id=user_id if short == "treat" else None,
    )
    return _done(room)


@blueprint.post("/generation/stop")
@login_required
def stop(code: str) -> ResponseReturnValue:
    """Ends the text where it is."""
    room = rooms.room_of_member(code, current_user.id)
    generation_id = rounds.request_stop(room, _number(), user_id=current_user.id)
    db.session.commit()
    if generation_id is not None:
        announce("stop", generation_id=generation_id)
    return _answer(room)


@blueprint.post("/extension")
@login_required
def extend(code: str) -> ResponseReturnValue:
    """A minute more for those who still write: the host's choice."""
    room = rooms.room_of_host(code, current_user.id)
    rounds.extend(room, _number())
    return _done(room)


@blueprint.post("/payment")
@login_required
def choose_payment(code: str) -> ResponseReturnValue:
    """Each pays their part, the host treats, or the pot pays: the host's choice."""
    room = rooms.room_of_host(code, current_user.id)
    _agree(room, _number(), payments.chosen(request.form.get("payment")))
    return _done(room)


@blueprint.post("/pot")
@login_required
def put_into_pot(code: str) -> ResponseReturnValue:
    """Sets credits aside for the rounds of this room; a round that waited for them starts."""
    room = rooms.room_of_member(code, current_user.id)
    pots.put_in(
        room,
        user_id=current_user.id,
        amount_credits=request.form.get("amount", type=int),
        seen_credits=request.form.get("stake", type=int),
    )
    db.session.commit()
    starting.start_when_complete(room)
    return _done(room, is_news_of_credits=True)


@blueprint.post("/pot/removal")
@login_required
def take_out_of_pot(code: str) -> ResponseReturnValue:
    """Takes what is left of one's own back."""
    room = rooms.room_of_member(code, current_user.id)
    pots.take_out(room, [current_user.id])
    return _done(room, is_news_of_credits=True)


@blueprint.post("/round/removal")
@login_required
def put_away(code: str) -> ResponseReturnValue:
    """Ends a round that hasn't begun: the host's choice."""
    room = rooms.room_of_host(code, current_user.id)
    rounds.put_away(room, _number())
    return _done(room)


@blueprint.post("/retries")
@login_required
def retry(code: str) -> ResponseReturnValue:
    """Tries what failed once more, with the lines that were in."""
    room = rooms.room_of_member(code, current_user.id)
    again = retries.reopen(room, _number(), user_id=current_user.id)
    number, has_lines = again.number, bool(again.contributions)
    db.session.commit()
    if has_lines:
        starting.start(room, lambda: orders.order(room, number))
    return _done(room)


def _order(room: Room, number: int | None, *, short: str | None, user_id: int) -> Generation:
    match short:
        case None:
            return orders.order(rooms.room_of_host(room.code, user_id), number)
        case "leave_out":
            return short_lines.leave_out(room, number, user_id=user_id)
        case "treat":
            return short_lines.treat(room, number, user_id=user_id)
        case _:
            message = _(
                "A line that can't be paid for yet is left out, or you treat: nothing else."
            )
            raise Refusal(message, code="bad_choice", status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _agree(room: Room, number: int | None, payment: payments.Payment) -> None:
    payments.agree(room, number, payment=payment, user_id=current_user.id)


def _number() -> int | None:
    """The round that stood on the page the form was sent from; scripts may leave it out."""
    return request.form.get("round", type=int)


def _done(room: Room, *, is_news_of_credits: bool = False) -> ResponseReturnValue:
    """Commits what was done and tells the room."""
    db.session.commit()
    if is_news_of_credits:
        announce("credits", user_id=current_user.id)
    announce("round", room_id=room.id)
    return _answer(room)


def _answer(room: Room) -> ResponseReturnValue:
    """The composer for htmx, the page for browsers without scripts."""
    if wants_fragment():
        return _composer(room)
    return redirect(url_for("rooms.show", code=room.code), HTTPStatus.SEE_OTHER)


def _look_again() -> ResponseReturnValue:
    """The room was closed while its page asked for a part of it: the page says what is left."""
    return "", {"HX-Refresh": "true"}


def _composer(room: Room) -> ResponseReturnValue:
    """After something was done: everything is read afresh."""
    found = room_reads.found(room.code, viewer_id=current_user.id)
    assert found
    if found.room.closed_at:
        return _look_again()
    return fragment("rooms/_composer.html", **room_context(room_reads.page(found)))
