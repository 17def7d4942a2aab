"""How OpenAI's SDK connects, and what its errors mean.

It takes a quarter of the time that the app takes to load, and only a process that asks a model
needs it: `provider` loads this when it is first asked for.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from functools import cache

import httpx2
import openai

from potluck.rooms.provider import Server
from potluck.rooms.wire.answer import ANSWER_BYTES_MAX
from potluck.rooms.wire.transport import Wire

CONNECT_TIMEOUT_SECONDS = 10.0
# Beyond what a reader waits for: it knows better what silence means, and gives up first.
SPARE_SECONDS = 5.0
# Through one of these a server is reached as httpx2 does it.
PROXIES = {"http", "https", "all"}


@cache
def client(server: Server) -> openai.OpenAI:
    """One a server, for its pool of connections."""
    return _client(server, openai.DefaultHttpx2Client(event_hooks={"response": [_limit]}))


@cache
def writer(server: Server) -> openai.OpenAI:
    """One a server for its texts, of which there are hundreds at once."""
    if PROXIES & urllib.request.getproxies().keys():
        return client(server)
    return _client(server, openai.DefaultHttpx2Client(transport=Wire()))


def patience(seconds: float) -> httpx2.Timeout:
    """How long the network may be silent; to connect has a limit of its own."""
    return httpx2.Timeout(seconds + SPARE_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)


def code_of(error: Exception, *, lost_connection: str) -> str:
    """A code of ours for what the SDK raises."""
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            code = "provider_refused_key"
        case openai.RateLimitError():
            code = "provider_busy"
        case openai.APITimeoutError() if isinstance(error.__cause__, httpx2.ConnectTimeout):
            code = "provider_unreachable"
        case openai.APITimeoutError() | httpx2.TimeoutException():
            code = "provider_silent"
        case openai.BadRequestError() | openai.NotFoundError() | openai.UnprocessableEntityError():
            code = "provider_refused_request"
        case openai.APIConnectionError() | httpx2.HTTPError():
            code = lost_connection
        case _:
            code = "provider_failed"
    return code


def _client(server: Server, http_client: httpx2.Client) -> openai.OpenAI:
    # A repeated call carries no idempotency key: it would be paid for twice.
    return openai.OpenAI(
        api_key=server.api_key, base_url=server.url, max_retries=0, http_client=http_client
    )


class _Limited(httpx2.SyncByteStream):
    """An answer that breaks off where it gets too long: the SDK would gather it in memory."""

    def __init__(self, stream: httpx2.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        left_bytes = ANSWER_BYTES_MAX
        for piece in self._stream:
            left_bytes -= len(piece)
            if left_bytes < 0:
                raise httpx2.ReadError(f"the answer has more than {ANSWER_BYTES_MAX:,} bytes")
            yield piece

    def close(self) -> None:
        self._stream.close()


def _limit(response: httpx2.Response) -> None:
    assert isinstance(response.stream, httpx2.SyncByteStream)
    response.stream = _Limited(response.stream)
