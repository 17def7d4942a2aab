"""Buying credits: packs, Stripe's hosted checkout, and what Stripe tells afterwards."""

from __future__ import annotations

from flask import Flask

from potluck.accounts import sessions
from potluck.billing import (
    automatic,
    automatic_rule,
    card_views,
    commands,
    departures,
    packs,
    refunds,
    views,
    webhook,
)
from potluck.billing.gateway import Gateway
from potluck.billing.money import money, plain_amount
from potluck.jobs import Jobs
from potluck.settings import Settings
from potluck.web import csrf

REFUNDS_EVERY_SECONDS = 10


def init_app(app: Flask, settings: Settings) -> None:
    """Without Stripe's key everything stands, and the pages say that buying is unavailable."""
    app.extensions["stripe"] = Gateway.from_settings(settings)
    app.add_template_filter(money)
    app.add_template_filter(plain_amount)
    # Parts of ours are included by pages of other areas, which know nothing of billing.
    app.add_template_global(packs.on_sale, "packs_on_sale")
    app.add_template_global(card_views.payments_in_motion)
    app.add_template_global(card_views.standing, "automatic_top_up")
    app.add_template_global(card_views.is_stopped, "automatic_top_up_is_stopped")
    sessions.bring(automatic_top_up_stopped=automatic_rule.IS_STOPPED, packs=packs.ON_SALE)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(card_views.blueprint)
    app.register_blueprint(webhook.blueprint)
    # Stripe signs what it sends; there is no form and no session.
    csrf.exempt(webhook.blueprint)
    commands.init_app(app)
    departures.init_app()


def start(jobs: Jobs) -> None:
    """Goes on with what a process that died has left, once one serves."""
    jobs.every(REFUNDS_EVERY_SECONDS, refunds.sweep)
    jobs.every(automatic.SWEEP_EVERY_SECONDS, automatic.sweep)
    jobs.every(departures.SWEEP_EVERY_SECONDS, departures.sweep)
