"""Draws: another picture for each prompt, the same one for the same, as a PNG."""

from __future__ import annotations

import colorsys
import hashlib
import math
import struct
import zlib
from collections.abc import Sequence

# Cells a side; a picture that isn't finished has fewer.
CELLS = 64
BLOBS = 7
CHANNEL_MAX = 255


def draw(prompt: str, *, side_pixels: int, cells: int = CELLS) -> bytes:
    """A PNG of soft colours. `cells` must divide the side."""
    digest = hashlib.sha512(prompt.encode()).digest()
    hue = digest[0] / CHANNEL_MAX
    blobs = [_Blob(digest[7 * n + 1 : 7 * n + 8], hue) for n in range(BLOBS)]
    scale = side_pixels // cells
    rows = []
    for y in range(cells):
        at = [(x + 0.5) / cells for x in range(cells)]
        colours = [_colour(blobs, x, (y + 0.5) / cells, hue) for x in at]
        rows += [b"\0" + b"".join(colour * scale for colour in colours)] * scale
    return png(side_pixels, side_pixels, b"".join(rows))


def png(width: int, height: int, rows: bytes) -> bytes:
    """The file of so many pixels in red, green and blue; each row has a zero before it.

    https://www.w3.org/TR/png-3/
    """
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


class _Blob:
    """A round of colour, somewhere."""

    def __init__(self, numbers: bytes, hue: float) -> None:
        x, y, radius, shade, light, rich, _ = (number / CHANNEL_MAX for number in numbers)
        self.x, self.y, self.radius = x, y, 0.12 + radius * 0.3
        own_hue = (hue + (shade - 0.5) * 0.5) % 1
        self.colour = colorsys.hls_to_rgb(own_hue, 0.3 + light * 0.45, 0.3 + rich * 0.5)


def _colour(blobs: Sequence[_Blob], x: float, y: float, hue: float) -> bytes:
    red, green, blue = colorsys.hls_to_rgb(hue, 0.92 - y * 0.25, 0.45)
    for blob in blobs:
        near = math.exp(-(((x - blob.x) ** 2 + (y - blob.y) ** 2) / blob.radius**2) * 3)
        red += (blob.colour[0] - red) * near
        green += (blob.colour[1] - green) * near
        blue += (blob.colour[2] - blue) * near
    return bytes(round(min(1, max(0, each)) * CHANNEL_MAX) for each in (red, green, blue))


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
