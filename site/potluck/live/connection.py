"""One client's connection: Engine.IO packets over a WebSocket, until either side goes."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import gevent
from engineio import packet as engineio
from gevent import socket
from websockets.frames import CloseCode

from potluck.live.frames import Messages, text_frame
from potluck.live.outbox import Outbox
from potluck.live.packets import BadPacket

if TYPE_CHECKING:
    from potluck.live.transport import Engine

logger = logging.getLogger(__name__)

READ_BYTES = 8 * 1024
MESSAGES_WITHOUT_A_BREAK = 8
GOODBYE_SECONDS_MAX = 2


class Connection:
    """What Engine.IO's server calls a socket, without its queue and its greenlets.

    The greenlet of the upgraded request reads. Whoever has something to say writes.
    """

    __slots__ = (
        *("_engine", "_messages", "_outbox", "_socket", "sid", "session", "reason"),
        *("connected", "upgraded", "closing", "closed"),
        *("awaits_pong", "heard_at", "idle_since", "closing_since", "waits_for_us"),
    )

    def __init__(self, engine: Engine, sid: str, connected: socket.socket) -> None:
        self._engine = engine
        self._messages = Messages()
        self._socket = connected
        self._outbox = Outbox(connected)
        self.sid = sid
        self.session: dict[str, Any] = {}
        self.reason: str = engine.reason.TRANSPORT_CLOSE
        self.connected = self.upgraded = True
        self.closing = self.closed = False
        self.awaits_pong = False
        self.heard_at = self.idle_since = time.monotonic()
        self.closing_since: float | None = None
        # Nothing is read while a message is handled, so its silence is not the client's.
        self.waits_for_us = False

    @property
    def waiting_bytes(self) -> int:
        """What its client has yet to read."""
        return self._outbox.waiting_bytes

    def send(self, pkt: engineio.Packet) -> None:
        """Called for every packet to this client. A broadcast's is one object for everybody."""
        if self.closed:
            return
        frame: bytes | None = getattr(pkt, "frame", None)
        if frame is None:
            frame = pkt.frame = text_frame(pkt.encode())
        self.write(frame)

    def ping(self) -> None:
        """Asks whether somebody is there."""
        self.awaits_pong = True
        self.send(engineio.Packet(engineio.PING))

    def cut(self, reason: str) -> None:
        """Drops the connection without a word; the reading greenlet tells whom it concerns."""
        if not self._outbox.is_shut:
            self.reason = reason
            self._outbox.cut()

    def close(self, *, abort: bool = False, reason: str | None = None) -> None:
        """Ends it: handlers hear of it before this returns, and nothing more is read."""
        if self.closed or self.closing:
            return
        self.closing = True
        self.closing_since = time.monotonic()
        self._engine.closures[reason or self.reason] += 1
        if not abort:
            self.send(engineio.Packet(engineio.CLOSE))
        self.closed = True
        self._messages.say_goodbye()
        self._write_replies()
        self._engine.tell_disconnected(self, reason or self._engine.reason.SERVER_DISCONNECT)

    def read(self, early: bytes) -> None:
        """Handles what the client says, until the stream ends; `early` came with the request."""
        data = early or self._received()
        while data:
            for number, message in enumerate(self._messages.take(data), 1):
                if not self.closed:
                    self._handle(message)
                if number % MESSAGES_WITHOUT_A_BREAK == 0:
                    gevent.sleep(0)
            self._write_replies()
            if len(data) == READ_BYTES:
                # There is more: others get their turn first.
                gevent.sleep(0)
            data = self._received()

    def write(self, frame: bytes) -> None:
        """Sends bytes as they are, now or in their turn."""
        if not self._outbox.write(frame):
            self.reason = "reads_too_slowly"

    def _received(self) -> bytes:
        try:
            data: bytes = self._socket.recv(READ_BYTES)
        except OSError:
            return b""
        return data

    def _handle(self, message: str | bytes) -> None:
        self.waits_for_us = True
        try:
            self._receive(message)
        except BadPacket as bad:
            self._break_off(CloseCode.POLICY_VIOLATION, str(bad))
        except Exception:
            logger.exception("a connection's message failed")
            self._break_off(CloseCode.INTERNAL_ERROR, "something broke on our side")
        finally:
            self.waits_for_us = False

    def _receive(self, message: str | bytes) -> None:
        if not isinstance(message, str):
            self._break_off(CloseCode.UNSUPPORTED_DATA, "text only")
        elif message[:1] == str(engineio.MESSAGE):
            self._engine.handlers["message"](self.sid, message[1:])
        elif message == str(engineio.PONG):
            self.awaits_pong = False
            self.heard_at = time.monotonic()
        elif message == str(engineio.CLOSE):
            self.close(abort=True, reason=self._engine.reason.CLIENT_DISCONNECT)
        else:
            raise BadPacket("no such packet here")

    def _break_off(self, code: int, reason: str) -> None:
        """Refuses to listen any further, and says why."""
        self._messages.close(code, reason)
        self._write_replies()
        self.close(abort=True, reason="bad_packet")

    def _write_replies(self) -> None:
        for data in self._messages.replies():
            if data:
                self.write(data)
            else:
                self.closing_since = self.closing_since or time.monotonic()
                self._outbox.finish()
