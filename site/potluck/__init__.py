"""Potluck: a live room where a group makes things with AI and splits the bill."""

from __future__ import annotations

from flask import Flask

from potluck import (
    accounts,
    admin,
    billing,
    commands,
    credits,
    health,
    home,
    languages,
    limits,
    links,
    live,
    logs,
    rooms,
    static_files,
    styleguide,
    web,
)
from potluck.credits import hot_reads
from potluck.database import db
from potluck.settings import ROOT, Settings


def create_app(settings: Settings) -> Flask:
    """The whole assembly. Opens no connection: the first request does."""
    logs.configure()
    app = Flask("potluck", template_folder=ROOT / "templates", static_folder=None)
    app.extensions["settings"] = settings
    db.connect(settings)
    static_files.init_app(app, settings)
    web.init_app(app, settings)
    languages.init_app(app)
    links.init_app(app, settings)
    limits.init_app(app)
    accounts.init_app(app, settings)
    credits.init_app(app)
    billing.init_app(app, settings)
    live.init_app(app, settings)
    rooms.init_app(app, settings)
    admin.init_app(app)
    app.register_blueprint(home.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(styleguide.blueprint)
    commands.init_app(app)
    limits.find_addresses(app, settings)
    hot_reads.init_app(app)
    return app
