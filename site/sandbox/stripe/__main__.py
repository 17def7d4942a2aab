"""`python -m sandbox.stripe --port 4300 --secret-key sk_test_… …` runs the stand-in."""

import argparse
import logging
import signal
import threading
from pathlib import Path
from wsgiref.types import WSGIEnvironment

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from . import outbox
from .app import create_app
from .courier import COURIERS, Courier
from .database import Database
from .settings import Settings
from .sweep import Sweep

POLL_SECONDS = 0.1


class QuietHandler(WSGIRequestHandler):
    # Answers leave at once: with Nagle's algorithm a keep-alive client waits 40 ms for each.
    disable_nagle_algorithm = True

    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """Close it from this side too: an answer that a fault withholds ends like this."""
        super().connection_dropped(error, environ)
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: whoever wants to know asks for the events."""


def main() -> None:
    settings = _settings()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    database = Database(settings.database)
    with database.writing() as store:
        outbox.release_claims(store)
    app = create_app(settings, database)
    server = make_server(
        settings.host, settings.port, app, threaded=True, request_handler=QuietHandler
    )
    for _ in range(COURIERS):
        Courier(database, url=settings.webhook_url, secret=settings.webhook_secret).start()
    Sweep(database).start()
    _serve_until_told(server)


def _serve_until_told(server: BaseWSGIServer) -> None:
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    serving = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    serving.start()
    told.wait()
    server.shutdown()
    server.server_close()


def _settings() -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.stripe",
        description="A stand-in for Stripe: its API, Checkout and signed events. No money moves.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret-key", required=True, help="the only key it accepts, sk_test_…")
    parser.add_argument("--webhook-url", required=True, help="where events are delivered")
    parser.add_argument("--webhook-secret", required=True, help="what signs them, whsec_…")
    parser.add_argument("--database", type=Path, required=True, help="SQLite file, made if missing")
    return Settings(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
