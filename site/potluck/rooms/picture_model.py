"""One call of a model that draws: pictures that become clearer, and the last of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from potluck.rooms import provider
from potluck.rooms.model import Usage, counted
from potluck.rooms.models import Generation
from potluck.rooms.picture_files import PICTURE_BYTES_MAX
from potluck.rooms.provider import ModelFailed
from potluck.settings import Settings

if TYPE_CHECKING:
    import openai
    from openai.types import ImageGenStreamEvent

# Each costs a hundred tokens more at OpenAI, which a recipe's limit has room for.
PARTIAL_PICTURES = 2
SIZE: Final = "1024x1024"
QUALITY: Final = "medium"
# A large picture is drawn for a minute or two before anything of it comes.
SILENCE_SECONDS_MAX = 180.0
BASE64_CHARACTERS_MAX = PICTURE_BYTES_MAX * 4 // 3 + 4


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of a model."""

    model: str
    prompt: str
    room_id: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as far as it is drawn."""

    data: bytes
    is_last: bool


class PictureStream:
    """A running call. Iterate for pictures; `usage` is there once the provider said it."""

    is_gathered = False

    def __init__(self, events: openai.Stream[ImageGenStreamEvent]) -> None:
        self._events = events
        self.request_id = events.response.headers.get("x-request-id")
        self.usage: Usage | None = None

    def __iter__(self) -> Iterator[Drawn]:
        """Raises `ModelFailed` when it breaks off before the last."""
        is_whole = self._events.response.headers.get("content-type", "")
        try:
            yield from self._whole() if is_whole.startswith("application/json") else self._drawn()
        except ModelFailed:
            raise
        except Exception as error:
            raise provider.failure(error, lost_connection="stream_cut") from error

    def close(self) -> None:
        """Ends the call."""
        self._events.close()

    def _drawn(self) -> Iterator[Drawn]:
        is_last = False
        for event in self._events:
            is_last = event.type == "image_generation.completed"
            # Not every server counts, whatever the SDK says.
            usage: Any = getattr(event, "usage", None)
            if usage:
                self.usage = counted(usage.input_tokens, usage.output_tokens)
            if event.b64_json:
                yield Drawn(_decoded(event.b64_json), is_last=is_last)
        if not is_last:
            raise ModelFailed("stream_cut", "the stream ended before the picture was done")

    def _whole(self) -> Iterator[Drawn]:
        """Some servers answer in one piece, whatever was asked."""
        from openai.types import ImagesResponse  # noqa: PLC0415 - loaded by now

        answer = ImagesResponse.model_validate_json(self._events.response.read())
        if answer.usage:
            self.usage = counted(answer.usage.input_tokens, answer.usage.output_tokens)
        for picture in (answer.data or [])[:1]:
            if not picture.b64_json:
                raise ModelFailed("bad_picture", "it came as an address, which isn't fetched")
            yield Drawn(_decoded(picture.b64_json), is_last=True)


def call(order: Generation) -> Call:
    """The call that was ordered: one text has what a model that writes is told in several."""
    prompt = "\n\n".join(message["content"] for message in order.messages)
    return Call(model=order.price.model, prompt=prompt, room_id=order.round.room_id)


def open_stream(call: Call, settings: Settings) -> PictureStream:
    """Starts the call; raises `ModelFailed` if it doesn't begin."""
    server = provider.picture_server(settings)
    identifier = f"{settings.secret_key.get_secret_value()}:{call.room_id}"
    who = {"safety_identifier": hashlib.sha256(identifier.encode()).hexdigest()}
    try:
        events = provider.client(server).images.generate(
            model=call.model,
            prompt=call.prompt,
            size=SIZE,
            quality=QUALITY,
            output_format="webp",
            stream=True,
            partial_images=PARTIAL_PICTURES,
            timeout=provider.patience(SILENCE_SECONDS_MAX),
            extra_body=who if server.is_openai else None,
        )
    except Exception as error:
        raise provider.failure(error) from error
    return PictureStream(events)


def _decoded(text: str) -> bytes:
    if len(text) > BASE64_CHARACTERS_MAX:
        raise ModelFailed("bad_picture", f"{len(text):,} characters are too many")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ModelFailed("bad_picture", f"it is no base64: {error}") from None
