"""The WebSocket side of Engine.IO, in the place of its stock parts.

Those read endless frames into memory, keep whatever a slow client doesn't read, corrupt its
stream, and run several greenlets for each. `docs/decisions/0009-our-own-transport.md` has more.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import engineio
import gevent
from engineio import packet
from flask_socketio import SocketIO
from gevent import monkey, socket

from potluck.live.connection import GOODBYE_SECONDS_MAX, Connection
from potluck.live.frames import MESSAGE_BYTES_MAX, answer_handshake, text_frame
from potluck.live.handshake import Upgrade
from potluck.live.places import Full, Place, Places

PING_SECONDS = 10
PING_TIMEOUT_SECONDS = 8
JOIN_WITHIN_SECONDS = 20
BEAT_SECONDS = 1.0
LOOKS_WITHOUT_A_BREAK = 200
SOCKET = monkey.get_original("socket", "socket")

# https://github.com/socketio/engine.io-protocol#handshake
OPENING = f"{packet.OPEN}" + json.dumps(
    {
        "sid": "%s",
        "upgrades": [],
        "pingInterval": PING_SECONDS * 1000,
        "pingTimeout": PING_TIMEOUT_SECONDS * 1000,
        "maxPayload": MESSAGE_BYTES_MAX,
    },
    separators=(",", ":"),
)
FULL_STATUS, FULL_BODY = "429 TOO MANY REQUESTS", b"too_many_connections"
FULL_ANSWER = (
    b"HTTP/1.1 429 TOO MANY REQUESTS\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(FULL_BODY), FULL_BODY)
)

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
        self._origin = origin
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

    def welcome(self, upgrade: Upgrade, connected: socket.socket) -> None:
        """Takes in a client whose request nobody else need see; `connected` never blocks.

        Without a place for it, it is told so, and the connection is closed.
        """
        try:
            place = self._places.take(upgrade.environ)
        except Full:
            with suppress(OSError):
                connected.send(FULL_ANSWER)
            connected.close()
            return
        self._begin(connected, place, upgrade.environ, upgrade.answer, upgrade.early)

    def accepts(self, upgrade: Upgrade) -> bool:
        """Whether it comes from our own pages, or from no page at all."""
        return upgrade.environ.get("HTTP_ORIGIN", self._origin) == self._origin

    def forget(self, connection: Connection) -> None:
        """The connection is over, and all have heard of it."""
        self._open.discard(connection)
        self.sockets.pop(connection.sid, None)
        self._places.give_back(connection.place)

    def send_packet(self, sid: str, pkt: packet.Packet) -> None:
        """Called by the library for every packet to a client; it may be gone."""
        connection = self.sockets.get(sid)
        if connection:
            connection.send(pkt)

    def _handle_connect(self, environ: dict[str, Any], *_: object) -> Answer | list[bytes]:
        """Called by the library for every client that comes as a request to the app."""
        response = answer_handshake(environ)
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            status = f"{response.status_code} {response.reason_phrase}"
            return _refused(status, bytes(response.body))
        try:
            place = self._places.take(environ)
        except Full:
            return _refused(FULL_STATUS, FULL_BODY)
        connected, early = _take_over(environ)
        self._begin(connected, place, environ, response.serialize(), early)
        return []

    def _begin(
        self,
        connected: socket.socket,
        place: Place,
        environ: Mapping[str, Any],
        answer: bytes,
        early: bytes,
    ) -> None:
        connection = Connection(self, self.generate_id(), connected, place)
        self.sockets[connection.sid] = connection
        self._open.add(connection)
        connection.write(answer + text_frame(OPENING % connection.sid))
        self._trigger_event("connect", connection.sid, environ, run_async=False)
        self._keep_beating()
        connection.listen(early)

    def _keep_beating(self) -> None:
        if not self._beats:
            self._beats = True
            gevent.spawn(self._beat)

    def _beat(self) -> None:
        """One greenlet for everybody's pings and deadlines, while anybody is there."""
        while self._open:
            now = time.monotonic()
            for number, connection in enumerate(list(self._open), 1):
                self._look_after(connection, now)
                if number % LOOKS_WITHOUT_A_BREAK == 0:
                    gevent.sleep(0)
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


def plug_into(socketio: SocketIO, *, origin: str, places: Places) -> Engine:
    """Has Socket.IO speak through our engine instead of the one it made for itself."""
    server = socketio.server
    engine = Engine(
        origin=origin, places=places, is_in_a_namespace=server.manager.is_in_a_namespace
    )
    for event, handler in server.eio.handlers.items():
        engine.on(event, handler)
    server.eio = engine
    return engine


def taken_over(connected: socket.socket) -> socket.socket:
    """The same connection without what gevent waits with; nobody else closes it any more."""
    bare: socket.socket = SOCKET(connected.family, connected.type, 0, connected.detach())
    bare.setblocking(False)  # noqa: FBT003 - its own name for it
    return bare


def _take_over(environ: dict[str, Any]) -> tuple[socket.socket, bytes]:
    """The connection under an upgraded request, and what has been read of it too early."""
    stream = environ["wsgi.input"]
    connected: socket.socket = stream.raw._sock  # noqa: SLF001 - no server offers it otherwise
    connected.settimeout(0.0)
    early: bytes = stream.peek()
    bare = taken_over(connected)
    bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Gives its buffer back, and tells the server that there is no further request to read.
    stream.close()
    return bare, early


def _refused(status: str, body: bytes) -> Answer:
    return {"status": status, "headers": [("Content-Type", "text/plain")], "response": body}
