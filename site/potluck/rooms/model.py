"""One call of a model that writes: streamed, never repeated by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import openai
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from openai.types.chat.chat_completion_chunk import ChoiceDelta

from potluck.rooms import provider
from potluck.rooms.provider import ModelFailed
from potluck.settings import Settings

__all__ = ["Call", "ModelFailed", "ModelStream", "Usage", "open_stream"]


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


class ModelStream:
    """A running call. Iterate for text; `usage` is there once the provider said it."""

    def __init__(self, chunks: openai.Stream[ChatCompletionChunk]) -> None:
        self._chunks = chunks
        self.request_id = chunks.response.headers.get("x-request-id")
        self.usage: Usage | None = None

    def __iter__(self) -> Iterator[str]:
        """Yields pieces of text, empty ones while it thinks; raises `ModelFailed` on a break."""
        finished = False
        try:
            for chunk in self._chunks:
                # Usage comes in a last chunk without choices: read past the finish. Some servers
                # say it in every chunk, as it grows: the last word counts.
                if chunk.usage:
                    self.usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                for choice in chunk.choices:
                    finished = finished or choice.finish_reason is not None
                    if choice.delta.content or _is_thinking(choice.delta):
                        yield (choice.delta.content or "").replace("\x00", "")
        except Exception as error:
            # SDK, HTTP client and JSON parser each have their own; all mean the same here.
            raise provider.failure(error, lost_connection="stream_cut") from error
        if not finished:
            raise ModelFailed("stream_cut", "the stream ended before the model did")

    def close(self) -> None:
        """Ends the call: upstream stops within about a chunk."""
        self._chunks.close()


def open_stream(call: Call, settings: Settings) -> ModelStream:
    """Starts the call; raises `ModelFailed` if it doesn't begin."""
    server = provider.text_server(settings)
    silence_seconds = max(settings.openai_first_token_seconds, settings.openai_stall_seconds)
    try:
        chunks = provider.client(server).chat.completions.create(
            model=call.model,
            messages=cast("list[ChatCompletionMessageParam]", call.messages),
            stream=True,
            stream_options={"include_usage": True},
            timeout=provider.patience(silence_seconds),
            extra_body=_limits(settings, server, call),
        )
    except Exception as error:
        raise provider.failure(error) from error
    return ModelStream(chunks)


def _limits(settings: Settings, server: provider.Server, call: Call) -> dict[str, Any]:
    """OpenAI knows the limit by its new name and wants callers told apart; others don't yet.

    https://platform.openai.com/docs/guides/safety-best-practices
    """
    if not server.is_openai:
        return {"max_tokens": call.output_tokens_max}
    identifier = f"{settings.secret_key.get_secret_value()}:{call.room_id}"
    return {
        "max_completion_tokens": call.output_tokens_max,
        "safety_identifier": hashlib.sha256(identifier.encode()).hexdigest(),
    }


def _is_thinking(delta: ChoiceDelta) -> bool:
    """Whether it says something that isn't text: servers have two names for that, OpenAI none."""
    said = delta.model_extra or {}
    return bool(said.get("reasoning_content") or said.get("reasoning"))
