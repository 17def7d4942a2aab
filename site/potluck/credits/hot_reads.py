"""The balance and its badge, which every open page asks for whenever credits move.

They are answered in front of the app and with its very answer, but only to a member whose session
is good. All who ask in one moment share one read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from flask import Flask

from potluck import languages, web
from potluck.accounts import visits
from potluck.accounts.sessions import TOKEN_CHARACTERS_MAX, cookie_name
from potluck.credits.badge import Badge
from potluck.database import db
from potluck.front_doors import Answer, Door, Headers
from potluck.plain_statements import array
from potluck.request_heads import cookie
from potluck.settings import Settings
from potluck.waves import Waves

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# As `session_statements.FIND` has it, of those alone who may come in.
FIND = f"""
    SELECT {visits.IS_STALE} AS is_stale,
        s.token_digest, s.id, s.user_id, a.posted, a.held, a.seq
    FROM sessions s
    JOIN users u ON u.id = s.user_id AND u.banned_at IS NULL
    JOIN accounts a ON a.user_id = s.user_id
    WHERE s.token_digest = ANY({array("digests", "bytea")}) AND s.expires_at > now()
"""  # noqa: S608 - put together from constants


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

    @property
    def available(self) -> int:
        """What can still be spent."""
        return self.posted - self.held


class HotReads(Door):
    """The door of both."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.extensions["settings"]
        super().__init__(app.wsgi_app, settings)
        self._cookie_name = cookie_name(settings)
        self._found = Waves(_find)
        self._badge = Badge(app)
        locks = tuple(web.safety_headers(settings).items())
        headers = (("Vary", "Cookie"), *locks, ("Cache-Control", "no-store"))
        of_json = (("Content-Type", "application/json"), *headers)
        of_html = (("Content-Type", "text/html; charset=utf-8"), *headers)
        self._written: dict[str, tuple[str, Headers, Callable[[WSGIEnvironment, Found], str]]] = {
            "/credits/balance": ("credits.balance", of_json, _numbers),
            "/credits/badge": ("credits.badge", of_html, self._write_badge),
        }

    def _knows(self, path: str) -> bool:
        return path in self._written

    def _answer(self, environ: WSGIEnvironment, asked_at: float) -> Answer | None:  # noqa: ARG002
        found = self._find(environ)
        if found is None:
            return None
        endpoint, headers, write = self._written[environ["PATH_INFO"]]
        ids = {"session": found.session_id, "user": found.user_id}
        return Answer(endpoint, headers, write(environ, found).encode(), ids)

    def _find(self, environ: WSGIEnvironment) -> Found | None:
        """None where the app has to look for itself."""
        token = cookie(environ, self._cookie_name)
        if not token or len(token) > TOKEN_CHARACTERS_MAX:
            return None
        try:
            return self._found.get(hashlib.sha256(token.encode()).digest())
        except psycopg.Error:
            return None

    def _write_badge(self, environ: WSGIEnvironment, found: Found) -> str:
        return self._badge.html(
            languages.of_handshake(environ),
            available=found.available,
            held=found.held,
            seq=found.seq,
        )


def _find(digests: Sequence[bytes]) -> dict[bytes, Found]:
    found = {}
    for is_stale, digest, *row in db.quick.all(FIND, {"digests": digests}):
        found[digest] = Found(*row)
        if is_stale:
            visits.note(found[digest].session_id)
    return found


def _numbers(_environ: WSGIEnvironment, found: Found) -> str:
    return (
        f'{{"available":{found.available},"held":{found.held},"posted":{found.posted},'
        f'"seq":{found.seq}}}\n'
    )
