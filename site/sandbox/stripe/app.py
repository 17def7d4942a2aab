"""The whole assembly on one screen."""

from flask import Flask, Response

from .checkout import checkout
from .control import control
from .database import Database
from .endpoints import api
from .fault_pages import fault_pages
from .receipts import receipts
from .settings import Settings

BODY_BYTES_MAX = 1_000_000


def create_app(settings: Settings, database: Database) -> Flask:
    app = Flask(__name__, static_url_path="/static")
    app.config["DATABASE"] = database
    app.config["SECRET_KEY_OF_API"] = settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_BYTES_MAX
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(api)
    app.register_blueprint(checkout)
    app.register_blueprint(control)
    app.register_blueprint(receipts)
    app.register_blueprint(fault_pages)
    app.add_url_rule("/healthz", view_func=healthy)
    return app


def healthy() -> Response:
    return Response("ok\n", mimetype="text/plain")
