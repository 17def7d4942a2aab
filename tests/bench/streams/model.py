"""A model for hundreds of streams: fifty chunks a second to each, until it is told to end them.

One loop, no thread: the stand-in of the tests has a thread a stream, and would be what a
measurement measures. Every chunk is the time at which it was sent, as `scripted-clock` writes it.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

CHUNKS_PER_SECOND = 50
# Streams aren't in step: a quarter of them is told something every quarter of a chunk's time.
PARTS = 4
STEP_SECONDS = 1 / CHUNKS_PER_SECOND / PARTS
READ_BYTES = 256 * 1024
BACKLOG = 1_024

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWER = "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
WRITES, ENDS, STATE = (
    b"POST /v1/chat/completions ",
    b"POST /end ",
    b"GET /state ",
)
COMPLETION = {"id": "chatcmpl-clock", "object": "chat.completion.chunk", "created": 0, "model": "x"}


def frame(*events: dict[str, object] | str) -> bytes:
    """Server-sent events as one piece of a chunked answer."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in events]
    data = "".join(f"data: {text}\n\n" for text in texts).encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


def chunk(delta: dict[str, str], *, reason: str | None = None, **more: object) -> dict[str, object]:
    """One event of a stream, as OpenAI writes it."""
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {**COMPLETION, "choices": [choice], **more}


LAST = (
    frame(
        chunk({}, reason="stop"),
        {
            **COMPLETION,
            "choices": [],
            "usage": {"prompt_tokens": 50, "completion_tokens": 60, "total_tokens": 110},
        },
        "[DONE]",
    )
    + b"0\r\n\r\n"
)


class Model:
    """Every connection, and those of them that are being written to."""

    def __init__(self, port: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        self._listener.setblocking(False)  # noqa: FBT003 - its own name for it
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._read: dict[socket.socket, bytes] = {}
        self._streams: list[dict[socket.socket, None]] = [{} for _ in range(PARTS)]
        self._chunks = self._late_steps = 0

    def serve(self) -> None:
        """Never returns."""
        step, due = 0, time.monotonic()
        while True:
            for key, _ in self._selector.select(max(due - time.monotonic(), 0)):
                assert isinstance(key.fileobj, socket.socket)
                self._look(key.fileobj)
            now = time.monotonic()
            if now < due:
                continue
            self._write(self._streams[step % PARTS])
            step, due = step + 1, due + STEP_SECONDS
            if now > due:
                # Chunks that this process can't write in time are said to be missing.
                self._late_steps += 1
                due = now

    def _look(self, ready: socket.socket) -> None:
        if ready is self._listener:
            connected, _ = self._listener.accept()
            connected.setblocking(False)  # noqa: FBT003 - likewise
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._read[connected] = b""
            self._selector.register(connected, selectors.EVENT_READ)
            return
        try:
            data = ready.recv(READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._forget(ready)
            return
        self._read[ready] += data
        head, end, body = self._read[ready].partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            self._read[ready] = b""
            self._answer(ready, head)

    def _answer(self, asking: socket.socket, head: bytes) -> None:
        if head.startswith(WRITES):
            asking.sendall(HEAD + frame(chunk({"role": "assistant", "content": ""})))
            min(self._streams, key=len)[asking] = None
        elif head.startswith(ENDS):
            for part in self._streams:
                for stream in part:
                    with suppress(OSError):
                        stream.sendall(LAST)
                part.clear()
            _say(asking, "200 OK", {})
        elif head.startswith(STATE):
            state = {
                "streams": sum(map(len, self._streams)),
                "chunks": self._chunks,
                "late_steps": self._late_steps,
                "cpu_seconds": time.process_time(),
            }
            _say(asking, "200 OK", state)
        else:
            _say(asking, "404 Not Found", {"error": {"message": "There is nothing here."}})

    def _write(self, streams: dict[socket.socket, None]) -> None:
        """The same bytes to all: it is when they leave that counts."""
        data = frame(chunk({"content": f" {time.time():.4f}"}))
        for stream in list(streams):
            try:
                stream.send(data)
                self._chunks += 1
            except OSError:
                # Gone, or so far behind that megabytes wait for it.
                self._forget(stream)

    def _forget(self, gone: socket.socket) -> None:
        self._selector.unregister(gone)
        del self._read[gone]
        for part in self._streams:
            part.pop(gone, None)
        gone.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _say(asking: socket.socket, status: str, value: Mapping[str, object]) -> None:
    body = json.dumps(value)
    asking.sendall((ANSWER.format(status=status, length=len(body)) + body).encode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.streams.model")
    parser.add_argument("--port", type=int, required=True)
    Model(parser.parse_args().port).serve()


if __name__ == "__main__":
    main()
