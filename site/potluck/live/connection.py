"""One client's connection: Engine.IO packets over a WebSocket, until either side goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import gevent
from engineio import packet as engineio
from gevent import socket
from websockets.frames import CloseCode

from potluck import crew
from potluck.live.budgets import Budget
from potluck.live.frames import Messages, text_frame
from potluck.live.outbox import Outbox
from potluck.live.packets import BadPacket

if TYPE_CHECKING:
    from potluck.live.places import Place
    from potluck.live.transport import Engine

logger = logging.getLogger(__name__)

READ_BYTES = 8 * 1024
MESSAGES_WITHOUT_A_BREAK = 8
GOODBYE_SECONDS_MAX = 2
READABLE = 1
NOTHING: Iterator[str | bytes] = iter(())

MESSAGE, PONG, CLOSE = (str(kind) for kind in (engineio.MESSAGE, engineio.PONG, engineio.CLOSE))


class Connection:
    """What Engine.IO's server calls a socket, without its queue and its greenlets.

    The loop watches it. One of the crew reads what came and handles it, and nothing more is read
    meanwhile. Whoever has something to say writes.
    """

    __slots__ = (
        *("_engine", "_is_held", "_messages", "_outbox", "_said", "_socket", "_watcher"),
        *("sid", "place", "reason", "write"),
        *("connected", "upgraded", "closing", "closed", "budget"),
        *("awaits_pong", "heard_at", "idle_since", "closing_since", "waits_for_us"),
    )

    def __init__(self, engine: Engine, sid: str, connected: socket.socket, place: Place) -> None:
        self._engine = engine
        self._messages = Messages()
        self._socket = connected
        self._outbox = Outbox(connected)
        # Sends bytes as they are, now or in their turn. Of all that is done here this is done most.
        self.write = self._outbox.write
        self._watcher = gevent.get_hub().loop.io(connected.fileno(), READABLE)
        # What has come and is yet to be handled, and whether it has to wait.
        self._said = NOTHING
        self._is_held = False
        self.sid = sid
        self.place = place
        self.reason: str = engine.reason.TRANSPORT_CLOSE
        self.connected = self.upgraded = True
        self.closing = self.closed = False
        self.budget = Budget()
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

    def tell(self, message: str) -> None:
        """Sends a message to this client alone."""
        if not self.closed:
            self.write(text_frame(MESSAGE + message))

    def ping(self) -> None:
        """Asks whether somebody is there."""
        self.awaits_pong = True
        self.send(engineio.Packet(engineio.PING))

    def cut(self, reason: str) -> None:
        """Drops the connection without a word; whoever reads its end tells whom it concerns."""
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

    def listen(self, early: bytes) -> None:
        """Hears the client from now on; `early` came with the request."""
        if early:
            crew.do(self._take, early)
        else:
            self._watcher.start(self._call)

    def _call(self) -> None:
        """Called by the loop: something came, or the stream ended."""
        self._watcher.stop()
        crew.do(self._read)

    def _read(self) -> None:
        try:
            data: bytes = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            self._watcher.start(self._call)
        except OSError:
            self._end()
        else:
            self._take(data) if data else self._end()

    def _take(self, data: bytes) -> None:
        self._said = self._messages.take(data)
        self._go_on()

    def _go_on(self) -> None:
        """Handles what the client says; where there is more, others get their turn first."""
        for number, message in enumerate(self._said, 1):
            if not self.closed:
                self._guard(self._receive, message)
            if self.waits_for_us:
                return
            if number % MESSAGES_WITHOUT_A_BREAK == 0:
                gevent.sleep(0)
        self._said = NOTHING
        self._write_replies()
        self._watcher.start(self._call)

    def _end(self) -> None:
        self._watcher.close()
        reason = "reads_too_slowly" if self._outbox.is_overfull else self.reason
        self.close(abort=True, reason=reason)
        self._outbox.close()
        self._engine.forget(self)

    def hold(self, rest: Callable[[Any], object]) -> Callable[[Any], None]:
        """For a message that can't be handled yet, and until then nothing is.

        The crew calls what this returns, with what `rest` needs.
        """
        self._is_held = True

        def resume(found: object) -> None:
            self._is_held = False
            self._guard(rest, found)
            if not self.waits_for_us:
                self._go_on()

        return resume

    def _guard(self, handle: Callable[[Any], object], message: object) -> None:
        self.waits_for_us = True
        try:
            handle(message)
        except BadPacket as bad:
            self._break_off(CloseCode.POLICY_VIOLATION, str(bad))
        except Exception:
            logger.exception("a connection's message failed")
            self._break_off(CloseCode.INTERNAL_ERROR, "something broke on our side")
        finally:
            self.waits_for_us = self._is_held

    def _receive(self, message: str | bytes) -> None:
        if not isinstance(message, str):
            self._break_off(CloseCode.UNSUPPORTED_DATA, "text only")
        elif message[:1] == MESSAGE:
            self._engine.handlers["message"](self.sid, message[1:])
        elif message == PONG:
            self.awaits_pong = False
            self.heard_at = time.monotonic()
        elif message == CLOSE:
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
