"""A stand-in for a model that draws, over OpenAI's Images API, with faults by the model's name.

https://platform.openai.com/docs/api-reference/images-streaming
"""

from __future__ import annotations

import argparse
import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sandbox.models import canvas
from sandbox.models.answering import Answering, CountingServer

PATH = "/v1/images/generations"
SIDE_PIXELS = 512
# As OpenAI counts a square of middling quality, and each stage of it.
PICTURE_TOKENS, STAGE_TOKENS = 1_056, 100
STAGES_MAX = 3


@dataclass(frozen=True, kw_only=True)
class Brush:
    """One behaviour. `data` is what comes instead of a picture."""

    seconds_per_stage: float = 0.4
    # Before each that follows the first, where that is another pace.
    seconds_after_first: float | None = None
    status: int = 200
    is_html: bool = False
    is_silent: bool = False
    is_empty: bool = False
    # Breaks off, or says that it failed, after the first stage.
    is_cut: bool = False
    has_error_inside: bool = False
    has_usage: bool = True
    is_whole: bool = False
    tokens_each: int = 1
    data: bytes | None = None


BRUSHES = {
    "painter": Brush(),
    "painter-quick": Brush(seconds_per_stage=0.01),
    # Long enough for somebody to press Stop.
    "painter-slow": Brush(seconds_per_stage=20),
    "painter-slower": Brush(seconds_per_stage=0.1, seconds_after_first=20),
    "painter-400": Brush(status=400),
    "painter-429": Brush(status=429),
    "painter-500": Brush(status=500),
    "painter-html": Brush(is_html=True),
    "painter-silent": Brush(is_silent=True),
    "painter-empty": Brush(is_empty=True),
    "painter-cut": Brush(seconds_per_stage=0.1, is_cut=True),
    "painter-error": Brush(seconds_per_stage=0.1, has_error_inside=True),
    "painter-nousage": Brush(seconds_per_stage=0.01, has_usage=False),
    "painter-whole": Brush(is_whole=True),
    "painter-dear": Brush(seconds_per_stage=0.01, tokens_each=1_000),
    "painter-svg": Brush(data=b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "painter-huge": Brush(data=canvas.png(30_000, 30_000, b"")),
    "painter-heavy": Brush(data=canvas.png(8, 8, b"") + bytes(9_000_000)),
}


class Handler(Answering):
    """Draws."""

    def get(self) -> None:
        if self.path in {"/health", "/healthz"}:
            self.json({"status": "ok", "generating": self.server.generating})
        elif self.path == "/v1/models":
            models = [{"id": name, "object": "model", "owned_by": "sandbox"} for name in BRUSHES]
            self.json({"object": "list", "data": models})
        else:
            self.error(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def post(self) -> None:
        request = self.request_of(PATH)
        if request is None:
            return
        if not request.get("prompt"):
            self.error(HTTPStatus.BAD_REQUEST, "The body must have a prompt.")
            return
        brush = BRUSHES.get(str(request.get("model")), BRUSHES["painter"])
        self.counted(lambda: self._respond(brush, request))

    def _respond(self, brush: Brush, request: dict[str, Any]) -> None:
        if brush.status != HTTPStatus.OK:
            self.error(HTTPStatus(brush.status), "The script says so.")
        elif brush.is_html:
            self.body("text/html; charset=utf-8", b"<!doctype html><title>Sorry</title>")
        elif brush.is_silent:
            self.begin("text/event-stream")
            self.wait_for_hangup(None)
        elif request.get("stream") and not brush.is_whole:
            self._stream(brush, request)
        else:
            self.json({"created": int(time.time()), **_last(brush, request, stages=0)})

    def _stream(self, brush: Brush, request: dict[str, Any]) -> None:
        self.begin("text/event-stream")
        pause_seconds = brush.seconds_per_stage
        for event in _events(brush, request):
            if self.wait_for_hangup(pause_seconds):
                raise BrokenPipeError
            pause_seconds = brush.seconds_after_first or pause_seconds
            if event is None:
                self.close_connection = True
                return
            self.piece(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        self.piece(b"")


def _events(brush: Brush, request: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    """The events of a stream; None where it breaks off."""
    if brush.is_empty:
        return
    stages = min(STAGES_MAX, int(request.get("partial_images") or 0))
    for stage in range(stages):
        cells = canvas.CELLS >> (stages - stage + 1)
        kind = {"type": "image_generation.partial_image", "partial_image_index": stage}
        yield {**kind, **_facts(), "b64_json": _picture(brush, request, cells=cells)}
        if brush.is_cut:
            yield None
        if brush.has_error_inside:
            error = {"message": "The script says so.", "type": "server_error", "code": None}
            yield {"type": "error", "error": error}
            return
    last = _last(brush, request, stages=stages)
    completed = {"type": "image_generation.completed", **_facts(), **last.pop("data")[0]}
    yield {**completed, **last}


def _last(brush: Brush, request: dict[str, Any], *, stages: int) -> dict[str, Any]:
    """The finished picture, and what it cost unless nobody counts."""
    answer: dict[str, Any] = {"data": [{"b64_json": _picture(brush, request)}]}
    if brush.has_usage:
        read = len(request["prompt"].split())
        drawn = (PICTURE_TOKENS + STAGE_TOKENS * stages) * brush.tokens_each
        answer["usage"] = {
            "input_tokens": read,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": read},
            "output_tokens": drawn,
            "total_tokens": read + drawn,
        }
    return answer


def _picture(brush: Brush, request: dict[str, Any], *, cells: int = canvas.CELLS) -> str:
    data = brush.data or canvas.draw(request["prompt"], side_pixels=SIDE_PIXELS, cells=cells)
    return base64.b64encode(data).decode()


def _facts() -> dict[str, Any]:
    return {
        "created_at": int(time.time()),
        "size": f"{SIDE_PIXELS}x{SIDE_PIXELS}",
        "quality": "medium",
        "background": "opaque",
        "output_format": "png",
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.models.painter", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    CountingServer(parser.parse_args().port, Handler).serve_forever()


if __name__ == "__main__":
    main()
