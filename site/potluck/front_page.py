"""The front page as strangers see it: one of them in each language is kept for half a second.

It says the same to all of them, so that a crowd costs little more than somebody. Whoever has a
session, or asks for anything else, goes on to the app; so does everybody where it says more than
a page that all may read.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from potluck import languages
from potluck.accounts.sessions import cookie_name
from potluck.front_doors import Answer, Door, FromApp
from potluck.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

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

    def _knows(self, path: str) -> bool:
        return path == "/"

    def _answer(self, environ: WSGIEnvironment, asked_at: float) -> Answer | None:
        kept = self._kept.get(self._key(environ) or "")
        return kept.answer if kept and kept.is_news_to(asked_at) else None

    def _key(self, environ: WSGIEnvironment) -> str | None:
        """Their language, of strangers who ask for nothing else."""
        has_session = self._cookie in environ.get("HTTP_COOKIE", "")
        if environ["PATH_INFO"] != "/" or environ.get("QUERY_STRING") or has_session:
            return None
        return languages.of_handshake(environ)

    def _make(self, environ: WSGIEnvironment) -> FromApp:
        asked_at = time.monotonic()
        made = self._ask_behind(environ)
        answer = Answer(ENDPOINT, made.kept_headers, made.body) if made.may_be_kept else None
        self._kept[languages.of_handshake(environ)] = Kept(asked_at, answer)
        return made
