"""The only user of OpenAI's SDK: one call, streamed, never repeated by itself."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from potluck.settings import Settings

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_SECONDS = 10.0
# Between two chunks, and before the first: a model may think, but not for ever.
SILENCE_TIMEOUT_SECONDS = 60.0
DETAIL_CHARACTERS_MAX = 300


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of a model. The room tells callers apart at the provider's, hashed."""

    model: str
    messages: list[dict[str, Any]]
    output_tokens_max: int
    room_id: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them."""

    input_tokens: int
    output_tokens: int


class ModelFailed(Exception):
    """The provider gave nothing that can be used. `code` is stable, `detail` for the operator."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail[:DETAIL_CHARACTERS_MAX]


class ModelStream:
    """A running call. Iterate for text; `usage` is there once the provider said it."""

    def __init__(self, chunks: openai.Stream[ChatCompletionChunk]) -> None:
        self._chunks = chunks
        self.request_id = chunks.response.headers.get("x-request-id")
        self.usage: Usage | None = None

    def __iter__(self) -> Iterator[str]:
        """Yields pieces of text; raises `ModelFailed` when the stream breaks."""
        finished = False
        try:
            for chunk in self._chunks:
                # Usage comes in a last chunk without choices: read past the finish.
                if chunk.usage:
                    self.usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                for choice in chunk.choices:
                    finished = finished or choice.finish_reason is not None
                    if choice.delta.content:
                        yield choice.delta.content.replace("\x00", "")
        except Exception as error:
            # SDK, HTTP client and JSON parser each have their own; all mean the same here.
            raise _failure(error, lost_connection="stream_cut") from error
        if not finished:
            raise ModelFailed("stream_cut", "the stream ended before the model did")

    def close(self) -> None:
        """Ends the call: upstream stops within about a chunk."""
        self._chunks.close()


def open_stream(call: Call, settings: Settings) -> ModelStream:
    """Starts the call; raises `ModelFailed` if it doesn't begin."""
    try:
        chunks = _client(settings).chat.completions.create(
            model=call.model,
            messages=cast("list[ChatCompletionMessageParam]", call.messages),
            stream=True,
            stream_options={"include_usage": True},
            extra_body=_limits(settings, call),
        )
    except Exception as error:
        raise _failure(error) from error
    return ModelStream(chunks)


@cache
def _client(settings: Settings) -> openai.OpenAI:
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    return openai.OpenAI(
        api_key=key,
        base_url=settings.openai_base_url,
        # A repeated call carries no idempotency key: it would be paid for twice.
        max_retries=0,
        timeout=httpx2.Timeout(SILENCE_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS),
    )


def _limits(settings: Settings, call: Call) -> dict[str, Any]:
    """OpenAI knows the limit by its new name and wants callers told apart; others don't yet.

    https://platform.openai.com/docs/guides/safety-best-practices
    """
    if settings.openai_base_url:
        return {"max_tokens": call.output_tokens_max}
    identifier = f"{settings.secret_key.get_secret_value()}:{call.room_id}"
    return {
        "max_completion_tokens": call.output_tokens_max,
        "safety_identifier": hashlib.sha256(identifier.encode()).hexdigest(),
    }


def _failure(error: Exception, *, lost_connection: str = "provider_unreachable") -> ModelFailed:
    """A code of ours for what the SDK raises, and what the provider said for the operator."""
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            code = "provider_refused_key"
        case openai.RateLimitError():
            code = "provider_busy"
        case openai.APITimeoutError() | httpx2.TimeoutException():
            code = "provider_silent"
        case openai.BadRequestError() | openai.NotFoundError() | openai.UnprocessableEntityError():
            code = "provider_refused_request"
        case openai.APIConnectionError() | httpx2.HTTPError():
            code = lost_connection
        case _:
            code = "provider_failed"
    return ModelFailed(code, f"{type(error).__name__}: {error}")
