"""Serves oidc-provider-mock, an OpenID provider for tests, with pages and people of our own."""

from __future__ import annotations

import argparse
import logging
import os
import warnings

from authlib.deprecate import AuthlibDeprecationWarning
from flask import Flask
from werkzeug.serving import make_server

from sandbox.identity.people import PEOPLE
from sandbox.identity.pkce import require_proof

HOST = "127.0.0.1"


def make_app() -> Flask:
    """The provider, with this package's templates in the place of its own."""
    # It uses a part of Authlib that is on its way out, which says so whenever it is imported.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    import oidc_provider_mock  # noqa: PLC0415

    app = Flask(__package__)
    app.secret_key = os.urandom(16)
    users = [oidc_provider_mock.User(sub=p.subject, claims=p.claims) for p in PEOPLE]
    oidc_provider_mock.init_app(app, user_claims=users)
    # It wraps itself in a debugger that runs code from the browser. Its pages need none.
    app.debug = False
    app.wsgi_app = Flask.wsgi_app.__get__(app)  # type: ignore[method-assign]
    app.jinja_env.globals["people"] = PEOPLE
    require_proof(app)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.identity", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    logging.basicConfig(level=logging.INFO)
    # Plain HTTP is fine between two processes of one machine.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    make_server(HOST, port, make_app(), threaded=True).serve_forever()


if __name__ == "__main__":
    main()
