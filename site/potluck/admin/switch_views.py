"""The operator's switches: new rounds and new checkouts, each with a sentence for members."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from potluck import pauses
from potluck.accounts import acts
from potluck.accounts.operators import operator_required
from potluck.database import db
from potluck.texts import gettext as _

blueprint = Blueprint("admin_switches", __name__, url_prefix="/admin/switches")


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """What is stopped, since when, and what members read."""
    stopped = {pause.what: pause for pause in db.session.scalars(select(pauses.Pause))}
    return render_template(
        "admin/switches.html",
        stopped=stopped,
        sentence_characters_max=pauses.SENTENCE_CHARACTERS_MAX,
    )


@blueprint.post("/<what>/pause")
@operator_required
def pause(what: str) -> ResponseReturnValue:
    """Stops it, or changes what members read."""
    switch, sentence = _switch(what), request.form.get("sentence", "")
    if pauses.stop(switch, sentence):
        acts.note("pause", switch, details=" ".join(sentence.split()))
    db.session.commit()
    flash(_("New ones are stopped. What runs comes to its end."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@blueprint.post("/<what>/resumption")
@operator_required
def resume(what: str) -> ResponseReturnValue:
    """Lets it go on."""
    switch = _switch(what)
    if pauses.resume(switch):
        acts.note("resume", switch)
    db.session.commit()
    flash(_("New ones can begin again."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


def _switch(what: str) -> pauses.What:
    return pauses.what_of(what) or abort(HTTPStatus.NOT_FOUND)
