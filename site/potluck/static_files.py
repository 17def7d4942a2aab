"""Serves `static/`, so that a first visit is light and later ones ask for nothing."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.headers import Headers

from flask import Flask, abort
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header
from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

from potluck import static_tree
from potluck.settings import ROOT, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

SOURCE = ROOT / "static"
PREFIX = "/static"
NAMED_TREE = re.compile(rf"^{PREFIX}/[0-9a-f]{{{static_tree.DIGEST_CHARACTERS}}}(?=/)")
FOREVER = "public, max-age=31536000, immutable"
FOR_A_MINUTE = "public, max-age=60"
# While somebody edits, a page looks at most this often whether a file has changed.
LOOK_EVERY_SECONDS = 0.25


def init_app(app: Flask, settings: Settings, source: Path = SOURCE) -> None:
    """Serves them before Flask is asked. Call it before Jinja's environment is made."""
    files = _StaticFiles(app.wsgi_app, settings, source)
    app.wsgi_app = files  # type: ignore[method-assign]
    app.add_url_rule(f"{PREFIX}/<path:filename>", endpoint="static", view_func=_nothing_there)
    build = app.url_for

    def url_for(endpoint: str, **values: Any) -> str:
        if endpoint != "static":
            return build(endpoint, **values)
        path = files.path(values.pop("filename"))
        # Werkzeug's way costs more than all else that a page does with these.
        return build(endpoint, filename=path, **values) if values else f"{PREFIX}/{path}"

    # Templates and `flask.url_for` both end up here.
    app.url_for = url_for  # type: ignore[method-assign]


def _nothing_there(**_path: str) -> ResponseReturnValue:
    abort(HTTPStatus.NOT_FOUND)


class _StaticFiles(WhiteNoise):
    application: WSGIApplication
    files: dict[str, StaticFile]

    def __init__(self, application: WSGIApplication, settings: Settings, source: Path) -> None:
        super().__init__(
            application,
            allow_all_origins=False,
            mimetypes={".webmanifest": "application/manifest+json"},
            add_headers_function=self._add_headers,
        )
        self._source = source
        self._store = settings.potluck_var / "static"
        self._is_secure = settings.is_secure
        self._is_edited = not settings.is_production
        self._adopt()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or not self._find(path):
            return self.application(environ, start_response)
        asked = _plainly_asked(environ)
        try:
            answer: Iterable[bytes] = self.serve(self._find(path), asked, start_response)
        except FileNotFoundError:
            # Somebody emptied `var/` under a server that runs.
            self.files.clear()
            self._adopt()
            answer = self.serve(self._find(path), asked, start_response)
        return answer

    def _find(self, path: str) -> StaticFile | None:
        """A page that an earlier version wrote names its tree; what is here now has to do."""
        return self.files.get(path) or self.files.get(NAMED_TREE.sub(PREFIX, path))

    def path(self, filename: str) -> str:
        """Where the file is now, below `/static/`."""
        if self._is_edited and time.monotonic() - self._looked_at > LOOK_EVERY_SECONDS:
            self._look()
        return f"{self.digest}/{filename}"

    def _look(self) -> None:
        if static_tree.state(self._source) != self._state:
            self._adopt()
        self._looked_at = time.monotonic()

    def _adopt(self) -> None:
        """Serves what is in the folder now; pages written before keep what they name."""
        self._state = static_tree.state(self._source)
        self._looked_at = time.monotonic()
        try:
            tree = static_tree.keep(self._source, self._store)
        except OSError as error:
            logger.warning("static files are served uncompressed: %s", error)
            tree = static_tree.uncompressed(self._source)
        self.digest = tree.digest
        self.add_files(tree.folder, PREFIX)
        self.add_files(tree.folder, f"{PREFIX}/{tree.digest}")

    def _add_headers(self, headers: Headers, _path: str, url: str) -> None:
        headers["Cache-Control"] = FOREVER if NAMED_TREE.match(url) else FOR_A_MINUTE
        # Weak, since it is the same however the file is compressed.
        headers["ETag"] = f'W/"{self.digest}"'
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        # For a drawing that somebody opens as a page.
        headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        if self._is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"


def _plainly_asked(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The request in words that WhiteNoise takes as they were meant.

    It overlooks `br;q=0`, and refuses a range of one byte; a server may answer any range with the
    whole (RFC 9110, section 14.2), and nothing here is large.
    """
    accepted = parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING"), Accept)
    encodings = [name for name in ("br", "gzip") if accepted[name] > 0]
    asked = {**environ, "HTTP_ACCEPT_ENCODING": ",".join(encodings)}
    asked.pop("HTTP_RANGE", None)
    return asked
