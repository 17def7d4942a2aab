"""What the developer reads. A closed terminal must not keep anybody from stopping cleanly."""

from __future__ import annotations

import os
import sys


def say(text: str) -> None:
    write(f"{text}\n".encode())


def write(output: bytes) -> None:
    """Writes to the terminal and, once it is gone, to nowhere."""
    try:
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
