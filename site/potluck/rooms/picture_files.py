"""What a provider says is a picture, looked at before anybody's browser has to.

Only the first bytes are read: they name the kind and the size. Whatever else is in the file, a
browser is told this kind and no other, and never to guess.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

PICTURE_BYTES_MAX = 8_000_000
SIDE_PIXELS_MAX = 4_096
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"
# Frame headers, which have the size; between them are tables of the same range of numbers.
# https://www.w3.org/Graphics/JPEG/itu-t81.pdf, table B.1
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
WEBP_HEADER_BYTES = 30


class BadPicture(Exception):
    """It is no picture that can be shown; says why, to the operator."""


class Facts(NamedTuple):
    """What the first bytes say."""

    media_type: str
    width: int
    height: int


def look_at(data: bytes) -> Facts:
    """Kind and size of a picture; raises `BadPicture`."""
    if len(data) > PICTURE_BYTES_MAX:
        raise BadPicture(f"{len(data):,} bytes are more than {PICTURE_BYTES_MAX:,}")
    try:
        facts = _facts(data)
    except (struct.error, IndexError):
        raise BadPicture("it ends before it says how large it is") from None
    if not all(1 <= side <= SIDE_PIXELS_MAX for side in (facts.width, facts.height)):
        raise BadPicture(f"{facts.width} × {facts.height} pixels can't be shown")  # noqa: RUF001
    return facts


def _facts(data: bytes) -> Facts:
    if data.startswith(PNG_MAGIC) and data[12:16] == b"IHDR":
        return Facts("image/png", *struct.unpack_from(">II", data, 16))
    if data.startswith(JPEG_MAGIC):
        return Facts("image/jpeg", *_jpeg_size(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Facts("image/webp", *_webp_size(data))
    raise BadPicture("it is neither PNG nor JPEG nor WebP")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while data[at] == 0xFF:  # noqa: PLR2004 - every segment begins so
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length
    raise BadPicture("it is no JPEG after its first bytes")


def _webp_size(data: bytes) -> tuple[int, int]:
    """https://developers.google.com/speed/webp/docs/riff_container."""
    if len(data) < WEBP_HEADER_BYTES:
        raise IndexError
    match data[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            bits = struct.unpack_from("<I", data, 21)[0]
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width = int.from_bytes(data[24:27], "little") + 1
            return width, int.from_bytes(data[27:30], "little") + 1
    raise BadPicture("it is no WebP after its first bytes")
