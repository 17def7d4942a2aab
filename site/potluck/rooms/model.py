"""One call of a model that writes: streamed, never repeated by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from potluck.rooms import provider
from potluck.rooms.capabilities import NOTHING_KNOWN, Capabilities
from potluck.rooms.models import Generation
from potluck.rooms.provider import ModelFailed
from potluck.rooms.wire import GATHERED
from potluck.rooms.wire.events import ServerEvents
from potluck.settings import Settings

if TYPE_CHECKING:
    import openai

# Fewer than a token has in English, so that a prompt in another language fits, too.
PROMPT_BYTES_PER_TOKEN = 3
OUTPUT_TOKENS_MIN = 16
# No call has more; what says so was counted wrongly.
TOKENS_MAX = 100_000_000
END = b"[DONE]"

__all__ = ["Call", "ModelFailed", "ModelStream", "Usage", "call", "counted", "open_stream"]


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of a model. The room tells callers apart at the provider's, hashed."""

    model: str
    messages: list[dict[str, Any]]
    output_tokens_max: int
    room_id: int
    capabilities: Capabilities = NOTHING_KNOWN


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them."""

    input_tokens: int
    output_tokens: int


def counted(input_tokens: object, output_tokens: object) -> Usage | None:
    """A count as it can be charged; None where it is none, or absurd, and an estimate is better."""
    match input_tokens, output_tokens:
        case int(read), int(written) if min(read, written) >= 0 and read + written <= TOKENS_MAX:
            return Usage(read, written)
    return None


class ModelStream:
    """A running call. Iterate for text; `usage` is there once the provider said it.

    The SDK makes an object of each chunk, which is most of what reading takes; here they are
    plain JSON, as many at a time as came.
    """

    def __init__(self, chunks: openai.Stream[Any]) -> None:
        self._response = chunks.response
        self.request_id = self._response.headers.get("x-request-id")
        self.is_gathered = GATHERED in self._response.extensions
        self.usage: Usage | None = None
        self._has_finished = False

    def __iter__(self) -> Iterator[str]:
        """Yields pieces of text, empty ones while it thinks; raises `ModelFailed` on a break."""
        try:
            yield from self._whole() if self._is_whole else self._pieces()
        except ModelFailed:
            raise
        except Exception as error:
            # SDK, HTTP client and JSON parser each have their own; all mean the same here.
            raise provider.failure(error, lost_connection="stream_cut") from error
        if not self._has_finished:
            raise ModelFailed("stream_cut", "the stream ended before the model did")

    def close(self) -> None:
        """Ends the call: upstream stops within about a chunk."""
        self._response.close()

    @property
    def _is_whole(self) -> bool:
        """Some servers answer in one piece, whatever was asked."""
        content_type: str = self._response.headers.get("content-type", "")
        return content_type.startswith("application/json")

    def _pieces(self) -> Iterator[str]:
        events = ServerEvents()
        for data in self._arriving():
            said: list[str] = []
            try:
                for event in events.take(data):
                    if event.startswith(END):
                        return
                    said += self._hear(_chunk(event))
            finally:
                # What came before a break is kept.
                if said:
                    yield _clean("".join(said))

    def _arriving(self) -> Iterator[bytes]:
        """What comes; unpacked only where it is packed, which takes its time for each piece."""
        is_packed = "content-encoding" in self._response.headers
        return self._response.iter_bytes() if is_packed else self._response.iter_raw()

    def _hear(self, chunk: dict[str, Any]) -> Iterator[str]:
        if error := chunk.get("error"):
            message = error.get("message") if isinstance(error, dict) else error
            raise ModelFailed("provider_failed", f"it says in its stream: {message}")
        # Usage comes in a last chunk without choices: read past the finish. Some servers
        # say it in every chunk, as it grows: the last word counts.
        if usage := chunk.get("usage"):
            self.usage = counted(usage.get("prompt_tokens"), usage.get("completion_tokens"))
        for choice in chunk["choices"]:
            self._has_finished = self._has_finished or choice.get("finish_reason") is not None
            delta = choice["delta"]
            if delta.get("content") or _is_thinking(delta):
                yield delta.get("content") or ""

    def _whole(self) -> Iterator[str]:
        from openai.types.chat import ChatCompletion  # noqa: PLC0415 - loaded by now

        completion = ChatCompletion.model_validate_json(self._response.read())
        if completion.usage:
            usage = completion.usage
            self.usage = counted(usage.prompt_tokens, usage.completion_tokens)
        for choice in completion.choices:
            yield _clean(choice.message.content or "")
        self._has_finished = bool(completion.choices)


def call(order: Generation, known: Capabilities) -> Call:
    """The call that was ordered, of a model of which so much is known."""
    limit = order.output_tokens_max
    if known.context_tokens:
        # Some servers refuse a limit that doesn't fit beside the prompt, rather than lower it.
        prompt_bytes = sum(len(message["content"].encode()) for message in order.messages)
        left = known.context_tokens - prompt_bytes // PROMPT_BYTES_PER_TOKEN
        limit = max(OUTPUT_TOKENS_MIN, min(limit, left))
    return Call(
        model=order.price.model,
        messages=order.messages,
        output_tokens_max=limit,
        room_id=order.round.room_id,
        capabilities=known,
    )


def open_stream(call: Call, settings: Settings) -> ModelStream:
    """Starts the call; raises `ModelFailed` if it doesn't begin."""
    import openai  # noqa: PLC0415 - loaded with the client, and long in loading

    server = provider.text_server(settings)
    silence_seconds = max(settings.openai_first_token_seconds, settings.openai_stall_seconds)
    body = {"model": call.model, "messages": call.messages, "stream": True}
    try:
        chunks = provider.writer(server).post(
            "/chat/completions",
            body=body | _as_it_likes(call, server) | _who(call, server, settings),
            cast_to=object,
            stream=True,
            stream_cls=openai.Stream[Any],
            options={"timeout": provider.patience(silence_seconds)},
        )
    except Exception as error:
        raise provider.failure(error) from error
    return ModelStream(chunks)


def _as_it_likes(call: Call, server: provider.Server) -> dict[str, Any]:
    """The limit by the name that the server knows, and the wish for a count where it is heard."""
    known = call.capabilities
    usual = "max_completion_tokens" if server.is_openai else "max_tokens"
    body: dict[str, Any] = {known.limit_field or usual: call.output_tokens_max}
    if known.takes_stream_options is not False:
        body["stream_options"] = {"include_usage": True}
    return body


def _who(call: Call, server: provider.Server, settings: Settings) -> dict[str, Any]:
    """OpenAI wants callers told apart.

    https://platform.openai.com/docs/guides/safety-best-practices
    """
    if not server.is_openai:
        return {}
    identifier = f"{settings.secret_key.get_secret_value()}:{call.room_id}"
    return {"safety_identifier": hashlib.sha256(identifier.encode()).hexdigest()}


def _chunk(event: bytes) -> Any:
    """As pydantic reads JSON, in a quarter of the time; halves of a character it refuses."""
    try:
        return from_json(event, cache_strings="keys")
    except ValueError:
        return json.loads(event)


def _clean(said: str) -> str:
    """PostgreSQL keeps neither null bytes nor the halves of a character that was torn apart."""
    return said.replace("\x00", "").encode(errors="replace").decode()


def _is_thinking(delta: dict[str, Any]) -> bool:
    """Whether it says something that isn't text: servers have two names for that, OpenAI none."""
    return bool(delta.get("reasoning_content") or delta.get("reasoning"))
