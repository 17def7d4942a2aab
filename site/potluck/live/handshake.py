"""How a browser asks for a WebSocket (RFC 6455, 4), read by hand where it asks as all of them do.

Whatever asks in any other way is read by the parts that read every request, and refused there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from potluck.request_heads import HEAD_END, read_headers

REQUEST = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY_BYTES = 16
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %b\r\n\r\n"
)
# What the rest of `live` asks of a request, by its names in WSGI.
KEPT = {
    "cookie": "HTTP_COOKIE",
    "origin": "HTTP_ORIGIN",
    "accept-language": "HTTP_ACCEPT_LANGUAGE",
    "x-forwarded-for": "HTTP_X_FORWARDED_FOR",
}


class Upgrade:
    """A request for a WebSocket that is in order."""

    __slots__ = ("answer", "early", "environ")

    def __init__(self, environ: dict[str, str], answer: bytes, early: bytes) -> None:
        self.environ = environ
        self.answer = answer
        self.early = early


def read_upgrade(data: bytes) -> Upgrade | None:
    """None where `data`, the first bytes of a request, doesn't hold exactly that."""
    if not data.startswith(REQUEST):
        return None
    head, end, early = data.partition(HEAD_END)
    headers = read_headers(head[len(REQUEST) :])
    if not end or headers is None or not _asks_for_websocket(headers):
        return None
    key = headers.get("sec-websocket-key", "").encode()
    if not _is_key(key):
        return None
    environ = {name: headers[header] for header, name in KEPT.items() if header in headers}
    accept = base64.b64encode(hashlib.sha1(key + ACCEPT_SUFFIX, usedforsecurity=False).digest())
    return Upgrade(environ, SWITCHING % accept, early)


def _asks_for_websocket(headers: dict[str, str]) -> bool:
    wanted = {word.strip() for word in headers.get("connection", "").lower().split(",")}
    return (
        "upgrade" in wanted
        and headers.get("upgrade", "").lower() == "websocket"
        and headers.get("sec-websocket-version") == "13"
        and "host" in headers
        and not headers.keys() & {"content-length", "transfer-encoding"}
    )


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == KEY_BYTES
    except binascii.Error:
        return False
