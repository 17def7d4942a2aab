"""A server that says exactly these bytes, whatever it is asked, and keeps what it heard."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

READ_BYTES = 64 * 1024
WAIT_SECONDS_MAX = 10
# One that is said at once, or its beginning, and the rest in these pieces once it `goes_on`.
Said = bytes | tuple[bytes, ...]


@dataclass
class RawServer:
    """Each request is answered by the next of `answers`; after the last it hangs up, or stays."""

    answers: Sequence[Said]
    stays: bool = False
    certificate: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    goes_on: threading.Event = field(default_factory=threading.Event)
    has_said_all: threading.Event = field(default_factory=threading.Event)
    has_hung_up: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._left = list(self.answers)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connected)
            with suppress(OSError):
                self._talk(connected)

    def _talk(self, connected: socket.socket) -> None:
        if self.certificate:
            connected = self.certificate.wrap_socket(connected, server_side=True)
            self._open.append(connected)
        while self._left and (request := connected.recv(READ_BYTES)):
            self.requests.append(request)
            self._say(connected, self._left.pop(0))
        if not self.stays:
            connected.shutdown(socket.SHUT_RDWR)
            connected.close()
            self.has_hung_up.set()

    def _say(self, connected: socket.socket, said: Said) -> None:
        first, *rest = (said,) if isinstance(said, bytes) else said
        connected.sendall(first)
        if rest:
            self.goes_on.wait(WAIT_SECONDS_MAX)
        for piece in rest:
            connected.sendall(piece)
        self.has_said_all.set()


@contextmanager
def raw_server(
    *answers: Said, stays: bool = False, certificate: ssl.SSLContext | None = None
) -> Iterator[RawServer]:
    """Runs as long as it is needed."""
    server = RawServer(answers, stays=stays, certificate=certificate)
    try:
        yield server
    finally:
        server.stop()
