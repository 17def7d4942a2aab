"""The front page as strangers see it: one of them in each language is kept for half a second.

It says the same to all of them, so that a crowd costs little more than somebody. Whoever has a
session, or asks for anything else, goes on to the app; so does everybody where it says more than
a page that all may read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from potluck import front_doors, languages
from potluck.accounts.sessions import cookie_name
from potluck.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What the page shows of an open round is as old at most, so that it is news within the second.
KEPT_SECONDS = 0.5
ENDPOINT = "home.index"
# Nobody else's.
OWN_HEADERS = {"X-Request-Id"}


class Answer(NamedTuple):
    """What the app said."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def is_for_everybody(self) -> bool:
        """Whether it may be said to the next as well."""
        names = {name.lower() for name, _ in self.headers}
        return self.status == "200 OK" and "set-cookie" not in names


class Kept(NamedTuple):
    """An answer, or that there was none to keep; `asked_at` is monotonic."""

    asked_at: float
    headers: list[tuple[str, str]]
    body: bytes | None

    def is_news_to(self, asking_at: float) -> bool:
        """Whether it is young enough for somebody who asked then, maybe before it was made."""
        return asking_at < self.asked_at + KEPT_SECONDS


class FrontPage:
    """The outermost door of a server."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._behind = app
        self._host = urlsplit(settings.public_url).hostname
        self._cookie = f"{cookie_name(settings)}="
        self._kept: dict[str, Kept] = {}
        self._turn = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/" or not self._is_for_strangers(environ):
            return self._behind(environ, start_response)
        asking_at, language = time.monotonic(), languages.of_handshake(environ)
        kept = self._kept.get(language)
        if kept is None or not kept.is_news_to(asking_at):
            # One makes it, and those who come meanwhile wait for that.
            with self._turn:
                kept = self._kept.get(language)
                if kept is None or not kept.is_news_to(asking_at):
                    return self._make(language, environ, start_response)
        if kept.body is None:
            return self._behind(environ, start_response)
        return front_doors.answer(
            environ,
            start_response,
            endpoint=ENDPOINT,
            headers=kept.headers,
            body=kept.body,
            started_at=asking_at,
        )

    def _is_for_strangers(self, environ: WSGIEnvironment) -> bool:
        is_plain = not environ.get("QUERY_STRING")
        is_plain = is_plain and self._cookie not in environ.get("HTTP_COOKIE", "")
        return is_plain and front_doors.is_usual(environ, host=self._host)

    def _make(
        self, language: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """What the app says, to whoever asked first."""
        asked_at = time.monotonic()
        made = _ask(self._behind, environ)
        kept_headers = [each for each in made.headers if each[0] not in OWN_HEADERS]
        body = made.body if made.is_for_everybody else None
        self._kept[language] = Kept(asked_at, kept_headers, body)
        start_response(made.status, made.headers)
        return [made.body]


def _ask(app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    heard: list[tuple[str, list[tuple[str, str]]]] = []

    def hear(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        heard.append((status, headers))

    said = app(environ, hear)  # type: ignore[arg-type]
    try:
        body = b"".join(said)
    finally:
        if hasattr(said, "close"):
            said.close()
    status, headers = heard[-1]
    return Answer(status, headers, body)
