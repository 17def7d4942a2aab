"""The operator's page of prices: what is sold, and what models cost."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from potluck.accounts import acts
from potluck.accounts.operators import operator_required
from potluck.admin import overview
from potluck.admin.forms import whole
from potluck.billing import packs
from potluck.billing.money import minor_units, money
from potluck.credits import pricing
from potluck.database import db
from potluck.texts import gettext as _

blueprint = Blueprint("admin_prices", __name__, url_prefix="/admin")


@blueprint.get("/prices")
@operator_required
def index() -> ResponseReturnValue:
    """Packs and models, every version."""
    return render_template(
        "admin/prices.html", packs=overview.packs(), model_prices=overview.model_prices()
    )


@blueprint.post("/packs")
@operator_required
def offer_pack() -> ResponseReturnValue:
    """Puts a pack on sale, or a new version of it."""
    form = request.form
    slug, currency = form.get("slug", "").strip(), form.get("currency", "").strip().lower()
    credits_ = whole("credits", at_most=packs.CREDITS_MAX)
    amount_minor = minor_units(form.get("amount", ""), currency)
    changed = packs.offer(
        slug=slug,
        name=form.get("name", ""),
        credits_=credits_,
        amount_minor=amount_minor,
        currency=currency,
    )
    if changed:
        details = f"{credits_:,} credits for {money(amount_minor, currency)}"
        acts.note("pack", f"pack {slug}", details=details)
    db.session.commit()
    flash(_("The pack is on sale.") if changed else _("It is on sale just so already."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@blueprint.post("/packs/<slug>/withdrawal")
@operator_required
def withdraw_pack(slug: str) -> ResponseReturnValue:
    """Takes a pack off sale."""
    if not packs.withdraw(slug):
        abort(HTTPStatus.NOT_FOUND)
    acts.note("withdraw_pack", f"pack {slug}")
    db.session.commit()
    flash(_("The pack is off sale. What was bought stays bought."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@blueprint.post("/model-prices")
@operator_required
def set_model_price() -> ResponseReturnValue:
    """What a model costs from the next round on."""
    model = request.form.get("model", "").strip()
    input_credits = whole("input", at_most=pricing.PRICE_CREDITS_MAX)
    output_credits = whole("output", at_most=pricing.PRICE_CREDITS_MAX)
    changed = pricing.set_price(
        model, input_credits_per_million=input_credits, output_credits_per_million=output_credits
    )
    if changed:
        details = f"{input_credits:,} read, {output_credits:,} written"
        acts.note("price", f"model {model}", details=details)
    db.session.commit()
    flash(
        _("The price holds from the next round on.") if changed else _("It has that price already.")
    )
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)
