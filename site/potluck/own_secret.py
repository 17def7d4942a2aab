"""The secret key of an installation that was given none: made once, and kept beside its data."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def key(path: Path) -> str:
    """The key made at the first start, or a new one. Raises `OSError` where none can be kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write_whole(path, secrets.token_hex(32))
    return path.read_text()


def _write_whole(path: Path, text: str) -> None:
    """For us alone to read, unless it exists; another process sees all of it or nothing."""
    with NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(text)
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
