"""A WebSocket client that can break every rule: it sends the bytes it is given."""

from __future__ import annotations

import socket
import struct
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30
MASK = b"\x01\x02\x03\x04"
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class RawWebSocket:
    """One connection, whose frames are made and read by hand."""

    def __init__(
        self, url: str, *, early: bytes = b"", buffer_bytes: int | None = None, **headers: str
    ) -> None:
        there = urlsplit(url)
        self.socket = _connected(there.hostname, there.port, buffer_bytes=buffer_bytes)
        lines = {
            "Host": there.netloc,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        path = "/socket.io/?EIO=4&transport=websocket"
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode() + early)
        self._stream = self.socket.makefile("rb")
        self.response = self._stream.readline().decode()
        while line := self._stream.readline().strip():
            self.response += line.decode() + "\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stream.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def receive(self) -> tuple[int, bytes] | None:
        """The next frame as opcode and payload; None at the end of the stream."""
        return read_frame(self._stream)

    def receive_until(self, opcode: int) -> bytes:
        """The payload of the next such frame."""
        while frame := self.receive():
            if frame[0] == opcode:
                return frame[1]
        raise AssertionError("the stream ended before that")

    def text(self) -> str:
        """The next message."""
        return self.receive_until(TEXT).decode()

    def close_code(self) -> int:
        """Reads until the server says goodbye; why it does."""
        payload = self.receive_until(CLOSE)
        return int(struct.unpack("!H", payload[:2])[0]) if payload else 0

    def join(self) -> Self:
        """Joins the public namespace."""
        assert self.text().startswith("0{")
        self.send(frame(TEXT, b"40"))
        assert self.text().startswith('40{"sid"')
        return self

    def ask(self, *pieces: bytes) -> str:
        """Asks for the count, in frames made already or in one; the answer, past any push."""
        self.send(b"".join(pieces) or frame(TEXT, QUESTION))
        return self.answer()

    def answer(self) -> str:
        """What the last question is answered, past any push."""
        while not (text := self.text()).startswith("437["):
            pass
        return text


def read_frame(stream: BinaryIO) -> tuple[int, bytes] | None:
    """The next frame as opcode and payload; None at the end of the stream."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    assert head[0] & 0xF0 == 0x80, "the server sends whole frames without extensions"
    length = head[1]
    if length == 126:
        (length,) = struct.unpack("!H", stream.read(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", stream.read(8))
    return head[0] & 0xF, stream.read(length)


def _connected(host: str | None, port: int | None, *, buffer_bytes: int | None) -> socket.socket:
    """A connection that takes at most so many unread bytes, or as many as is usual."""
    connected = socket.socket()
    if buffer_bytes:
        # What the other side may send ahead is settled when it is opened.
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    connected.settimeout(TIMEOUT_SECONDS)
    connected.connect((host, port))
    return connected


QUESTION = b'427["get_connection_count"]'


def frame(opcode: int, payload: bytes = b"", *, head: int = 0x80, masked: bool = True) -> bytes:
    """A frame, by default the last of its message."""
    length = len(payload)
    mask_bit = 0x80 if masked else 0
    if length < 126:
        start = struct.pack("!BB", head | opcode, mask_bit | length)
    elif length < 65_536:
        start = struct.pack("!BBH", head | opcode, mask_bit | 126, length)
    else:
        start = struct.pack("!BBQ", head | opcode, mask_bit | 127, length)
    if not masked:
        return start + payload
    key = (MASK * (length // 4 + 1))[:length]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return start + MASK + mixed.to_bytes(length, "big")
