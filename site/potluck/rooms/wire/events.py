"""Server-sent events, as many at a time as came.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from potluck.rooms.provider import ModelFailed

# A piece of a text is some hundred bytes; what is longer than this has no end.
EVENT_BYTES_MAX = 4_000_000
USUAL = b"data: "


class ServerEvents:
    """The data of events, out of pieces that may end anywhere."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, piece: bytes) -> list[bytes]:
        """The data of each event that this completes; one without any is no event.

        Raises `ModelFailed` for one without an end.
        """
        data = self._rest + piece
        if b"\r" in data:
            data = _with_line_feeds(data)
        *events, self._rest = data.split(b"\n\n")
        if len(self._rest) > EVENT_BYTES_MAX:
            raise ModelFailed("stream_cut", f"an event has more than {EVENT_BYTES_MAX:,} bytes")
        return [found for event in events if (found := _data(event)) is not None]


def _data(event: bytes) -> bytes | None:
    if event.startswith(USUAL) and b"\n" not in event:
        return event[len(USUAL) :]
    lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line[:5] == b"data:"]
    return b"\n".join(lines) if lines else None


def _with_line_feeds(data: bytes) -> bytes:
    """Every line ends alike. Of a last carriage return it isn't known yet what it is part of."""
    last = data[-1:] if data.endswith(b"\r") else b""
    return data[: len(data) - len(last)].replace(b"\r\n", b"\n").replace(b"\r", b"\n") + last
