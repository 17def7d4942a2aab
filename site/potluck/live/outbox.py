"""What is on its way to one client: in order, bounded, and never waited for."""

from __future__ import annotations

import struct
from collections import deque
from contextlib import suppress
from itertools import islice

import gevent
from gevent import socket

# A client that reads slower than it is told is cut off here; it comes back and asks anew.
WAITING_BYTES_MAX = 1024 * 1024
PIECES_AT_ONCE = 64

CLOSE_WITH_A_RESET = struct.pack("ii", 1, 0)


class Outbox:
    """Writes to a socket that may be slow, short of breath, or gone.

    Bytes go straight to the network as long as it takes them. What it doesn't take waits in
    order, and a greenlet that lives only meanwhile sends it.
    """

    __slots__ = ("_is_draining", "_is_last", "_socket", "_waiting", "is_shut", "waiting_bytes")

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._waiting: deque[memoryview] = deque()
        self._is_draining = False
        self._is_last = False
        self.is_shut = False
        self.waiting_bytes = 0

    def write(self, data: bytes) -> bool:
        """Sends, now or in its turn; False if too much is waiting, and the connection is cut."""
        if self.is_shut or self._is_last:
            return True
        rest = data if self._waiting else self._send_now(data)
        if not rest:
            return True
        self._waiting.append(memoryview(rest))
        self.waiting_bytes += len(rest)
        if self.waiting_bytes > WAITING_BYTES_MAX:
            self.cut()
            return False
        self._drain_meanwhile()
        return True

    def finish(self) -> None:
        """Ends the stream after what is waiting; later writes are for nobody."""
        self._is_last = True
        if not self._waiting:
            self._end_stream(socket.SHUT_WR)

    def cut(self) -> None:
        """Drops the connection and all that was on its way; whoever reads from it is woken."""
        if not self.is_shut:
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_WITH_A_RESET)
        self._end_stream(socket.SHUT_RDWR)
        self._forget_waiting()

    def _send_now(self, data: bytes) -> bytes | memoryview:
        try:
            sent = self._socket.send(data, 0, timeout=0.0)
        except BlockingIOError:
            return data
        except OSError:
            # The reader finds the same, and takes the connection down.
            self.is_shut = True
            return b""
        return b"" if sent == len(data) else memoryview(data)[sent:]

    def _drain_meanwhile(self) -> None:
        if not self._is_draining:
            self._is_draining = True
            gevent.spawn(self._drain)

    def _drain(self) -> None:
        try:
            while self._waiting:
                pieces = list(islice(self._waiting, PIECES_AT_ONCE))
                self._drop(self._socket.sendmsg(pieces))
            if self._is_last:
                self._end_stream(socket.SHUT_WR)
        except OSError:
            self.is_shut = True
            self._forget_waiting()
        finally:
            self._is_draining = False

    def _drop(self, sent: int) -> None:
        """Takes out what the network took, perhaps in the middle of a piece."""
        if self.is_shut:
            return
        self.waiting_bytes -= sent
        while sent:
            piece = self._waiting.popleft()
            if sent < len(piece):
                self._waiting.appendleft(piece[sent:])
                return
            sent -= len(piece)

    def _forget_waiting(self) -> None:
        self._waiting.clear()
        self.waiting_bytes = 0

    def _end_stream(self, direction: int) -> None:
        if direction == socket.SHUT_RDWR:
            self.is_shut = True
        with suppress(OSError):
            self._socket.shutdown(direction)
