"""The operator's pages. Each is not found by anybody else."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from potluck.accounts.operators import operator_required
from potluck.admin import overview
from potluck.billing import events, packs, refunds
from potluck.billing.gateway import StripeUnavailable
from potluck.billing.models import Purchase, StripeEvent
from potluck.billing.money import minor_units, money
from potluck.credits import pricing
from potluck.database import db
from potluck.refusals import Refusal

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

SEARCH_CHARACTERS_MAX = 255


class BadNumber(Refusal):
    """What was typed is no whole number in the range."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_number"


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """What wants attention, and the figures."""
    return render_template(
        "admin/index.html",
        figures=overview.figures(),
        refunds=overview.refunds_on_their_way(),
        disputes=overview.disputes_open(),
        events=overview.events_failed(),
        overruns=overview.overruns(),
    )


@blueprint.get("/purchases")
@operator_required
def purchases() -> ResponseReturnValue:
    """The newest, or those of somebody."""
    term = request.args.get("q", "").strip().replace("\0", "")[:SEARCH_CHARACTERS_MAX]
    return render_template("admin/purchases.html", term=term, purchases=overview.purchases(term))


@blueprint.get("/purchases/<uuid:purchase_id>")
@operator_required
def show_purchase(purchase_id: uuid.UUID) -> ResponseReturnValue:
    """One purchase, what went back of it, and the form that gives back more."""
    purchase = _purchase(purchase_id)
    return render_template(
        "admin/purchase.html",
        purchase=purchase,
        left_minor=refunds.left_minor(purchase),
        refunds=overview.refunds_of(purchase_id),
        disputes=overview.disputes_of(purchase_id),
    )


@blueprint.post("/purchases/<uuid:purchase_id>/refunds")
@operator_required
def create_refund(purchase_id: uuid.UUID) -> ResponseReturnValue:
    """Holds the credits, asks Stripe, takes them."""
    currency = _purchase(purchase_id).currency
    refund_id = refunds.request(
        purchase_id=purchase_id,
        amount_minor=minor_units(request.form.get("amount", ""), currency),
        reason=request.form.get("reason", ""),
        requested_by=current_user.id,
    )
    try:
        refund = refunds.carry_out(refund_id)
        said = {"pending": "is on its way", "succeeded": "went back"}.get(refund.state, "failed")
        flash(f"{money(refund.amount_minor, currency)} {said}.")
    except StripeUnavailable as unavailable:
        # Nobody knows yet, or Stripe said no: the page shows which, and nothing is lost.
        flash(unavailable.message)
    return redirect(url_for(".show_purchase", purchase_id=purchase_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/events/<event_id>/replay")
@operator_required
def replay_event(event_id: str) -> ResponseReturnValue:
    """Handles an event once more."""
    if db.session.get(StripeEvent, event_id) is None:
        abort(HTTPStatus.NOT_FOUND)
    db.session.commit()
    is_handled = events.handle(event_id)
    flash("The event is handled." if is_handled else "It failed again; the reason stands below.")
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@blueprint.get("/prices")
@operator_required
def prices() -> ResponseReturnValue:
    """Packs and models, every version."""
    return render_template(
        "admin/prices.html", packs=overview.packs(), model_prices=overview.model_prices()
    )


@blueprint.post("/packs")
@operator_required
def offer_pack() -> ResponseReturnValue:
    """Puts a pack on sale, or a new version of it."""
    currency = request.form.get("currency", "").strip().lower()
    changed = packs.offer(
        slug=request.form.get("slug", "").strip(),
        name=request.form.get("name", ""),
        credits_=_whole("credits", at_most=packs.CREDITS_MAX),
        amount_minor=minor_units(request.form.get("amount", ""), currency),
        currency=currency,
    )
    db.session.commit()
    flash("The pack is on sale." if changed else "It is on sale just so already.")
    return redirect(url_for(".prices"), HTTPStatus.SEE_OTHER)


@blueprint.post("/packs/<slug>/withdrawal")
@operator_required
def withdraw_pack(slug: str) -> ResponseReturnValue:
    """Takes a pack off sale."""
    if not packs.withdraw(slug):
        abort(HTTPStatus.NOT_FOUND)
    db.session.commit()
    flash("The pack is off sale. What was bought stays bought.")
    return redirect(url_for(".prices"), HTTPStatus.SEE_OTHER)


@blueprint.post("/model-prices")
@operator_required
def set_model_price() -> ResponseReturnValue:
    """What a model costs from the next round on."""
    changed = pricing.set_price(
        request.form.get("model", "").strip(),
        input_credits_per_million=_whole("input", at_most=pricing.PRICE_CREDITS_MAX),
        output_credits_per_million=_whole("output", at_most=pricing.PRICE_CREDITS_MAX),
    )
    db.session.commit()
    flash("The price holds from the next round on." if changed else "It has that price already.")
    return redirect(url_for(".prices"), HTTPStatus.SEE_OTHER)


def _purchase(purchase_id: uuid.UUID) -> Purchase:
    return db.session.get(Purchase, purchase_id) or abort(HTTPStatus.NOT_FOUND)


def _whole(field: str, *, at_most: int) -> int:
    typed = request.form.get(field, "").strip().replace(",", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len(str(at_most))):
        raise BadNumber(f"Write {field} as a whole number, like 5000. Nothing was changed.")
    number = int(typed)
    if number > at_most:
        raise BadNumber(f"{field.capitalize()} goes up to {at_most:,}. Nothing was changed.")
    return number
