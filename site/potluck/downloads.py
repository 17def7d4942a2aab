"""Files that are made for one member and sent once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from flask import Response

PIECE_BYTES = 64 * 1024


def attachment(file: IO[bytes], *, mimetype: str, filename: str) -> Response:
    """The answer that saves the file under this name; afterwards it is closed."""
    response = Response(_pieces(file), mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    response.call_on_close(file.close)
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Bit by bit, and closed in the end."""
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
