"""The picture that other sites show beside a link to a sheet: drawn once, and kept as a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import gevent
from gevent.lock import BoundedSemaphore

from potluck.rooms.preview_content import Picture

FILES_MAX = 1000
# A face of FreeType's is nothing for two threads at once.
DRAWINGS_AT_ONCE_MAX = 1

_places = BoundedSemaphore(DRAWINGS_AT_ONCE_MAX)


def drawn(picture: Picture, folder: Path, read_art: Callable[[str], bytes]) -> Path:
    """The file with the picture; drawn beside the loop, in a thread, where there is none yet.

    `read_art` gives what the round drew, by its name; what it raises is the caller's.
    """
    path = folder / f"{picture.digest}.png"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    art = read_art(picture.art) if picture.art else None
    with _places:
        if not path.exists():
            gevent.get_hub().threadpool.apply(_write, (picture, art, path))
    return path


def _write(picture: Picture, art: bytes | None, path: Path) -> None:
    """In one move, so that nobody reads half a file."""
    # The thread that draws first loads Pillow, while others are served.
    from potluck.rooms.preview_drawing import draw  # noqa: PLC0415

    number, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            draw(picture, art).save(file, "PNG")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _forget_oldest(path.parent)


def _forget_oldest(folder: Path) -> None:
    """Another process may tidy up as well: what is gone is gone."""
    with suppress(OSError):
        files = sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime)
        for path in files[: max(0, len(files) - FILES_MAX)]:
            path.unlink()
