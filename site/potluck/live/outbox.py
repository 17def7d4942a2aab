"""What is on its way to one client: in order, bounded, and never waited for."""

from __future__ import annotations

import struct
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import Any

import gevent
from gevent import socket

# A client that reads slower than it is told is cut off here; it comes back and asks anew.
WAITING_BYTES_MAX = 1024 * 1024
PIECES_AT_ONCE = 64
WRITABLE = 2

CLOSE_WITH_A_RESET = struct.pack("ii", 1, 0)


class Outbox:
    """Writes to a socket that may be slow, short of breath, or gone.

    Bytes go straight to the network as long as it takes them. What it doesn't take waits in
    order, and the loop sends it when it can.
    """

    __slots__ = (
        *("_is_last", "_socket", "_waiting", "_watcher"),
        *("is_overfull", "is_shut", "waiting_bytes"),
    )

    def __init__(self, connected: socket.socket) -> None:
        """`connected` never blocks."""
        self._socket = connected
        # Both only while something waits.
        self._waiting: deque[memoryview] | None = None
        self._watcher: Any = None
        self._is_last = False
        self.is_overfull = self.is_shut = False
        self.waiting_bytes = 0

    def write(self, data: bytes) -> None:
        """Sends, now or in its turn; where too much waits it is overfull, and the stream cut."""
        if self.is_shut or self._is_last:
            return
        sent = 0
        if self._waiting is None:
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                pass
            except OSError:
                # The reader finds the same, and takes the connection down.
                self.is_shut = True
                return
            if sent == len(data):
                return
        self._wait_with(memoryview(data)[sent:])

    def finish(self) -> None:
        """Ends the stream after what is waiting; later writes are for nobody."""
        self._is_last = True
        if self._waiting is None:
            self._end_stream(socket.SHUT_WR)

    def cut(self) -> None:
        """Drops the connection and all that was on its way; whoever reads from it is told."""
        if not self.is_shut:
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_WITH_A_RESET)
        self._end_stream(socket.SHUT_RDWR)
        self._forget_waiting()

    def close(self) -> None:
        """Lets go of the socket."""
        self.is_shut = True
        self._forget_waiting()
        self._socket.close()

    def _wait_with(self, rest: memoryview) -> None:
        if self._waiting is None:
            self._waiting = deque()
            self._watcher = gevent.get_hub().loop.io(self._socket.fileno(), WRITABLE)
            self._watcher.start(self._drain)
        self._waiting.append(rest)
        self.waiting_bytes += len(rest)
        if self.waiting_bytes > WAITING_BYTES_MAX:
            self.is_overfull = True
            self.cut()

    def _drain(self) -> None:
        """Called by the loop when the network takes more."""
        if self._waiting is None:
            return
        try:
            self._drop(self._socket.sendmsg(list(islice(self._waiting, PIECES_AT_ONCE))))
        except BlockingIOError:
            return
        except OSError:
            self.is_shut = True
            self._forget_waiting()
            return
        if not self._waiting:
            self._forget_waiting()
            if self._is_last:
                self._end_stream(socket.SHUT_WR)

    def _drop(self, sent: int) -> None:
        """Takes out what the network took, perhaps in the middle of a piece."""
        assert self._waiting is not None, "something was sent of it"
        self.waiting_bytes -= sent
        while sent:
            piece = self._waiting.popleft()
            if sent < len(piece):
                self._waiting.appendleft(piece[sent:])
                return
            sent -= len(piece)

    def _forget_waiting(self) -> None:
        if self._watcher:
            self._watcher.close()
        self._waiting = self._watcher = None
        self.waiting_bytes = 0

    def _end_stream(self, direction: int) -> None:
        if direction == socket.SHUT_RDWR:
            self.is_shut = True
        with suppress(OSError):
            self._socket.shutdown(direction)
