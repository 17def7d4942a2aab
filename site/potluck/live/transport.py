"""The WebSocket side of Engine.IO, in the place of its stock parts.

Those read endless frames into memory, keep whatever a slow client doesn't read, corrupt its
stream, and run several greenlets for each. `docs/decisions/0009-our-own-transport.md` has more.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import engineio
import gevent
from engineio import packet
from flask_socketio import SocketIO
from gevent import socket

from potluck.live.connection import GOODBYE_SECONDS_MAX, Connection
from potluck.live.frames import MESSAGE_BYTES_MAX, answer_handshake
from potluck.live.places import Full, Places

PING_SECONDS = 10
PING_TIMEOUT_SECONDS = 8
JOIN_WITHIN_SECONDS = 20
BEAT_SECONDS = 1.0

Answer = dict[str, Any]


class Engine(engineio.Server):
    """Engine.IO's server with our connections, over WebSocket alone."""

    def __init__(
        self, *, origin: str, places: Places, is_in_a_namespace: Callable[[str], bool]
    ) -> None:
        super().__init__(
            async_mode="gevent",
            transports=["websocket"],
            cors_allowed_origins=[origin],
            max_http_buffer_size=MESSAGE_BYTES_MAX,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_TIMEOUT_SECONDS,
            # Our own beat does that.
            monitor_clients=False,
        )
        # Why connections ended, each counted once, for whoever watches the installation.
        self.closures: Counter[str] = Counter()
        self._places = places
        self._is_in_a_namespace = is_in_a_namespace
        self._open: set[Connection] = set()
        self._beats = False

    @property
    def waiting_bytes(self) -> int:
        """What all clients together have yet to read."""
        return sum(connection.waiting_bytes for connection in self._open)

    def tell_disconnected(self, connection: Connection, reason: str) -> None:
        """Has the namespaces hear that a connection is over."""
        self._trigger_event("disconnect", connection.sid, reason, run_async=False)

    def _handle_connect(
        self,
        environ: dict[str, Any],
        *_: object,
    ) -> Answer | list[bytes]:
        """Called by the library for every client that comes; returns when it has gone."""
        try:
            with self._places.place(environ):
                return self._welcome(environ)
        except Full:
            return _refused("429 TOO MANY REQUESTS", b"too_many_connections")

    def _welcome(self, environ: dict[str, Any]) -> Answer | list[bytes]:
        response = answer_handshake(environ)
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            status = f"{response.status_code} {response.reason_phrase}"
            return _refused(status, bytes(response.body))
        connected, early = _take_over(environ)
        connection = Connection(self, self.generate_id(), connected)
        connection.write(response.serialize())
        self.sockets[connection.sid] = connection
        self._open.add(connection)
        try:
            self._serve(connection, environ, early)
        finally:
            self._open.discard(connection)
            self.sockets.pop(connection.sid, None)
        return []

    def _serve(self, connection: Connection, environ: dict[str, Any], early: bytes) -> None:
        opening = {
            "sid": connection.sid,
            "upgrades": [],
            "pingInterval": PING_SECONDS * 1000,
            "pingTimeout": PING_TIMEOUT_SECONDS * 1000,
            "maxPayload": MESSAGE_BYTES_MAX,
        }
        connection.send(packet.Packet(packet.OPEN, opening))
        self._trigger_event("connect", connection.sid, environ, run_async=False)
        self._keep_beating()
        connection.read(early)
        connection.close(abort=True, reason=connection.reason)

    def _keep_beating(self) -> None:
        if not self._beats:
            self._beats = True
            gevent.spawn(self._beat)

    def _beat(self) -> None:
        """One greenlet for everybody's pings and deadlines, while anybody is there."""
        while self._open:
            now = time.monotonic()
            for connection in list(self._open):
                self._look_after(connection, now)
            gevent.sleep(BEAT_SECONDS)
        self._beats = False

    def _look_after(self, connection: Connection, now: float) -> None:
        if connection.closing_since is not None:
            if now - connection.closing_since > GOODBYE_SECONDS_MAX:
                connection.cut("no_goodbye")
            return
        if connection.waits_for_us:
            connection.heard_at = connection.idle_since = now
        if self._is_in_a_namespace(connection.sid):
            connection.idle_since = now
        elif now - connection.idle_since >= JOIN_WITHIN_SECONDS:
            connection.close(reason="joined_nothing")
            return
        # A beat early each time, so that nobody is later than was said.
        silent_seconds = now - connection.heard_at + BEAT_SECONDS
        if silent_seconds > PING_SECONDS + PING_TIMEOUT_SECONDS:
            connection.cut(self.reason.PING_TIMEOUT)
        elif silent_seconds > PING_SECONDS and not connection.awaits_pong:
            connection.ping()


def plug_into(socketio: SocketIO, *, origin: str, places: Places) -> None:
    """Has Socket.IO speak through our engine instead of the one it made for itself."""
    server = socketio.server
    engine = Engine(
        origin=origin, places=places, is_in_a_namespace=server.manager.is_in_a_namespace
    )
    for event, handler in server.eio.handlers.items():
        engine.on(event, handler)
    server.eio = engine


def _take_over(environ: dict[str, Any]) -> tuple[socket.socket, bytes]:
    """The connection under an upgraded request, and what has been read of it too early."""
    stream = environ["wsgi.input"]
    connected: socket.socket = stream.raw._sock  # noqa: SLF001 - no server offers it otherwise
    connected.settimeout(0.0)
    early: bytes = stream.peek()
    connected.settimeout(None)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Gives its buffer back, and tells the server that there is no further request to read.
    stream.close()
    return connected, early


def _refused(status: str, body: bytes) -> Answer:
    return {"status": status, "headers": [("Content-Type", "text/plain")], "response": body}
