"""How requests are answered: at the door where that can be, and in one piece."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from gevent import get_hub
from gevent.pywsgi import WSGIHandler, format_date_time

from potluck.front_doors import WAS_ASKED, Door, Headers
from potluck.request_heads import read_request

# What is larger is not worth a copy.
GATHERED_BYTES_MAX = 64 * 1024
READ = 1
# They are the same for all who ask for one thing in one language.
HEADS_KEPT = 256
ANSWER = b"%bContent-Length: %d\r\nX-Request-Id: %b\r\nDate: %b\r\n\r\n%b"


class QuickHandler(WSGIHandler):
    """Handles one connection's requests. The application that it serves is a door."""

    _doors_were_asked = False
    _gathered: bytearray | None = None
    # Of the connection, from its first answer at a door on.
    _reader: Any = None
    _is_all_read = False

    def handle(self) -> None:
        """Called by gevent for the connection."""
        try:
            super().handle()
        finally:
            if self._reader:
                self._reader.close()

    def handle_one_request(self) -> Any:
        """Called by gevent for each: `True` waits for the next, `None` ends the connection."""
        self._doors_were_asked = False
        try:
            self._wait_for_more()
            data = self.rfile.peek()
        except (OSError, ValueError):
            return None
        if self._is_taken_over(data):
            return None
        answer = self._ask_doors(data)
        return super().handle_one_request() if answer is None else self._send(answer)

    def get_environ(self) -> dict[str, Any]:
        """Called by gevent for a request that is the app's."""
        environ: dict[str, Any] = super().get_environ()
        if self._doors_were_asked:
            environ[WAS_ASKED] = True
        return environ

    def _wait_for_more(self) -> None:
        """Spares the kernel a question: who was just answered has as a rule said nothing yet."""
        if self._is_all_read:
            self._is_all_read = False
            hub = get_hub()
            self._reader = self._reader or hub.loop.io(self.socket.fileno(), READ)
            hub.wait(self._reader)

    def _is_taken_over(self, data: bytes) -> bool:  # noqa: ARG002 - for those who carry sockets
        """Whether the connection is somebody else's from here on, which began with this."""
        return False

    def _ask_doors(self, data: bytes) -> bytes | None:
        """The whole answer, if one of them has it."""
        doors: Door = self.server.application
        request = read_request(data, is_for_us=doors.answers)
        if request is None:
            return None
        self._doors_were_asked = True
        said = doors.early(request.environ)
        if said is None:
            return None
        self.rfile.read(request.length_bytes)
        self._is_all_read = request.length_bytes == len(data)
        head, date = _head(said.headers), _date(int(time.time()))
        return ANSWER % (head, len(said.body), said.request_id.encode(), date, said.body)

    def _send(self, answer: bytes) -> bool | None:
        try:
            # gevent's `sendall` asks the kernel for more than a small answer needs.
            sent = self.socket.send(answer)
            if sent < len(answer):
                self.socket.sendall(memoryview(answer)[sent:])
        except OSError:
            return None
        return True

    def _write_with_headers(self, data: Any) -> None:
        """Gevent's writes headers and body apart: two calls of the kernel, and two packets."""
        if len(data) > GATHERED_BYTES_MAX:
            super()._write_with_headers(data)
            return
        self._gathered = bytearray()
        try:
            super()._write_with_headers(data)
        finally:
            gathered, self._gathered = self._gathered, None
        super()._sendall(gathered)

    def _sendall(self, data: Any) -> None:
        if self._gathered is None:
            super()._sendall(data)
        else:
            self._gathered += data


@lru_cache(maxsize=HEADS_KEPT)
def _head(headers: Headers) -> bytes:
    lines = [f"{name}: {value}\r\n" for name, value in headers]
    return "".join(["HTTP/1.1 200 OK\r\n", *lines]).encode("latin-1")


@lru_cache(maxsize=1)
def _date(now: int) -> bytes:
    date: bytes = format_date_time(now)
    return date
