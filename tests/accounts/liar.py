"""A provider that is honest but for what a test has it say."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from tests.accounts.visits import DISCOVERY_PATH, TIMEOUT_SECONDS

TOKEN_PATH = "/token"


class Liar:
    """Discovery is the honest provider's with `changes`; `token` takes the token's place."""

    def __init__(self, honest_url: str) -> None:
        self.honest = requests.get(f"{honest_url}{DISCOVERY_PATH}", timeout=TIMEOUT_SECONDS).json()
        self.changes: dict[str, Any] = {}
        self.token = b""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def answer_with(self, token: object) -> None:
        """Whatever code it is shown, this is what it answers; bytes go as they are."""
        self.token = token if isinstance(token, bytes) else json.dumps(token).encode()
        self.changes["token_endpoint"] = f"{self.url}{TOKEN_PATH}"

    @property
    def discovery(self) -> bytes:
        return json.dumps(self.honest | self.changes).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(liar: Liar) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(liar.discovery)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._say(liar.token)

        def log_message(self, *_: object) -> None:
            """Says nothing: the test does."""

        def _say(self, body: bytes) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
