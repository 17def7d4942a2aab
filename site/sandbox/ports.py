"""Which port to serve on, and whether it is free. Standard library only: runs before installing."""

from __future__ import annotations

import errno
import os
import re
import socket
from pathlib import Path
from typing import NamedTuple

PORT_DEFAULT = "8000"
PORT_MAX = 65_535


class Address(NamedTuple):
    host: str
    port: str


def configured(dotenv: Path) -> Address:
    """`HOST` and `PORT` from the environment or, where it is silent, from the `.env` file."""
    text = dotenv.read_text() if dotenv.exists() else ""
    written = dict(re.findall(r"""^\s*(HOST|PORT)\s*=\s*["']?([\w.:-]+)""", text, re.MULTILINE))
    host, port = (os.environ.get(name) or written.get(name) for name in ("HOST", "PORT"))
    return Address(host or "127.0.0.1", port or PORT_DEFAULT)


def complaint(address: Address) -> str | None:
    """A sentence that says why `address` can't be served, and what to do; None if it can."""
    host, port = address
    if not port.isdecimal() or not 0 < int(port) <= PORT_MAX:
        return f"PORT is {port}, which is no port: use a number from 1 to {PORT_MAX}."
    try:
        _bind(host, int(port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            another = free_port(host, int(port) + 1)
            return f"Port {port} is taken by another program. Use another: PORT={another} bin/dev"
        return f"Potluck cannot serve on {host}:{port} ({error.strerror}): change HOST or PORT."
    return None


def free_port(host: str, preferred: int, avoid: frozenset[int] = frozenset()) -> int:
    """`preferred` or one of the nine after it; any free one where all are taken."""
    for port in range(preferred, min(preferred + 10, PORT_MAX)):
        if port not in avoid:
            try:
                return _bind(host, port)
            except OSError:
                continue
    return _bind(host, 0)


def _bind(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        # As servers do: connections of the last run that linger are no obstacle.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        bound: int = listener.getsockname()[1]
        return bound
