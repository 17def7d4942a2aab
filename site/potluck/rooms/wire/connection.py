"""One connection to a server, and the answer that is read from it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx2

from potluck.rooms.wire.answer import Answer

READ_BYTES = 64 * 1024
NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError)


class Naming:
    """What the network's errors are called by httpx2, depending on what was under way.

    A generator would do it in fewer lines, and take as long as the parser does for what came.
    """

    __slots__ = ("_broken", "_late")

    def __init__(
        self, late: type[httpx2.TimeoutException], broken: type[httpx2.NetworkError]
    ) -> None:
        self._late, self._broken = late, broken

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            name = self._late if isinstance(error, TimeoutError) else self._broken
            raise name(str(error)) from error


CONNECTING = Naming(httpx2.ConnectTimeout, httpx2.ConnectError)
WRITING = Naming(httpx2.WriteTimeout, httpx2.WriteError)
READING = Naming(httpx2.ReadTimeout, httpx2.ReadError)


class Connection:
    """Reads whatever has come at once. Raises httpx2's own errors."""

    def __init__(self, connected: socket.socket, *, is_encrypted: bool) -> None:
        self._socket = connected
        self._is_encrypted = is_encrypted
        self._answer = Answer()
        self._read_seconds: float | None = None

    @property
    def is_done_well(self) -> bool:
        """Whether the answer came whole, nothing came after it, and the server hears more."""
        return self._answer.is_whole and self._answer.keeps_alive

    @property
    def is_silent(self) -> bool:
        """Whether its server, who was asked for nothing, has neither gone nor said anything."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1)
        except NOTHING_YET:
            return True
        except OSError:
            return False
        return False

    def send(self, message: bytes, seconds: float | None) -> None:
        """A whole request."""
        with WRITING:
            self._socket.settimeout(seconds)
            self._socket.sendall(message)

    def begin_answer(self, seconds: float | None) -> Answer:
        """Reads the head. From now on the server may be silent for so long."""
        self._answer, self._read_seconds = Answer(), seconds
        self._socket.settimeout(seconds)
        while not self._answer.has_head:
            self._receive()
        return self._answer

    def body(self) -> Iterator[bytes]:
        """All that has come, again and again, until there is no more."""
        while True:
            if data := self._answer.taken():
                yield data
            elif self._answer.is_whole:
                return
            else:
                self._receive()

    def close(self) -> None:
        """Whoever waits for the server is told."""
        self._socket.close()

    def _receive(self) -> None:
        with READING:
            self._answer.take(self._socket.recv(READ_BYTES))
            if self._is_encrypted:
                self._receive_records()

    def _receive_records(self) -> None:
        """TLS gives out one record at a time, and a server makes one of each chunk."""
        self._socket.settimeout(0)
        try:
            while not self._answer.is_whole:
                self._answer.take(self._socket.recv(READ_BYTES))
        except NOTHING_YET:
            pass
        finally:
            self._socket.settimeout(self._read_seconds)
