"""An answer in HTTP/1.1 as llhttp takes it apart: its head, and what came of its body."""

from __future__ import annotations

import httptools
import httpx2

# What httpx2's own transport takes for a head, too. llhttp has no limit.
HEAD_BYTES_MAX = 100_000
# Three pictures in base64, and then some: what is longer has no end.
ANSWER_BYTES_MAX = 64_000_000
SWITCHING_PROTOCOLS = 101
OK = 200


class Answer:
    """One answer, piece by piece, without touching the network.

    Informational ones before it are passed over. The parser calls what begins with `on_`.
    """

    def __init__(self) -> None:
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.has_head = False
        self.is_whole = False
        self.keeps_alive = False
        self._bytes = 0
        self._ends_with_the_connection = False
        self._pieces: list[bytes] = []
        # Straight into the list: of a body there is a call for each chunk.
        self.on_body = self._pieces.append
        self._parser = httptools.HttpResponseParser(self)

    def take(self, data: bytes) -> None:
        """Takes what came, and nothing for the end of the connection.

        Raises `httpx2.RemoteProtocolError`, and `httpx2.ReadError` where it gets too long.
        """
        if not data:
            self._end()
            return
        self._bytes += len(data)
        if self._bytes > ANSWER_BYTES_MAX:
            raise httpx2.ReadError(f"the answer has more than {ANSWER_BYTES_MAX:,} bytes")
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.is_whole:
                raise httpx2.RemoteProtocolError(f"the answer is no HTTP/1.1: {error}") from error
            # Whatever comes after it is for nobody.
            self.keeps_alive = False
        if not self.has_head and self._bytes > HEAD_BYTES_MAX:
            message = f"the head of the answer has more than {HEAD_BYTES_MAX:,} bytes"
            raise httpx2.RemoteProtocolError(message)

    def taken(self) -> bytes:
        """What came of the body since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data

    def on_message_begin(self) -> None:
        """Of the answer, or of another that nobody asked for: it isn't read."""
        if self.is_whole:
            raise httpx2.RemoteProtocolError("there is more than one answer")

    def on_status(self, reason: bytes) -> None:
        """The words after the number."""
        self.reason = reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Those after the body say nothing that is used."""
        if not self.has_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Of the answer, or of one that says that it will come."""
        self.status = self._parser.get_status_code()
        if self.status < OK:
            self.headers.clear()
            return
        self.has_head = True
        names = {name.lower() for name, _ in self.headers}
        self._ends_with_the_connection = not names & {b"content-length", b"transfer-encoding"}

    def on_message_complete(self) -> None:
        """Of an answer: an informational one has no body, and ends here, too."""
        if self.has_head:
            self.is_whole = True
            self.keeps_alive = self._parser.should_keep_alive()

    def _end(self) -> None:
        self.keeps_alive = False
        if not self.has_head:
            raise httpx2.RemoteProtocolError("the server disconnected without an answer")
        if not self._ends_with_the_connection:
            raise httpx2.RemoteProtocolError("the server disconnected before its answer was whole")
        self.is_whole = True
