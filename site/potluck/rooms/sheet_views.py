"""A sheet's page, and what people do there. To whom it isn't shown it isn't there."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck import languages
from potluck.accounts.operators import is_operator
from potluck.announcements import announce
from potluck.database import db
from potluck.limits import limiter, member
from potluck.live import pool
from potluck.rooms import (
    agreements,
    closing,
    faces,
    pictures,
    previews,
    reactions,
    remixes,
    reports,
    rooms,
    sheets,
)
from potluck.rooms.picture_store import NoSuchPicture
from potluck.rooms.sheet_models import Sheet
from potluck.settings import current_settings
from potluck.web import fragment, wants_fragment

blueprint = Blueprint("sheets", __name__)

REACTION_LIMIT = "300 per hour"
REPORT_LIMIT = "10 per hour"
REMIX_LIMIT = "30 per hour"
PREVIEW_LIMIT = "120 per minute"
# Whoever hides a sheet waits no longer than this for its picture to go.
PREVIEW_SECONDS = 300


@blueprint.get("/sheets")
@login_required
def index() -> ResponseReturnValue:
    """One's own, a page at a time."""
    before = request.args.get("before")
    per_page = sheets.MINE_PER_PAGE
    db.read_without_transaction()
    mine = sheets.of_person(current_user.id, limit=per_page + 1, before=before)
    return render_template(
        "sheets/index.html",
        sheets=faces.of_reads(mine[:per_page], current_user.id),
        before=mine[per_page - 1].sheet.slug if len(mine) > per_page else None,
        is_first=before is None,
    )


@blueprint.get("/sheets/<sheet_slug>")
def show(sheet_slug: str) -> ResponseReturnValue:
    """The page."""
    db.read_without_transaction()
    viewer_id = viewer()
    page = sheets.page(sheet_slug, viewer_id=viewer_id, is_operator=is_operator())
    sheet = page.read.sheet
    origin = remixes.origin(sheet.round, viewer_id=viewer_id)
    return render_template(
        "sheets/show.html",
        face=faces.of_read(page.read, viewer_id),
        sheet=sheet,
        origin=faces.of_read(origin, viewer_id) if origin else None,
        split=faces.split(sheet, page.payers, viewer_id) if page.is_inside and viewer_id else None,
        me=next((person for person in sheet.people if person.user_id == viewer_id), None),
        is_inside=page.is_inside,
        reasons=reports.reasons(),
        site=current_settings().origin,
    )


@blueprint.get("/rooms/<code>/rounds/<int:number>/sheet")
@login_required
def of_round(code: str, number: int) -> ResponseReturnValue:
    """The way from a room, which knows its rounds by their numbers, to their sheets."""
    closed = closing.was_member(code, current_user.id)
    room = closed or rooms.room_of_member(code, current_user.id)
    return _to(sheets.of_round(room, number))


@blueprint.get("/sheets/<sheet_slug>/preview.png")
@limiter.limit(PREVIEW_LIMIT)
def preview(sheet_slug: str) -> ResponseReturnValue:
    """The picture of a public sheet, in the language that its address names: it may be cached."""
    found = sheets.read(sheet_slug, viewer_id=None)
    with languages.written_in(request.args.get("language")):
        picture = faces.of_read(found, None).picture
    # Drawing takes a while, and needs nothing of the database.
    db.session.rollback()
    folder = current_settings().potluck_var / "previews"
    try:
        path = previews.drawn(picture, folder, pictures.data)
    except NoSuchPicture:
        abort(HTTPStatus.NOT_FOUND)
    answer = Response(path.read_bytes(), mimetype="image/png")
    answer.cache_control.public, answer.cache_control.max_age = True, PREVIEW_SECONDS
    answer.set_etag(picture.digest)
    return answer.make_conditional(request)


@blueprint.post("/sheets/<sheet_slug>/vote")
@login_required
def vote(sheet_slug: str) -> ResponseReturnValue:
    """Says yes, no, or nothing yet to the sheet becoming public, and the room hears of it."""
    sheet = _sheet(sheet_slug)
    word, room_id = request.form.get("vote", ""), sheet.round.room_id
    db.transact(lambda: agreements.vote(sheet, user_id=current_user.id, word=word))
    announce("round", room_id=room_id)
    return _to(sheet)


@blueprint.post("/sheets/<sheet_slug>/name")
@login_required
def name(sheet_slug: str) -> ResponseReturnValue:
    """Takes one's name off the sheet, or puts it back."""
    sheet = _sheet(sheet_slug)
    is_shown = request.form.get("shown") == "yes"
    db.transact(lambda: agreements.name(sheet, user_id=current_user.id, is_shown=is_shown))
    return _to(sheet)


@blueprint.get("/sheets/<sheet_slug>/reactions")
def show_reactions(sheet_slug: str) -> ResponseReturnValue:
    """The marks under a sheet, as a fragment."""
    return _reactions(sheet_slug)


@blueprint.post("/sheets/<sheet_slug>/reactions")
@login_required
@limiter.limit(REACTION_LIMIT, key_func=member)
def react(sheet_slug: str) -> ResponseReturnValue:
    """Leaves a mark, or takes it away."""
    sheet = _sheet(sheet_slug)
    reactions.react(
        sheet,
        user_id=current_user.id,
        kind=request.form.get("kind", ""),
        is_wanted=request.form.get("wanted", "yes") == "yes",
    )
    db.session.commit()
    return _reactions(sheet_slug) if wants_fragment() else _to(sheet)


@blueprint.post("/sheets/<sheet_slug>/reports")
@login_required
@limiter.limit(REPORT_LIMIT, key_func=member)
def report(sheet_slug: str) -> ResponseReturnValue:
    """Tells the operator that this shouldn't be public."""
    sheet = _sheet(sheet_slug)
    reports.report(
        sheet,
        user_id=current_user.id,
        reason=request.form.get("reason", ""),
        words=request.form.get("words", ""),
    )
    db.session.commit()
    return redirect(url_for(".show", sheet_slug=sheet.slug, reported="yes"), HTTPStatus.SEE_OTHER)


@blueprint.post("/sheets/<sheet_slug>/remix")
@login_required
@limiter.limit(REMIX_LIMIT, key_func=member)
def remix(sheet_slug: str) -> ResponseReturnValue:
    """Opens a round with the same recipe, in one's room or in a new one."""
    sheet = _sheet(sheet_slug)
    pool.leave(current_user.id)
    room = remixes.begin(sheet, user_id=current_user.id)
    db.session.commit()
    announce("round", room_id=room.id)
    return redirect(url_for("rooms.show", code=room.code), HTTPStatus.SEE_OTHER)


def viewer() -> int | None:
    """Who looks: nobody whom we know, where they are signed out."""
    return current_user.id if current_user.is_authenticated else None


def _sheet(slug: str) -> Sheet:
    return sheets.find(slug, viewer_id=viewer(), is_operator=is_operator())


def _reactions(slug: str) -> str:
    found = sheets.read(slug, viewer_id=viewer(), is_operator=is_operator())
    return fragment("sheets/_reactions.html", face=faces.of_read(found, viewer()))


def _to(sheet: Sheet) -> ResponseReturnValue:
    return redirect(url_for(".show", sheet_slug=sheet.slug), HTTPStatus.SEE_OTHER)
