"""Socket.IO clients on bare sockets, for crowds: one process holds thousands of them.

They say what a browser's client says over WebSocket, and nothing more: one loop on `epoll`, no
thread, no greenlet, no queue, so that the server is what a measurement measures.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any

Answered = Callable[[Any], None]

READ_BYTES = 64 * 1024
SHORT_BYTES_MAX = 125
# https://www.rfc-editor.org/rfc/rfc6455#section-5.2: the first byte of a frame that is whole.
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
MASK = b"\x37\xfa\x21\x3d"
NEVER_LINGER = struct.pack("ii", 1, 0)
POLL_SECONDS = 0.05
# Linux's own number; the source's port is chosen once the destination is known.
IP_BIND_ADDRESS_NO_PORT = 24


def frame(text: str, *, first: int = TEXT) -> bytes:
    """A client's frame, masked as the standard wants it."""
    payload = text.encode()
    length = len(payload)
    assert length < 1 << 16
    key = (MASK * (length // 4 + 1))[:length]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
    size = (
        bytes((0x80 | length,))
        if length <= SHORT_BYTES_MAX
        else b"\xfe" + struct.pack(">H", length)
    )
    return bytes((first,)) + size + MASK + masked


# Engine.IO's own ping and pong are texts.
STILL_HERE = frame("3")


def event_of(packet: bytes) -> tuple[str, Any]:
    """The name and the payload of an event's packet."""
    name, *payload = json.loads(packet[packet.index(b"[") :])
    return name, payload[0] if payload else None


class Wire:
    """All clients of this process, and the loop that reads for them."""

    def __init__(self, *, port: int, origin: str) -> None:
        self.port = port
        self.origin = origin
        self._epoll = select.epoll()
        self._clients: dict[int, Client] = {}

    def connect(
        self, *namespaces: str, cookie: str | None = None, source: str = "127.0.0.1"
    ) -> Client:
        """Begins to connect; `is_joined` tells when every namespace has let it in."""
        client = Client(self, namespaces)
        client.open(source=source, request=self._upgrade(cookie))
        return client

    def run(self, until: Callable[[], bool], *, seconds_max: float) -> bool:
        """Reads for everybody until something is so; False when it didn't come to be in time."""
        deadline = time.monotonic() + seconds_max
        while not until():
            left_seconds = deadline - time.monotonic()
            if left_seconds <= 0:
                return False
            self.read(min(POLL_SECONDS, left_seconds))
        return True

    def read(self, seconds: float) -> None:
        """Hands out what came, and waits so long for something to come."""
        clients = self._clients
        for number, _ in self._epoll.poll(seconds):
            # One whom an earlier one's news has closed is not here any more.
            if client := clients.get(number):
                client.read()

    def add(self, client: Client, number: int) -> None:
        """Reads for this one from now on."""
        self._clients[number] = client
        self._epoll.register(number, select.EPOLLIN)

    def remove(self, number: int) -> None:
        """Reads for it no longer, whether or not its socket stays open."""
        if self._clients.pop(number, None):
            self._epoll.unregister(number)

    def _upgrade(self, cookie: str | None) -> bytes:
        lines = [
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
            f"Host: localhost:{self.port}",
            f"Origin: {self.origin}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *([f"Cookie: potluck={cookie}"] if cookie else []),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Client:
    """One connection. What it hears goes to `heard`, as the bytes of an event's packet."""

    __slots__ = (
        *("_answers", "_buffer", "_is_upgraded", "_next_id", "_socket", "_wire"),
        *("closed", "heard", "is_closed", "joined", "namespaces", "refused", "turned_away"),
    )

    def __init__(self, wire: Wire, namespaces: Iterable[str]) -> None:
        self.namespaces = tuple(namespaces)
        self.joined: set[str] = set()
        self.refused: dict[str, Any] = {}
        self.is_closed = False
        self.heard: Callable[[bytes], None] = _ignore
        self.closed: Callable[[], None] = _nothing
        self.turned_away: Callable[[], None] = _nothing
        self._wire = wire
        self._is_upgraded = False
        self._buffer = b""
        self._answers: dict[int, Answered] = {}
        self._next_id = 0

    @property
    def is_joined(self) -> bool:
        """Let in wherever it wants to be, and still connected."""
        return len(self.joined) == len(self.namespaces) and not self.is_closed

    def open(self, *, source: str, request: bytes) -> None:
        """Connects from an address of this machine, and asks to speak WebSocket."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.bind((source, 0))
        # A server on this machine takes it at once, as long as there is room in its backlog.
        try:
            self._socket.connect(("127.0.0.1", self._wire.port))
        except OSError:
            self._lose()
            return
        self._socket.setblocking(False)  # noqa: FBT003 - its own name for it
        self._wire.add(self, self._socket.fileno())
        self._send(request)

    def ask(self, event: str, *payload: object, namespace: str = "/", answered: Answered) -> None:
        """Emits; `answered` gets the acknowledgement, unless the connection is lost before."""
        self._next_id += 1
        self._answers[self._next_id] = answered
        arguments = [event, *(each for each in payload if each is not None)]
        self._send(frame(f"42{_prefix(namespace)}{self._next_id}{json.dumps(arguments)}"))

    def leave(self) -> None:
        """Goes as a page does that is closed: with a word."""
        self._send(frame("", first=CLOSE))
        self._end()

    def cut(self) -> None:
        """Goes without a word: the server's next packet is answered with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NEVER_LINGER)
        self._end()

    def fall_silent(self) -> None:
        """Stays connected, but reads nothing and answers nothing any more."""
        self._wire.remove(self._socket.fileno())

    def read(self) -> None:
        """Takes what came; called by the loop."""
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
        elif self._is_upgraded:
            self._take(self._buffer + data if self._buffer else data)
        else:
            self._be_upgraded(self._buffer + data)

    def _be_upgraded(self, data: bytes) -> None:
        head, end, rest = data.partition(b"\r\n\r\n")
        if end and not head.startswith(b"HTTP/1.1 101"):
            self._lose()
        elif end:
            self._is_upgraded = True
            self._take(rest)
        else:
            self._buffer = data

    def _take(self, data: bytes) -> None:
        at, end = 0, len(data)
        while end - at > 1:
            length, start = data[at + 1], at + 2
            if length > SHORT_BYTES_MAX:
                start += 2 if length == SHORT_BYTES_MAX + 1 else 8
                # As long as the size isn't here whole, there is less than a frame, too.
                length = int.from_bytes(data[at + 2 : start], "big")
            if start + length > end:
                break
            self._hear(data[at], data[start : start + length])
            at = start + length
        self._buffer = data[at:]

    def _hear(self, first: int, packet: bytes) -> None:
        kind = packet[:2]
        if first == CLOSE:
            self._lose()
        elif first == PING:
            self._send(frame(packet.decode(), first=PONG))
        elif kind == b"42":
            self.heard(packet)
        elif packet == b"2":
            self._send(STILL_HERE)
        elif kind == b"43":
            self._be_answered(packet)
        elif kind in (b"40", b"44"):
            self._be_told(kind, packet)
        elif kind[:1] == b"0":
            for namespace in self.namespaces:
                self._send(frame(f"40{_prefix(namespace)}"))

    def _be_answered(self, packet: bytes) -> None:
        head, _, answer = packet.partition(b"[")
        number = int(head.rpartition(b",")[2] if b"," in head else head[2:])
        self._answers.pop(number)(json.loads(b"[" + answer)[0])

    def _be_told(self, kind: bytes, packet: bytes) -> None:
        rest = packet[2:].decode()
        namespace, _, said = rest.partition(",") if rest.startswith("/") else ("/", "", rest)
        if kind == b"40":
            self.joined.add(namespace)
        else:
            self.refused[namespace] = json.loads(said)
            self.turned_away()

    def _send(self, data: bytes) -> None:
        if self.is_closed:
            return
        try:
            sent = self._socket.send(data)
        except OSError:
            self._lose()
        else:
            assert sent == len(data), "the server reads nothing"

    def _lose(self) -> None:
        if not self.is_closed:
            self._end()
            self.closed()

    def _end(self) -> None:
        self.is_closed = True
        self._wire.remove(self._socket.fileno())
        self._socket.close()


def _prefix(namespace: str) -> str:
    return "" if namespace == "/" else f"{namespace},"


def _ignore(_packet: bytes) -> None:
    pass


def _nothing() -> None:
    pass
