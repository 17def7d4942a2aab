"""How an answer leaves: its headers and its body in one piece."""

from __future__ import annotations

from typing import Any

from gevent.pywsgi import WSGIHandler

# What is larger is not worth a copy.
GATHERED_BYTES_MAX = 64 * 1024


class OneWriteHandler(WSGIHandler):
    """gevent's writes headers and body apart: two calls of the kernel, and two packets."""

    _gathered: bytearray | None = None

    def _write_with_headers(self, data: Any) -> None:
        if len(data) > GATHERED_BYTES_MAX:
            super()._write_with_headers(data)
            return
        self._gathered = bytearray()
        try:
            super()._write_with_headers(data)
        finally:
            gathered, self._gathered = self._gathered, None
        super()._sendall(gathered)

    def _sendall(self, data: Any) -> None:
        if self._gathered is None:
            super()._sendall(data)
        else:
            self._gathered += data
