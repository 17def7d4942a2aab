"""What claims to be a picture is looked at before it is shown to anybody."""

from __future__ import annotations

import struct

import pytest

from potluck.rooms.picture_files import PICTURE_BYTES_MAX, BadPicture, Facts, look_at

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xc2\0\x11\x08"
WEBP = b"RIFF\0\0\0\0WEBP"


def png(width: int, height: int) -> bytes:
    return PNG + struct.pack(">II", width, height)


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (png(1024, 768), ("image/png", 1024, 768)),
        (JPEG + struct.pack(">HH", 768, 1024), ("image/jpeg", 1024, 768)),
        (
            WEBP + b"VP8 " + bytes(7) + b"\x9d\x01\x2a" + struct.pack("<HH", 640, 480),
            ("image/webp", 640, 480),
        ),
        (
            WEBP + b"VP8L" + bytes(4) + b"\x2f" + struct.pack("<IQ", 639 | 479 << 14, 0),
            ("image/webp", 640, 480),
        ),
        (
            WEBP + b"VP8X" + bytes(8) + (639).to_bytes(3, "little") + (479).to_bytes(3, "little"),
            ("image/webp", 640, 480),
        ),
    ],
)
def test_the_kind_and_size_of_a_picture_are_read_from_its_first_bytes(
    data: bytes, facts: tuple[str, int, int]
) -> None:
    assert look_at(data) == Facts(*facts)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "neither PNG nor JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither PNG nor JPEG"),
        (b"GIF89a" + bytes(20), "neither PNG nor JPEG"),
        (b"<html>", "neither PNG nor JPEG"),
        (PNG, "before it says how large"),
        (png(0, 10), "pixels can't be shown"),
        (png(10, 4_097), "pixels can't be shown"),
        (png(2**31, 1), "pixels can't be shown"),
        (b"\xff\xd8\xff", "before it says how large"),
        (b"\xff\xd8\xff\xe0\0\x04ab" + bytes(9), "no JPEG after"),
        (b"\xff\xd8" + b"\xff\xe0\0\0" * 9, "no JPEG after"),
        (WEBP + b"VP8?" + bytes(20), "no WebP after"),
        (WEBP + b"VP8X", "before it says how large"),
        (png(1, 1) + bytes(PICTURE_BYTES_MAX), "bytes are more than"),
    ],
)
def test_whatever_else_comes_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(BadPicture, match=why):
        look_at(data)
