"""The balance and its badge, which every open page asks for whenever credits move.

They are answered in front of the app and with its very answer, but only where everything is as
usual: a member whose session is good. Whatever else comes, a stranger, somebody who is banned, a
cookie that is over or a database that is away, goes on to the app, which has a word for each.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import psycopg
from flask import Flask

from potluck import front_doors, languages, web
from potluck.accounts.sessions import SEEN_EVERY_SECONDS, cookie_name
from potluck.credits.badge import Badge
from potluck.database import db
from potluck.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# As `session_statements.FIND` has it, of those alone who may come in.
FIND = """
    SELECT s.id, s.user_id, a.posted, a.held, a.seq,
        s.last_seen_at < now() - make_interval(secs => %s)
    FROM sessions s
    JOIN users u ON u.id = s.user_id AND u.banned_at IS NULL
    JOIN accounts a ON a.user_id = s.user_id
    WHERE s.token_digest = %s AND s.expires_at > now()
"""
SEEN = "UPDATE sessions SET last_seen_at = now() WHERE id = %s RETURNING id"


def init_app(app: Flask) -> None:
    """Call it last: it stands in front of everything else."""
    app.wsgi_app = HotReads(app)  # type: ignore[method-assign]


class Found(NamedTuple):
    """A session and what its member has."""

    session_id: int
    user_id: int
    posted: int
    held: int
    seq: int
    is_stale: bool

    @property
    def available(self) -> int:
        """What can still be spent."""
        return self.posted - self.held


class HotReads:
    """The outermost door of the app."""

    def __init__(self, app: Flask) -> None:
        self._behind = app.wsgi_app
        settings: Settings = app.extensions["settings"]
        self._host = urlsplit(settings.public_url).hostname
        self._token = re.compile(rf"(?:^|; ?){cookie_name(settings)}=([\w-]+)(?:;|$)", re.ASCII)
        self._headers = [
            ("Vary", "Cookie"),
            *web.safety_headers(settings).items(),
            ("Cache-Control", "no-store"),
        ]
        badge = Badge(app)
        self._answers: dict[str, tuple[str, str, Callable[[WSGIEnvironment, Found], str]]] = {
            "/credits/balance": ("credits.balance", "application/json", _numbers),
            "/credits/badge": (
                "credits.badge",
                "text/html; charset=utf-8",
                lambda environ, found: badge.html(
                    languages.of_handshake(environ),
                    available=found.available,
                    held=found.held,
                    seq=found.seq,
                ),
            ),
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = self._answers.get(environ["PATH_INFO"])
        if asked is None:
            return self._behind(environ, start_response)
        started_at = time.monotonic()
        found = self._find(environ)
        if found is None:
            return self._behind(environ, start_response)
        endpoint, kind, write = asked
        body = write(environ, found).encode()
        return front_doors.answer(
            environ,
            start_response,
            endpoint=endpoint,
            headers=[
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
                *self._headers,
            ],
            body=body,
            started_at=started_at,
            session=found.session_id,
            user=found.user_id,
        )

    def _find(self, environ: WSGIEnvironment) -> Found | None:
        """None where the app has to look for itself."""
        is_usual = front_doors.is_usual(environ, host=self._host)
        token = self._token.search(environ.get("HTTP_COOKIE", "")) if is_usual else None
        if token is None:
            return None
        digest = hashlib.sha256(token[1].encode()).digest()
        try:
            row = db.quick.first(FIND, (float(SEEN_EVERY_SECONDS), digest))
            found = Found(*row) if row else None
            if found and found.is_stale:
                db.quick.first(SEEN, (found.session_id,))
        except psycopg.Error:
            return None
        return found


def _numbers(_environ: WSGIEnvironment, found: Found) -> str:
    return (
        f'{{"available":{found.available},"held":{found.held},"posted":{found.posted},'
        f'"seq":{found.seq}}}\n'
    )
