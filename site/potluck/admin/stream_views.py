"""The operator's page of streams: what is being made, what failed, and a way to stop it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from potluck.accounts import acts
from potluck.accounts.operators import operator_required
from potluck.admin.forms import page_number
from potluck.admin.pages import page
from potluck.announcements import announce
from potluck.database import db
from potluck.rooms import rounds
from potluck.rooms.models import Generation
from potluck.texts import gettext as _

COLUMNS = """
    SELECT g.id, g.kind, g.state, g.seq, g.created_at, g.ended_at, g.stop_requested_at,
        g.lease_epoch, g.cost_credits, g.error_code, g.error_detail, g.provider_request_id,
        m.model, r.number, rooms.code,
        (SELECT coalesce(sum(amount), 0) FROM holds h WHERE h.generation_id = g.id) AS held,
        (SELECT count(*) FROM holds h WHERE h.generation_id = g.id) AS payers
    FROM generations g
    JOIN model_prices m ON m.id = g.price_id
    JOIN rounds r ON r.id = g.round_id
    JOIN rooms ON rooms.id = r.room_id
"""
# Oldest first: what hangs stands on top.
IN_FLIGHT = text(f"""
    {COLUMNS} WHERE g.state IN ('reserved', 'dispatched') ORDER BY g.id LIMIT :limit OFFSET :offset
""")
FAILED = text(f"""
    {COLUMNS} WHERE g.state = 'failed' ORDER BY g.id DESC LIMIT :limit OFFSET :offset
""")

blueprint = Blueprint("admin_streams", __name__, url_prefix="/admin/streams")


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """In flight, and below them a page of those that failed."""
    return render_template(
        "admin/streams.html",
        in_flight=page(IN_FLIGHT, 1),
        failed=page(FAILED, page_number()),
    )


@blueprint.post("/<int:generation_id>/stop")
@operator_required
def stop(generation_id: int) -> ResponseReturnValue:
    """Ends it with what is there, and settles that as for a member who pressed Stop."""
    if db.session.get(Generation, generation_id) is None:
        abort(HTTPStatus.NOT_FOUND)
    stopped = rounds.stop_generation(generation_id)
    if stopped is not None:
        reason = request.form.get("reason", "")
        acts.note("stop", f"generation {generation_id}", reason=reason)
        db.session.commit()
        announce("stop", generation_id=generation_id)
        flash(_("It is being stopped. Look again in a moment."))
    else:
        flash(_("It had ended by itself."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)
