"""The operator's pages and commands: money given back, packs, prices, failed deliveries."""

from __future__ import annotations

from flask import Flask

from potluck.accounts.operators import is_operator
from potluck.admin import commands, model_views, sheet_views, views


def init_app(app: Flask) -> None:
    """Adds the pages under `/admin`, and the way to them for operators."""
    app.register_blueprint(views.blueprint)
    app.register_blueprint(sheet_views.blueprint)
    app.register_blueprint(model_views.blueprint)
    app.add_template_global(is_operator)
    commands.init_app(app)
