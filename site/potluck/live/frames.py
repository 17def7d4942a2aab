"""WebSocket frames (RFC 6455): what a client's bytes say, and bytes for what it is told."""

from __future__ import annotations

import codecs
import logging
import struct
from collections.abc import Iterator

from websockets.datastructures import Headers
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol, Side
from websockets.server import ServerProtocol

MESSAGE_BYTES_MAX = 16 * 1024
CLOSE_REASON_BYTES_MAX = 123
# RFC 6455, 5.2.
TEXT_IN_ONE_FRAME = 0x81
MASKED = 0x80
LENGTH_IN_MORE_BYTES = 126
FRAME_HEAD_BYTES = 6
HANDSHAKE_PREFIX = "HTTP_"

# It tells of every connection that comes and goes.
_quiet = logging.getLogger("potluck.live.frames")
_quiet.setLevel(logging.WARNING)


def answer_handshake(environ: dict[str, str]) -> Response:
    """Switches protocols (101), or refuses with another status."""
    headers = Headers(
        (name.removeprefix(HANDSHAKE_PREFIX).replace("_", "-"), value)
        for name, value in environ.items()
        if name.startswith(HANDSHAKE_PREFIX)
    )
    request = Request(
        environ["PATH_INFO"], headers, environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"]
    )
    return ServerProtocol(logger=_quiet).accept(request)


class Messages:
    """One client's frames put together into messages, without touching the network.

    A frame is refused by the length that it announces, before its payload is waited for.
    Extensions aren't offered: compression would double the memory that a connection takes.
    """

    __slots__ = ("_decoder", "_is_binary", "_protocol", "_text")

    def __init__(self) -> None:
        # Only for those who say something else than a short text in a frame of its own.
        self._protocol: Protocol | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_binary = False
        self._text = ""

    def take(self, data: bytes) -> Iterator[str | bytes]:
        """The messages that `data` completes; `b""` stands for any that isn't text."""
        while self._protocol is None and data:
            length = short_text_bytes(data)
            if length is None:
                break
            try:
                text = unmasked(data[FRAME_HEAD_BYTES:length], data[2:FRAME_HEAD_BYTES]).decode()
            except UnicodeDecodeError:
                break
            data = data[length:]
            yield text
        if data:
            yield from self._take_whatever(data)

    def replies(self) -> list[bytes]:
        """What is to be sent because of what was taken; `b""` stands for the end of the stream."""
        return self._protocol.data_to_send() if self._protocol else []

    def close(self, code: int, reason: str = "") -> None:
        """Says goodbye for a breach of the rules: nothing more is listened to."""
        self._whole_protocol().fail(code, _shortened(reason))

    def say_goodbye(self) -> None:
        """Says goodbye in peace: the stream ends once the client has answered."""
        try:
            self._whole_protocol().send_close(CloseCode.NORMAL_CLOSURE)
        except InvalidState:
            return

    def _take_whatever(self, data: bytes) -> Iterator[str | bytes]:
        protocol = self._whole_protocol()
        protocol.receive_data(data)
        for frame in protocol.events_received():
            assert isinstance(frame, Frame), "an open connection knows nothing else"
            try:
                message = self._put_together(frame)
            except UnicodeDecodeError:
                self.close(CloseCode.INVALID_DATA, "not UTF-8")
                return
            if message is not None:
                yield message

    def _whole_protocol(self) -> Protocol:
        self._protocol = self._protocol or Protocol(
            Side.SERVER, max_size=MESSAGE_BYTES_MAX, logger=_quiet
        )
        return self._protocol

    def _put_together(self, frame: Frame) -> str | bytes | None:
        if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.BINARY:
            self._is_binary = frame.opcode is Opcode.BINARY
            if frame.fin and not self._is_binary:
                return bytes(frame.data).decode()
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        elif frame.opcode is not Opcode.CONT:
            return None
        return self._add(bytes(frame.data), is_last=frame.fin)

    def _add(self, data: bytes, *, is_last: bool) -> str | bytes | None:
        assert self._decoder, "the protocol lets no continuation come first"
        if not self._is_binary:
            self._text += self._decoder.decode(data, is_last)
        if not is_last:
            return None
        text, self._text, self._decoder = self._text, "", None
        return b"" if self._is_binary else text


def short_text_bytes(data: bytes) -> int | None:
    """How long the frame is that `data` begins with, if it is a short masked text, and all there.

    What clients say is nearly always that. Its two first bytes are final, text; masked, length.
    """
    if data[0] != TEXT_IN_ONE_FRAME or len(data) < FRAME_HEAD_BYTES:
        return None
    length = data[1] - MASKED + FRAME_HEAD_BYTES
    is_short = MASKED <= data[1] < MASKED + LENGTH_IN_MORE_BYTES
    return length if is_short and length <= len(data) else None


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """The payload as it was before the client masked it."""
    length = len(payload)
    key = (mask * (length // len(mask) + 1))[:length]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return number.to_bytes(length, "big")


def text_frame(text: str) -> bytes:
    """A whole message of the server's: the same bytes for everybody who is told it."""
    data = text.encode()
    length = len(data)
    if length < LENGTH_IN_MORE_BYTES:
        return bytes((TEXT_IN_ONE_FRAME, length)) + data
    if length < 65_536:  # noqa: PLR2004 - RFC 6455, 5.2: what two bytes hold
        return struct.pack("!BBH", TEXT_IN_ONE_FRAME, 126, length) + data
    return struct.pack("!BBQ", TEXT_IN_ONE_FRAME, 127, length) + data


def _shortened(reason: str) -> str:
    return reason.encode()[:CLOSE_REASON_BYTES_MAX].decode(errors="ignore")
