"""Pages and forms over a few connections that stay open, beside the loop that reads sockets."""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass
from queue import SimpleQueue
from urllib.parse import urlencode

THREADS = 8
ANSWER_SECONDS_MAX = 30
FINE = {http.HTTPStatus.OK, http.HTTPStatus.NO_CONTENT, http.HTTPStatus.SEE_OTHER}


@dataclass
class Reply:
    """What a page answered, once it has."""

    is_here: bool = False
    is_fine: bool = False
    location: str = ""
    body: str = ""


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    body: str | None
    headers: dict[str, str]
    reply: Reply


class Pages:
    """Sends what people send; whatever isn't answered as it should be is a complaint."""

    def __init__(self, *, port: int, origin: str, complaints: list[str]) -> None:
        self._port = port
        self._origin = origin
        self._complaints = complaints
        self._waiting: SimpleQueue[_Request | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def get(self, path: str, *, cookie: str) -> Reply:
        """Asks for a page."""
        return self._send("GET", path, None, {"Cookie": f"potluck={cookie}"})

    def post(self, path: str, *, cookie: str, token: str, **fields: str | int) -> Reply:
        """Sends a form as htmx does, with the token that its page carried."""
        headers = {
            "Cookie": f"potluck={cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self._origin,
            "HX-Request": "true",
            "X-CSRFToken": token,
        }
        return self._send("POST", path, urlencode(fields), headers)

    def close(self) -> None:
        """Answers what is still asked, and ends the threads."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Reply:
        reply = Reply()
        self._waiting.put(_Request(method, path, body, headers, reply))
        return reply

    def _work(self) -> None:
        connection = http.client.HTTPConnection("localhost", self._port, timeout=ANSWER_SECONDS_MAX)
        while request := self._waiting.get():
            try:
                self._ask(connection, request)
            except (OSError, http.client.HTTPException) as error:
                self._complaints.append(f"{request.method} {request.path}: {error!r}")
                connection.close()
            request.reply.is_here = True
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, request: _Request) -> None:
        connection.request(request.method, request.path, request.body, request.headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        request.reply.is_fine = answer.status in FINE
        request.reply.location = answer.headers.get("Location", "")
        request.reply.body = body
        if not request.reply.is_fine:
            said = " ".join(body.split())[:200]
            self._complaints.append(f"{request.method} {request.path}: {answer.status} {said}")
