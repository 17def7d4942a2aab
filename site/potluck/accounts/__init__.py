"""Who people are: identities at providers, and sessions as rows."""

from __future__ import annotations

from flask import Flask, Request, g
from flask_login import LoginManager, current_user

from potluck.accounts import (
    account_views,
    acts,
    bans,
    devices,
    export,
    operators,
    providers,
    sessions,
    views,
)
from potluck.accounts.models import User
from potluck.accounts.sessions import DatabaseSessions, current_session
from potluck.settings import Settings

login_manager = LoginManager()


def init_app(app: Flask, settings: Settings) -> None:
    """Makes Flask's session, Flask-Login's user, and the sign-in pages."""
    app.session_interface = DatabaseSessions(settings)
    # What its `init_app` does, less a cookie that we don't use: looking for that would read the
    # session after every request, a static file's too. Templates ask for the user when they need
    # one, so that an error page can do without the database.
    app.login_manager = login_manager  # type: ignore[attr-defined]
    app.jinja_env.globals["current_user"] = current_user
    login_manager.session_protection = None
    login_manager.request_loader(_user_of_request)
    login_manager.unauthorized_handler(views.unauthorized)
    app.jinja_env.filters["device"] = devices.describe
    app.jinja_env.filters["provider_label"] = providers.label
    app.register_blueprint(views.blueprint)
    app.register_blueprint(account_views.blueprint)
    sessions.bring(vouched_emails=operators.VOUCHED)
    export.add(export.OWN_PARTS)
    acts.init_app()
    bans.init_app(app)


def _user_of_request(_request: Request) -> User | None:
    found = current_session().found
    if found:
        g.log_ids = {"session": found.id, "user": found.user.id if found.user else None}
    if found is None or found.user is None or found.user.banned_at:
        return None
    return found.user
