"""The operator's pages and commands: money, members, streams, prices, switches, and a trail."""

from __future__ import annotations

from flask import Flask

from potluck import pauses
from potluck.accounts import sessions
from potluck.accounts.operators import is_operator
from potluck.admin import (
    commands,
    hold_views,
    member_views,
    model_views,
    price_views,
    sheet_views,
    stream_views,
    switch_views,
    trail_views,
    views,
)

PAGES = (
    views,
    stream_views,
    hold_views,
    member_views,
    sheet_views,
    price_views,
    model_views,
    switch_views,
    trail_views,
)


def init_app(app: Flask) -> None:
    """Adds the pages under `/admin`, and the way to them for operators."""
    for module in PAGES:
        app.register_blueprint(module.blueprint)
    app.add_template_global(is_operator)
    app.add_template_global(pauses.pause_of)
    sessions.bring(pauses=pauses.SENTENCES)
    commands.init_app(app)
