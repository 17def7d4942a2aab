"""A client that keeps to no library's manners: it says on the wire whatever a test wants."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.visitors import COOKIE, TIMEOUT_SECONDS, Visitor

CLOSE, PING, PONG = "1", "2", "3"


@contextmanager
def raw_socket(visitor: Visitor, namespace: str = "/members") -> Iterator[RawSocket]:
    """One WebSocket to `/socket.io`, with the cookie of a visitor."""
    token = visitor.http.cookies.get(COOKIE)
    with connect(
        visitor.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket",
        origin=Origin(visitor.url),
        additional_headers={"Cookie": f"{COOKIE}={token}"} if token else {},
        compression=None,
        close_timeout=1,
    ) as connection:
        raw = RawSocket(connection, namespace)
        assert raw.receive().startswith("0{")
        yield raw


class RawSocket:
    """Speaks to one namespace, and says what is left over of the protocol by hand."""

    def __init__(self, connection: ClientConnection, namespace: str) -> None:
        self.namespace = namespace
        self._connection = connection
        self._next_id = 0

    def join(self, claims: object = None) -> str:
        """Asks to be let into the namespace; the packet that answers."""
        self.send(f"40{self._prefix}{json.dumps(claims) if claims else ''}")
        return self.receive_of("40", "44")

    def ask(self, *event: Any) -> Any:
        """Sends an event with its arguments; what it is answered."""
        return self.answer(self.ask_without_waiting(json.dumps(event)))

    def ask_without_waiting(self, event: str) -> int:
        """Sends an event in this very JSON; the number that its answer will have."""
        self._next_id += 1
        self.send(f"42{self._prefix}{self._next_id}{event}")
        return self._next_id

    def answer(self, number: int) -> Any:
        """The answer of this number, which must be the next answer that comes."""
        packet = self.receive_of("43").removeprefix(f"43{self._prefix}")
        assert packet.startswith(f"{number}["), packet
        (answer,) = json.loads(packet.removeprefix(str(number)))
        return answer

    def send(self, message: str | bytes) -> None:
        """Sends it as it is."""
        self._connection.send(message)

    def send_if_open(self, message: str) -> bool:
        """The same, unless the server has closed the connection; whether it was sent."""
        try:
            self.send(message)
        except ConnectionClosed:
            return False
        return True

    def receive(self) -> str:
        """The next packet; where it is a ping, it is answered."""
        packet = self._connection.recv(timeout=TIMEOUT_SECONDS)
        assert isinstance(packet, str)
        if packet == PING:
            self._connection.send(PONG)
        return packet

    def receive_of(self, *kinds: str) -> str:
        """The next packet of these kinds."""
        while not (packet := self.receive()).startswith(kinds):
            pass
        return packet

    def receive_to_the_end(self) -> list[str]:
        """All that comes until the server closes the connection."""
        packets: list[str] = []
        deadline = time.monotonic() + TIMEOUT_SECONDS
        try:
            while CLOSE not in packets:
                assert time.monotonic() < deadline, packets
                packets.append(self.receive())
        except ConnectionClosed:
            pass
        return packets

    @property
    def _prefix(self) -> str:
        return "" if self.namespace == "/" else f"{self.namespace},"
