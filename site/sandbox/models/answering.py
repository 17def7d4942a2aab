"""What the stand-ins for models share: a thread for each connection, JSON, streams and errors."""

from __future__ import annotations

import json
import secrets
import select
import threading
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

HOST = "127.0.0.1"
BODY_BYTES_MAX = 10_000_000
REQUESTS_KEPT = 10


class CountingServer(ThreadingTCPServer):
    """Counts what runs, so that a test can see it stop, and keeps what was asked."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type[Answering]) -> None:
        super().__init__((HOST, port), handler)
        self.generating = 0
        self.counting = threading.Lock()
        # Whoever waits to go on takes one; a test gives them.
        self.turns = threading.Semaphore(0)
        self.requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_KEPT)

    def count(self, change: int) -> None:
        with self.counting:
            self.generating += change


class Answering(BaseHTTPRequestHandler):
    """One connection, in a thread of its own."""

    server: CountingServer
    protocol_version = "HTTP/1.1"
    # A chunk must not wait for the acknowledgement of the one before.
    disable_nagle_algorithm = True

    def get(self) -> None:
        """Answers a GET."""
        raise NotImplementedError

    def post(self) -> None:
        """Answers a POST."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.get()

    def do_POST(self) -> None:
        self.post()

    def request_of(self, *paths: str) -> dict[str, Any] | None:
        """The body of a request to one of these; None where it was answered that it can't be."""
        length = int(self.headers.get("Content-Length", 0))
        if self.path not in paths or length > BODY_BYTES_MAX:
            self.close_connection = True
            self.error(HTTPStatus.NOT_FOUND, f"Only {' and '.join(paths)} can be posted to.")
            return None
        try:
            request = json.loads(self.rfile.read(length))
        except ValueError:
            self.error(HTTPStatus.BAD_REQUEST, "The body must be JSON.")
            return None
        return request if isinstance(request, dict) else {}

    def counted(self, work: Callable[[], None]) -> None:
        """Does what a model would, for as long as the client listens."""
        self.server.count(+1)
        try:
            work()
        except (BrokenPipeError, ConnectionResetError):
            # The client has heard enough: the script ends here, as a real model would.
            self.close_connection = True
        finally:
            self.server.count(-1)

    def wait_for_hangup(self, seconds: float | None) -> bool:
        """Waits; true as soon as the client has closed. A client says nothing while it listens."""
        return bool(select.select([self.connection], [], [], seconds)[0])

    def begin(self, content_type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self._end_headers()

    def piece(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def error(self, status: HTTPStatus, message: str) -> None:
        error = {"message": message, "type": status.name.lower(), "param": None, "code": None}
        self.json({"error": error}, status)

    def json(self, value: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self.body("application/json", json.dumps(value).encode(), status)

    def body(self, content_type: str, body: bytes, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", "1")
        self._end_headers()
        self.wfile.write(body)

    def _end_headers(self) -> None:
        self.send_header("x-request-id", f"req_{secrets.token_hex(12)}")
        self.end_headers()
