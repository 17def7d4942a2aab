"""How a provider is reached: OpenAI, or any server that speaks its API at another address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import httpx2
import openai

from potluck.settings import Settings

CONNECT_TIMEOUT_SECONDS = 10.0
# Beyond what a reader waits for: it knows better what silence means, and gives up first.
SPARE_SECONDS = 5.0
DETAIL_CHARACTERS_MAX = 300
# Three pictures in base64, and then some: what is longer has no end.
ANSWER_BYTES_MAX = 64_000_000
OPENAI_URL = "https://api.openai.com/v1"
# Servers on one's own machine want none, and the SDK wants one.
NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """Where an API answers, and the key that it knows us by."""

    url: str
    api_key: str = field(repr=False)

    @property
    def is_openai(self) -> bool:
        """Whether it is the original."""
        return self.url == OPENAI_URL


class ModelFailed(Exception):
    """The provider gave nothing that can be used. `code` is stable, `detail` for the operator."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail.replace("\x00", "")[:DETAIL_CHARACTERS_MAX]


def text_server(settings: Settings) -> Server:
    """Who writes."""
    key = settings.openai_api_key
    url = (settings.openai_base_url or OPENAI_URL).rstrip("/")
    return Server(url, key.get_secret_value() if key else NO_KEY)


def picture_server(settings: Settings) -> Server:
    """Who draws: the one who writes, unless another is named. A key goes to its own server only."""
    if not (settings.openai_image_base_url or settings.openai_image_api_key):
        return text_server(settings)
    key = settings.openai_image_api_key
    url = (settings.openai_image_base_url or OPENAI_URL).rstrip("/")
    return Server(url, key.get_secret_value() if key else NO_KEY)


@cache
def client(server: Server) -> openai.OpenAI:
    """One a server, for its pool of connections."""
    http_client = openai.DefaultHttpx2Client(event_hooks={"response": [_limit]})
    # A repeated call carries no idempotency key: it would be paid for twice.
    return openai.OpenAI(
        api_key=server.api_key, base_url=server.url, max_retries=0, http_client=http_client
    )


def patience(seconds: float) -> httpx2.Timeout:
    """How long the network may be silent; to connect has a limit of its own."""
    return httpx2.Timeout(seconds + SPARE_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)


def get_json(server: Server, address: str, *, seconds: float) -> object:
    """What stands at an address of the API, or at a whole address beside it.

    Raises `ModelFailed`.
    """
    try:
        return client(server).get(address, cast_to=object, options={"timeout": seconds})
    except Exception as error:
        raise failure(error) from error


def failure(error: Exception, *, lost_connection: str = "provider_unreachable") -> ModelFailed:
    """A code of ours for what the SDK raises, and what the provider said for the operator."""
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
    return ModelFailed(code, f"{type(error).__name__}: {error}")


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
