"""The operator's page of models: what was found out about each, and what failed lately."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, text

from potluck.accounts import acts
from potluck.accounts.operators import operator_required
from potluck.credits import pricing
from potluck.credits.models import ModelPrice
from potluck.database import db
from potluck.rooms import capabilities, probing, provider
from potluck.rooms.capabilities import NOTHING_KNOWN, ModelProbe
from potluck.settings import current_settings
from potluck.texts import gettext as _

# What a provider said of the same failure differs in ids and times: the newest is shown.
FAILED = text("""
    SELECT g.error_code AS code, m.model, count(*) AS times, max(g.ended_at) AS at,
        (array_agg(g.error_detail ORDER BY g.id DESC))[1] AS detail
    FROM (SELECT * FROM generations ORDER BY id DESC LIMIT :looked_at) g
    JOIN model_prices m ON m.id = g.price_id
    WHERE g.state = 'failed' AND g.ended_at > now() - interval '1 day'
    GROUP BY g.error_code, m.model ORDER BY at DESC LIMIT :rows_max
""")
FAILED_LOOKED_AT, FAILED_ROWS_MAX = 10_000, 50

blueprint = Blueprint("admin_models", __name__, url_prefix="/admin/models")


class NamedModel(NamedTuple):
    """One of those that `OPENAI_MODEL` names."""

    name: str
    price: ModelPrice | None
    probe: ModelProbe | None
    context_tokens: int


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """What each model can do, as far as it showed."""
    settings = current_settings()
    prices = pricing.current_prices(settings.openai_models)
    probes = capabilities.probes()
    known = {name: probe.capabilities or NOTHING_KNOWN for name, probe in probes.items()}
    models = [
        NamedModel(
            name,
            price=prices.get(name),
            probe=probes.get(name),
            context_tokens=capabilities.context_window(name, known),
        )
        for name in settings.openai_models
    ]
    default = next((model.name for model in models if model.price), None)
    image = settings.openai_image_model
    return render_template(
        "admin/models.html",
        image=image,
        image_price=pricing.current_prices([image]).get(image) if image else None,
        image_server=provider.picture_server(settings).url,
        moderator=settings.openai_moderation_model,
        models=models,
        default=default,
        failed=_failed(),
        server=provider.text_server(settings).url,
    )


@blueprint.post("/probes")
@operator_required
def create_probes() -> ResponseReturnValue:
    """Has every model asked again."""
    acts.note("probe", "models")
    probing.ask_again()
    flash(_("They are being asked. Reload this page in a moment."))
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


def _failed() -> Sequence[Row[Any]]:
    values = {"looked_at": FAILED_LOOKED_AT, "rows_max": FAILED_ROWS_MAX}
    return db.session.execute(FAILED, values).all()
