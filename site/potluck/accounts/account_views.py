"""A member's account: who they are, what they sign in with, where they are signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from sqlalchemy import Select, delete, func, select

from potluck.accounts import departures, export, identities, providers, sessions
from potluck.accounts.models import Identity, SessionRow, User
from potluck.accounts.sessions import current_session
from potluck.database import db
from potluck.downloads import attachment
from potluck.limits import limiter, member
from potluck.refusals import Refusal
from potluck.settings import current_settings
from potluck.texts import gettext as _
from potluck.web import wants_json

blueprint = Blueprint("account", __name__, url_prefix="/account")

SESSIONS_SHOWN_MAX = 100
# Each reads all that somebody ever did.
EXPORT_LIMIT = "5 per hour"

Row = TypeVar("Row")


class BadName(Refusal):
    """Nobody can be called that."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_name"


class NotConfirmed(Refusal):
    """The word that says it is meant was not typed."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "not_confirmed"


@blueprint.get("")
@login_required
def show() -> ResponseReturnValue:
    """The page."""
    return _page(HTTPStatus.OK)


@blueprint.post("/name")
@login_required
def change_name() -> ResponseReturnValue:
    """What others see beside one's lines."""
    name = providers.in_print(request.form.get("name", ""))
    if not 0 < len(name) <= providers.NAME_CHARACTERS_MAX:
        message = _(
            "A name has between 1 and %(most)s characters.", most=providers.NAME_CHARACTERS_MAX
        )
        refusal = BadName(message)
        if wants_json():
            raise refusal
        return _page(refusal.status, name_complaint=message, typed_name=name)
    db.session.get_one(User, current_user.id).name = name
    db.session.commit()
    return _back()


@blueprint.post("/identities/<int:identity_id>/removal")
@login_required
def unlink(identity_id: int) -> ResponseReturnValue:
    """Signs in with it no more."""
    query = select(Identity).filter_by(id=identity_id, user_id=current_user.id)
    identities.unlink(_found(query))
    db.session.commit()
    return _back()


@blueprint.post("/sessions/<int:session_id>/revocation")
@login_required
def revoke(session_id: int) -> ResponseReturnValue:
    """Signs one browser out; with the row its sockets go."""
    query = select(SessionRow).filter_by(id=session_id, user_id=current_user.id)
    db.session.delete(_found(query))
    db.session.commit()
    return _back()


@blueprint.post("/sessions/revocations")
@login_required
def revoke_others() -> ResponseReturnValue:
    """Signs every browser out but this one."""
    others = delete(SessionRow).filter_by(user_id=current_user.id)
    db.session.execute(others.where(SessionRow.id != _session_id()))
    db.session.commit()
    return _back()


@blueprint.get("/export")
@login_required
@limiter.limit(EXPORT_LIMIT, key_func=member)
def download() -> ResponseReturnValue:
    """Everything of theirs, as JSON."""
    filename = f"potluck-{datetime.now(UTC).date()}.json"
    file = export.write(current_user.id)
    return attachment(file, mimetype="application/json", filename=filename)


@blueprint.get("/deletion")
@login_required
def confirm_deletion() -> ResponseReturnValue:
    """What deleting does, before it is done."""
    return render_template("account/deletion.html", word=_confirmation())


@blueprint.post("/deletion")
@login_required
def delete_account() -> ResponseReturnValue:
    """Deletes it, or says what is still under way."""
    try:
        if request.form.get("word", "").strip().lower() != _confirmation():
            message = _(
                "Nothing was deleted. Type the word %(word)s to say that you mean it.",
                word=_confirmation(),
            )
            raise NotConfirmed(message)
        departures.leave(current_user.id)
    except Refusal as refusal:
        if wants_json():
            raise
        db.session.rollback()
        page = render_template(
            "account/deletion.html", word=_confirmation(), complaint=refusal.message
        )
        return page, refusal.status
    sessions.sign_out()
    return redirect(url_for("home.index"), HTTPStatus.SEE_OTHER)


def _confirmation() -> str:
    """The word that says it is meant, in the reader's language."""
    return _("delete")


def _page(status: HTTPStatus | int, **context: object) -> ResponseReturnValue:
    newest_first = (
        select(SessionRow)
        .where(SessionRow.user_id == current_user.id, SessionRow.expires_at > func.now())
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id.desc())
        .limit(SESSIONS_SHOWN_MAX)
    )
    page = render_template(
        "account/show.html",
        identities=identities.of_user(current_user.id),
        providers=[(p.name, providers.label(p.name)) for p in current_settings().providers],
        sessions=db.session.scalars(newest_first).all(),
        current_session_id=_session_id(),
        name_characters_max=providers.NAME_CHARACTERS_MAX,
        **context,
    )
    return page, status


def _found(query: Select[Row]) -> Row:
    """What the viewer may see; for others there is nothing."""
    row: Row | None = db.session.scalar(query)
    return row or abort(HTTPStatus.NOT_FOUND)


def _session_id() -> int:
    found = current_session().found
    assert found
    return found.id


def _back() -> ResponseReturnValue:
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
