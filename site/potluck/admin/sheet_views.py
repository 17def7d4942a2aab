"""The operator's page of sheets that somebody reported."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from potluck.accounts.operators import operator_required
from potluck.database import db
from potluck.rooms import faces, reports
from potluck.texts import gettext as _

blueprint = Blueprint("admin_sheets", __name__, url_prefix="/admin/sheets")


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """Open reports first, then what was decided."""
    cases = reports.cases(current_user.id)
    shown = faces.of_reads([case.read for case in cases], current_user.id)
    return render_template(
        "admin/sheets.html",
        cases=list(zip(cases, shown, strict=True)),
        reasons=reports.reasons(),
    )


@blueprint.post("/<sheet_slug>/decisions")
@operator_required
def decide(sheet_slug: str) -> ResponseReturnValue:
    """Hides a sheet, shows it again, or keeps it as it is."""
    decision = request.form.get("decision", "")
    words = request.form.get("words", "")
    sheet = db.transact(
        lambda: reports.decide(
            sheet_slug, operator_id=current_user.id, decision=decision, words=words
        )
    )
    flash(_("It is hidden.") if sheet.hidden_at else _("It is public."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)
