"""Many connections that only look on, each as cheap as can be."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import websocket

TIMEOUT_SECONDS = 30
# However many of one address an installation lets in, these are fewer.
ADDRESS_CONNECTIONS = 10


@contextlib.contextmanager
def crowd(url: str, people: int) -> Iterator[None]:
    """So many strangers, connected to `/`."""
    with contextlib.ExitStack() as opened:
        for number in range(people):
            address = f"127.1.0.{1 + number // ADDRESS_CONNECTIONS}"
            opened.enter_context(contextlib.closing(_connect(url, address)))
        yield


def _connect(url: str, address: str) -> websocket.WebSocket:
    port = urlsplit(url).port
    assert port
    connection = socket.create_connection(
        ("127.0.0.1", port), TIMEOUT_SECONDS, source_address=(address, 0)
    )
    opened = websocket.create_connection(
        f"ws://localhost:{port}/socket.io/?EIO=4&transport=websocket",
        timeout=TIMEOUT_SECONDS,
        socket=connection,
        origin=url,
    )
    assert str(opened.recv()).startswith("0")
    opened.send("40")
    assert str(opened.recv()).startswith("40")
    return opened
