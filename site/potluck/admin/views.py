"""The operator's pages. Each is not found by anybody else."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from potluck.accounts import acts
from potluck.accounts.operators import operator_required
from potluck.admin import attention, balance, overview
from potluck.admin.forms import form_key, search_term
from potluck.billing import events, refunds
from potluck.billing.gateway import StripeUnavailable
from potluck.billing.models import Purchase, StripeEvent
from potluck.billing.money import minor_units, money
from potluck.database import db
from potluck.texts import gettext as _
from potluck.web import fragment

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """What wants attention, and the figures."""
    wanted = attention.wanted()
    return render_template(
        "admin/index.html",
        tiles=balance.tiles(),
        refunds=wanted.refunds,
        disputes=wanted.disputes,
        events=wanted.events,
        overruns=wanted.overruns,
    )


@blueprint.get("/tiles")
@operator_required
def tiles() -> ResponseReturnValue:
    """The figures alone, as a fragment: the page asks for them while somebody looks."""
    return fragment("admin/_tiles.html", tiles=balance.tiles())


@blueprint.get("/purchases")
@operator_required
def purchases() -> ResponseReturnValue:
    """The newest, or those of somebody."""
    term = search_term()
    return render_template("admin/purchases.html", term=term, purchases=overview.purchases(term))


@blueprint.get("/purchases/<uuid:purchase_id>")
@operator_required
def show_purchase(purchase_id: uuid.UUID) -> ResponseReturnValue:
    """One purchase, what went back of it, and the form that gives back more, once."""
    page = overview.purchase(purchase_id) or abort(HTTPStatus.NOT_FOUND)
    return render_template(
        "admin/purchase.html",
        purchase=page.purchase,
        left_minor=page.left_minor,
        refunds=page.refunds,
        disputes=page.disputes,
        key=uuid.uuid4(),
    )


@blueprint.post("/purchases/<uuid:purchase_id>/refunds")
@operator_required
def create_refund(purchase_id: uuid.UUID) -> ResponseReturnValue:
    """Holds the credits, asks Stripe, takes them; once for each form that was shown."""
    currency = _purchase(purchase_id).currency
    refund_id = form_key()
    is_new = refunds.request(
        refund_id,
        purchase_id=purchase_id,
        amount_minor=minor_units(request.form.get("amount", ""), currency),
        reason=request.form.get("reason", ""),
        requested_by=current_user.id,
    )
    if not is_new:
        flash(_("This form was sent before, and counts once."))
    try:
        refund = refunds.carry_out(refund_id)
        amount = money(refund.amount_minor, currency)
        said = {
            "pending": _("%(amount)s is on its way.", amount=amount),
            "succeeded": _("%(amount)s went back.", amount=amount),
        }
        flash(said.get(refund.state, _("%(amount)s failed.", amount=amount)))
    except StripeUnavailable as unavailable:
        # Nobody knows yet, or Stripe said no: the page shows which, and nothing is lost.
        flash(unavailable.message)
    return redirect(url_for(".show_purchase", purchase_id=purchase_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/events/<event_id>/replay")
@operator_required
def replay_event(event_id: str) -> ResponseReturnValue:
    """Handles an event once more."""
    event = db.session.get(StripeEvent, event_id) or abort(HTTPStatus.NOT_FOUND)
    # Before it is done: that takes transactions of its own.
    acts.note("replay", f"event {event_id}", details=event.type)
    db.session.commit()
    is_handled = events.handle(event_id)
    flash(
        _("The event is handled.") if is_handled else _("It failed again; the reason stands below.")
    )
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


def _purchase(purchase_id: uuid.UUID) -> Purchase:
    return db.session.get(Purchase, purchase_id) or abort(HTTPStatus.NOT_FOUND)
