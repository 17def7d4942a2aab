"""HTTP/1.1 over TCP or TLS, straight to the server, as a transport of httpx2's."""

from __future__ import annotations

import socket
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx2

from potluck.rooms.wire import GATHERED
from potluck.rooms.wire.connection import CONNECTING, Connection

PORTS = {"http": 80, "https": 443}
# As httpx2's own transport does.
KEEP_SECONDS = 5.0
KEPT_MAX = 100

Origin = tuple[str, str, int]
Kept = dict[Origin, deque[tuple[Connection, float]]]


class Wire(httpx2.BaseTransport):
    """Raises httpx2's own errors."""

    def __init__(self) -> None:
        self._trust = httpx2.create_ssl_context()
        self._trust.set_alpn_protocols(["http/1.1"])
        # With the time until which each can be used, the newest last.
        self._kept: Kept = {}
        # Also where nobody closes it: the process ends, or its client is forgotten.
        weakref.finalize(self, _close, self._kept)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Returns once the answer's head is there; its body comes as it is read."""
        origin, waits = _origin(request.url), request.extensions.get("timeout", {})
        message = _written(request)
        connection = self._take_kept(origin) or self._connect(origin, waits.get("connect"))
        try:
            # A server may refuse before it has read everything, and what it says counts.
            with suppress(httpx2.WriteError):
                connection.send(message, waits.get("write"))
            answer = connection.begin_answer(waits.get("read"))
        except BaseException:
            connection.close()
            raise
        return httpx2.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(connection, lambda: self._give_back(origin, connection)),
            extensions={
                "http_version": b"HTTP/1.1",
                "reason_phrase": answer.reason,
                GATHERED: True,
            },
        )

    def close(self) -> None:
        """Those that are kept; whoever reads an answer closes its own."""
        _close(self._kept)

    def _connect(self, origin: Origin, seconds: float | None) -> Connection:
        scheme, host, port = origin
        with CONNECTING:
            connected = socket.create_connection((host, port), timeout=seconds)
            try:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if scheme == "https":
                    connected = self._trust.wrap_socket(connected, server_hostname=host)
            except BaseException:
                connected.close()
                raise
        return Connection(connected, is_encrypted=scheme == "https")

    def _take_kept(self, origin: Origin) -> Connection | None:
        kept = self._kept.get(origin, ())
        while kept:
            connection, until = kept.pop()
            if time.monotonic() < until and connection.is_silent:
                return connection
            connection.close()
        return None

    def _give_back(self, origin: Origin, connection: Connection) -> None:
        """For the next request to the same server, if nothing of this one is left in it."""
        kept = self._kept.setdefault(origin, deque())
        if connection.is_done_well and len(kept) < KEPT_MAX:
            kept.append((connection, time.monotonic() + KEEP_SECONDS))
        else:
            connection.close()


class _Body(httpx2.SyncByteStream):
    """What is left of an answer once its head is there."""

    def __init__(self, connection: Connection, give_back: Callable[[], None]) -> None:
        self._connection = connection
        self._give_back: Callable[[], None] | None = give_back

    def __iter__(self) -> Iterator[bytes]:
        return self._connection.body()

    def close(self) -> None:
        give_back, self._give_back = self._give_back, None
        if give_back:
            give_back()


def _close(all_kept: Kept) -> None:
    for kept in all_kept.values():
        while kept:
            kept.pop()[0].close()


def _origin(url: httpx2.URL) -> Origin:
    if url.scheme not in PORTS:
        raise httpx2.UnsupportedProtocol(f"a model's server is asked by HTTP, not by {url.scheme}")
    return url.scheme, url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]


def _written(request: httpx2.Request) -> bytes:
    """The whole request: the SDK has all of its JSON before it asks, and says how long it is."""
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%b: %b" % pair for pair in request.headers.raw]
    if any(b"\r" in line or b"\n" in line for line in lines):
        raise httpx2.LocalProtocolError("a header of the request has more than one line")
    return b"\r\n".join([*lines, b"", request.read()])
