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

from potluck import languages
from potluck.accounts.sessions import cookie_name
from potluck.front_doors import OK, Answer, Door
from potluck.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What the page shows of an open round is as old at most, so that it is news within the second.
KEPT_SECONDS = 0.5
ENDPOINT = "home.index"


class Kept(NamedTuple):
    """An answer, or that there was none to keep; `asked_at` is monotonic."""

    asked_at: float
    answer: Answer | None

    def is_news_to(self, asking_at: float) -> bool:
        """Whether it is young enough for somebody who asked then, maybe before it was made."""
        return asking_at < self.asked_at + KEPT_SECONDS


class FrontPage(Door):
    """The outermost door of a server."""

    def __init__(self, behind: WSGIApplication, settings: Settings) -> None:
        super().__init__(behind, settings)
        self._cookie = f"{cookie_name(settings)}="
        self._kept: dict[str, Kept] = {}
        self._turn = Lock()

    def _knows(self, path: str) -> bool:
        return path == "/"

    def _answer(self, environ: WSGIEnvironment) -> Answer | None:
        if not self._is_for_strangers(environ):
            return None
        kept = self._fresh(languages.of_handshake(environ), time.monotonic())
        return kept.answer if kept else None

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_ours = environ["PATH_INFO"] == "/" and self._is_for_strangers(environ)
        if not (is_ours and self._is_usual(environ)):
            return super()._pass_on(environ, start_response)
        asking_at, language = time.monotonic(), languages.of_handshake(environ)
        # One makes it, and those who come meanwhile wait for that.
        with self._turn:
            kept = self._fresh(language, asking_at)
            if kept is None:
                return self._make(language, environ, start_response)
        if kept.answer is None:
            return super()._pass_on(environ, start_response)
        headers, body = self._noted(environ, kept.answer, asking_at)
        start_response(OK, headers)
        return [body]

    def _fresh(self, language: str, asking_at: float) -> Kept | None:
        kept = self._kept.get(language)
        return kept if kept and kept.is_news_to(asking_at) else None

    def _is_for_strangers(self, environ: WSGIEnvironment) -> bool:
        has_session = self._cookie in environ.get("HTTP_COOKIE", "")
        return not (environ.get("QUERY_STRING") or has_session)

    def _make(
        self, language: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """What the app says, to whoever asked first."""
        asked_at = time.monotonic()
        made = self._ask_behind(environ)
        answer = Answer(ENDPOINT, made.kept_headers, made.body) if made.may_be_kept else None
        self._kept[language] = Kept(asked_at, answer)
        start_response(made.status, made.headers)
        return [made.body]
