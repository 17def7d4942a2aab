"""Every place where a process can die between two things that others see.

The libraries are wrapped where they offer it: SQLAlchemy lets us make the connection, urllib3
names the class of its connections, httpcore reports what it does. So a statement or a request
that is written tomorrow is a boundary tomorrow, and nothing in `potluck` knows.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import httpx2
import psycopg
import urllib3
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

from potluck.cooperation import CooperativeConnection
from potluck.database import connect_cooperatively

SOURCE = str(Path(__file__).resolve().parents[2] / "site" / "potluck")
# They send for others; who asked them to is what tells one boundary from another.
ERRANDS = {
    f"{SOURCE}/{name}.py"
    for name in ("announcements", "database", "lone_statements", "plain_statements")
}
# One chunk of a stream is like the other: the first few are boundaries, and the last.
CHUNKS_MAX = 3
LAST_CHUNK = b"[DONE]"
# What is asked of a connection before it is used again: nothing happens in between.
PING = ";"
WRITE = re.compile(r"(?<!FOR )(?<!DO )\b(INSERT|UPDATE|DELETE)(?: INTO| FROM)?\s+(\w+)")
READ = re.compile(r"\b(SELECT)\b.*?\bFROM\s+(\w+)|\b(SELECT)\s+(\w+)", re.DOTALL)
OBJECT_ID = re.compile(r"/[a-z]+_\w{8,}")


class Boundaries:
    """Counts the boundaries that are passed, and kills the process at one of them."""

    def __init__(self, *, kill_at: str | None) -> None:
        self.passed: list[str] = []
        self._kill_at = kill_at
        self._times: Counter[str] = Counter()
        self._is_armed = False

    @contextmanager
    def armed(self) -> Iterator[None]:
        """While this lasts it counts; the rest is preparation and looking at what came of it."""
        self._is_armed = True
        yield
        self._is_armed = False

    def reach(self, moment: str, what: str) -> None:
        """A boundary, named after what is done and who does it."""
        if not self._is_armed:
            return
        place = f"{moment} {what} in {_caller()}"
        self._times[place] += 1
        times = self._times[place]
        name = place if times == 1 else f"{place}, time {times}"
        self.passed.append(name)
        if name == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        """Two boundaries: nothing was sent yet, and everything was done but we don't know."""
        self.reach("before", what)
        yield
        self.reach("after", what)


def watch(boundaries: Boundaries, engine: Engine) -> None:
    """Has this process report what it sends. `engine` must not be connected yet."""
    _watch_database(boundaries, engine)
    _watch_stripe(boundaries)
    _watch_model(boundaries)


def _watch_database(boundaries: Boundaries, engine: Engine) -> None:
    """BEGIN is sent by psycopg itself, with the first statement: dying between changes nothing."""

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Cursor:
            what = _statement(str(query))
            if what != PING:
                boundaries.reach("before", what)
            super().execute(query, *args, **kwargs)
            # In a transaction nobody can see it yet: the boundary before what follows is the same.
            if what != PING and _is_idle(self.connection):
                boundaries.reach("after", what)
            return self

    class Connection(CooperativeConnection):
        def commit(self) -> None:
            self._end("COMMIT", super().commit)

        def rollback(self) -> None:
            self._end("ROLLBACK", super().rollback)

        def _end(self, what: str, act: Callable[[], None]) -> None:
            if _is_idle(self):
                # Nothing is sent.
                act()
                return
            with boundaries.around(what):
                act()

    # The first that makes a connection is asked alone.
    event.remove(engine, "do_connect", connect_cooperatively)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, args: list[Any], kwargs: dict[str, Any]) -> Connection:
        with boundaries.around("connecting to PostgreSQL"):
            return Connection.connect(*args, **kwargs, cursor_factory=Cursor)


def _watch_stripe(boundaries: Boundaries) -> None:
    """Stripe's SDK sends through requests, and requests through urllib3."""

    class Connection(urllib3.connection.HTTPConnection):
        _asked = ""

        def connect(self) -> None:
            with boundaries.around("connecting to Stripe"):
                super().connect()

        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
            self._asked = f"{method} {OBJECT_ID.sub('/<id>', url.partition('?')[0])}"
            boundaries.reach("before", self._asked)
            super().request(method, url, *args, **kwargs)
            boundaries.reach("right after sending", self._asked)

        def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as in urllib3
            response = super().getresponse()
            boundaries.reach("after the answer to", self._asked)
            return response

    urllib3.HTTPConnectionPool.ConnectionCls = Connection


def _watch_model(boundaries: Boundaries) -> None:
    """OpenAI's SDK sends through httpx2, which hands its answers on in chunks."""
    send = httpx2.HTTPTransport.handle_request

    def handle_request(self: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        what = f"{request.method} {request.url.path}"

        def trace(step: str, _info: Any) -> None:
            if step.endswith("send_request_body.complete"):
                boundaries.reach("right after sending", what)

        request.extensions = {**request.extensions, "trace": trace}
        boundaries.reach("before", what)
        response = send(self, request)
        boundaries.reach("after the answer to", what)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Chunks(boundaries, response.stream, what)
        return response

    mock.patch.object(httpx2.HTTPTransport, "handle_request", handle_request).start()


class _Chunks(httpx2.SyncByteStream):
    def __init__(self, boundaries: Boundaries, stream: httpx2.SyncByteStream, what: str) -> None:
        self._boundaries = boundaries
        self._stream = stream
        self._what = what

    def __iter__(self) -> Iterator[bytes]:
        for number, chunk in enumerate(self._stream, start=1):
            # By what it says and not by its number: the network cuts a stream as it likes.
            if LAST_CHUNK in chunk:
                self._boundaries.reach("with the last chunk of", self._what)
            elif number <= CHUNKS_MAX:
                self._boundaries.reach(f"with chunk {number} of", self._what)
            yield chunk
        self._boundaries.reach("after the end of", self._what)

    def close(self) -> None:
        self._stream.close()


def _is_idle(connection: psycopg.Connection[Any]) -> bool:
    return connection.info.transaction_status == TransactionStatus.IDLE


def _statement(query: str) -> str:
    """Such as `UPDATE accounts`: what it writes first, else what it reads."""
    found = WRITE.search(query) or READ.search(query)
    return " ".join(filter(None, found.groups())) if found else query.split(maxsplit=1)[0]


def _caller() -> str:
    """The nearest function of the app that does no errand for another, such as `checkout._open`."""
    frame = sys._getframe(1)
    name = "the framework"
    while frame := frame.f_back:  # type: ignore[assignment]  # typeshed: ends with None
        file = frame.f_code.co_filename
        if file.startswith(SOURCE):
            name = f"{Path(file).stem}.{frame.f_code.co_qualname}"
            if file not in ERRANDS:
                break
    return name
