"""A page whose end is still on its way, as on a network that stalls."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

REST_SECONDS_MAX = 60


class HalfThere:
    """Hands on what `upstream` says, and what follows the `cut` in its landing page later."""

    def __init__(self, upstream: str, cut: str) -> None:
        self.upstream = upstream
        self.cut = cut.encode()
        self.goes_on = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.goes_on.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(half: HalfThere) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = requests.get(f"{half.upstream}{self.path}", timeout=REST_SECONDS_MAX)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            if self.path == "/":
                beginning, cut, end = answer.content.partition(half.cut)
                self.wfile.write(beginning + cut)
                half.goes_on.wait(REST_SECONDS_MAX)
                self.wfile.write(end)
            else:
                self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def half_there(upstream: str, cut: str) -> Iterator[HalfThere]:
    """The landing page comes up to the `cut`, and whole once it `goes_on`."""
    server = HalfThere(upstream, cut)
    try:
        yield server
    finally:
        server.stop()
