"""What stands in front of the app, and is asked before it.

Flask, its session and its engine are most of what a small answer costs, and the server's reading
of a request most of the rest. So the few that are asked for again and again are given before any
of that begins, to those with whom everything is as usual. Whatever else comes, a stranger,
somebody who is banned, a cookie that is over or a database that is away, goes on to the app, which
has a word for each.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from potluck import request_notes
from potluck.database import db
from potluck.settings import Settings
from potluck.turns import Turns

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = tuple[tuple[str, str], ...]

OK = "200 OK"
# Of one answer alone.
OWN_HEADERS = {"X-Request-Id", "Content-Length"}
# In the environ of a request whose doors were asked, and had nothing to say.
WAS_ASKED = "potluck.doors_were_asked"
# How often somebody waits for an answer that turns out not to be theirs, until they make their own.
WAITS_MAX = 2


class Answer(NamedTuple):
    """A page or a part of one, under the name that it has in the app.

    `ids` stand beside the request's in the log.
    """

    endpoint: str
    headers: Headers
    body: bytes
    ids: Mapping[str, int] = {}


class Said(NamedTuple):
    """The same as it is given to one request: a 200."""

    headers: Headers
    body: bytes
    request_id: str

    def begin(self, start_response: StartResponse) -> Iterable[bytes]:
        """As an application says it."""
        own = [("Content-Length", str(len(self.body))), ("X-Request-Id", self.request_id)]
        start_response(OK, [*self.headers, *own])
        return [self.body]


class FromApp(NamedTuple):
    """What the app said."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def may_be_kept(self) -> bool:
        """Whether it says nothing that only whoever asked may hear, and only once."""
        names = {name.lower() for name, _ in self.headers}
        return self.status == OK and "set-cookie" not in names

    @property
    def kept_headers(self) -> Headers:
        """Those that are not of this one answer."""
        return tuple(each for each in self.headers if each[0] not in OWN_HEADERS)


class Door:
    """One of them, with another or the app behind it."""

    def __init__(self, behind: WSGIApplication, settings: Settings) -> None:
        self._behind = behind
        self._next = behind if isinstance(behind, Door) else None
        self._host = urlsplit(settings.public_url).hostname
        self._turns: Turns[Hashable] = Turns()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        said = None if WAS_ASKED in environ else self._say(environ)
        if said is None:
            return self._pass_on(environ, start_response)
        return said.begin(start_response)

    def early(self, environ: WSGIEnvironment) -> Said | None:
        """From here or from a door behind; None where it is the app's.

        `environ` needs no more than what the head of a request says.
        """
        said = self._say(environ)
        return self._next.early(environ) if said is None and self._next else said

    def answers(self, path: str) -> bool:
        """Whether anything may be said to this path, here or behind."""
        return self._knows(path) or (self._next is not None and self._next.answers(path))

    def _say(self, environ: WSGIEnvironment) -> Said | None:
        started_at = time.monotonic()
        if not (self._knows(environ["PATH_INFO"]) and self._is_usual(environ)):
            return None
        answer = self._answer(environ, started_at)
        return self._noted(environ, answer, started_at) if answer else None

    def _noted(self, environ: WSGIEnvironment, answer: Answer, started_at: float) -> Said:
        """As the app would, under a name that no other request has."""
        path = environ["PATH_INFO"]
        request_id = request_notes.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        ids = {"request": request_id, **answer.ids}
        request_notes.note("GET", path, answer.endpoint, 200, started_at=started_at, ids=ids)
        return Said(answer.headers, answer.body, request_id)

    def _is_usual(self, environ: WSGIEnvironment) -> bool:
        """Whether somebody reads, by the name that we have, while the database can be reached.

        By another of our names the app leads to the first.
        """
        is_reading = environ["REQUEST_METHOD"] == "GET" and not environ.get("SCRIPT_NAME")
        is_by_our_name = environ.get("HTTP_HOST", "").partition(":")[0] == self._host
        return is_reading and is_by_our_name and not db.is_away

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Has one of those who ask in one moment make it, and answers the others with the same."""
        key, started_at = self._key(environ), time.monotonic()
        if key is None or not self._is_usual(environ):
            return self._behind(environ, start_response)
        for _ in range(WAITS_MAX):
            with self._turns.take(key) as is_ours:
                if is_ours:
                    made = self._make(environ)
                    start_response(made.status, made.headers)
                    return [made.body]
            answer = self._answer(environ, started_at)
            if answer:
                return self._noted(environ, answer, started_at).begin(start_response)
        return self._behind(environ, start_response)

    def _ask_behind(self, environ: WSGIEnvironment) -> FromApp:
        """All of the answer."""
        heard: list[tuple[str, list[tuple[str, str]]]] = []

        def hear(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            heard.append((status, headers))

        said = self._behind(environ, hear)  # type: ignore[arg-type]
        try:
            body = b"".join(said)
        finally:
            if hasattr(said, "close"):
                said.close()
        status, headers = heard[-1]
        return FromApp(status, headers, body)

    def _knows(self, path: str) -> bool:
        raise NotImplementedError

    def _answer(self, environ: WSGIEnvironment, asked_at: float) -> Answer | None:
        """What this door has for whoever asked then, a monotonic time."""
        raise NotImplementedError

    def _key(self, environ: WSGIEnvironment) -> Hashable | None:  # noqa: ARG002 - for those who keep
        """The same for all who may have one answer; None where nothing is kept."""
        return None

    def _make(self, environ: WSGIEnvironment) -> FromApp:
        """What the app says, and keeps it if it may be."""
        raise NotImplementedError
