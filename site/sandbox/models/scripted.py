"""A model that follows a script, over OpenAI's Chat Completions API: for tests of every fault."""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from sandbox.models import moderation
from sandbox.models.answering import Answering, CountingServer
from sandbox.models.scripts import SCRIPTS, Script, again, answer, script_for, words_of

# Where a stream says nothing more until the client goes.
STALL = "stall"
# Where it says nothing more until it is let go on; it looks every beat whether its client is gone.
WAIT = "wait"
WAIT_BEAT_SECONDS = 0.05
FLOOD = bytes(1_000_000)
TURNS = "/turns"
SECONDS_PER_WORD = 0.02


class Handler(Answering):
    """Writes."""

    seconds_per_word = SECONDS_PER_WORD

    def get(self) -> None:
        if self.path in {"/health", "/healthz"}:
            self.json({"status": "ok", "generating": self.server.generating})
        elif self.path == "/requests":
            self.json({"requests": list(self.server.requests)})
        elif self.path == "/v1/models":
            self.json({"object": "list", "data": [*map(_listing, SCRIPTS)]})
        elif self.path == "/api/ps":
            loaded = [
                {"model": name, "context_length": script.ollama_context}
                for name, script in SCRIPTS.items()
                if script.ollama_context
            ]
            self.json({"models": loaded})
        else:
            self.error(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def post(self) -> None:
        request = self.request_of("/v1/chat/completions", moderation.PATH, TURNS)
        if request is None:
            return
        if self.path == TURNS:
            self.server.turns.release()
            self.json({})
            return
        if self.path == moderation.PATH:
            status, judgement = moderation.judge(request)
            self.json(judgement, status)
            return
        try:
            script = again(script_for(request["model"]), request, list(self.server.requests))
            words = answer(script, request["messages"])
        except (KeyError, TypeError, AttributeError):
            self.error(HTTPStatus.BAD_REQUEST, "The body must have model and messages.")
            return
        self.server.requests.append(request)
        self.counted(lambda: self._respond(script, request, words))

    def _respond(self, script: Script, request: dict[str, Any], words: list[str]) -> None:
        refused = sorted(script.refuses & set(request))
        if script.is_html:
            status = HTTPStatus(script.status)
            self.body("text/html; charset=utf-8", b"<!doctype html><title>Sorry</title>", status)
        elif script.status != HTTPStatus.OK:
            self.error(HTTPStatus(script.status), "The script says so.")
        elif refused:
            self.error(HTTPStatus.BAD_REQUEST, f"Unsupported parameter: '{refused[0]}'.")
        elif script.is_silent:
            self.begin("text/event-stream")
            self.wait_for_hangup(None)
        elif script.is_flood:
            self.begin("text/event-stream")
            self.piece(b"data: ")
            while not self.wait_for_hangup(0):
                self.piece(FLOOD)
            raise BrokenPipeError
        elif request.get("stream") and not script.is_whole:
            self._stream(script, request, words)
        else:
            limited = _limited(script, request, words)
            reason = "stop" if limited == words else "length"
            message = {"role": "assistant", "content": "".join(limited)}
            completion = _completion(request, "chat.completion")
            completion["choices"] = [{"index": 0, "message": message, "finish_reason": reason}]
            completion["usage"] = _usage(script, request, limited)
            self.json(completion)

    def _stream(self, script: Script, request: dict[str, Any], words: list[str]) -> None:
        pace = script.seconds_per_word
        seconds_per_word = self.seconds_per_word if pace is None else pace
        self.begin("text/event-stream")
        for chunk in _chunks(script, request, words):
            if chunk == STALL:
                self.wait_for_hangup(None)
                raise BrokenPipeError
            if chunk == WAIT:
                self._wait_for_turn()
                continue
            if chunk is None:
                # The stream breaks off, without the last piece that the transfer coding wants.
                self.close_connection = True
                return
            line = chunk if isinstance(chunk, str) else f"data: {json.dumps(chunk)}"
            self.piece(f"{line}\n\n".encode())
            if self.wait_for_hangup(seconds_per_word):
                raise BrokenPipeError
        self.piece(b"data: [DONE]\n\n")
        self.piece(b"")

    def _wait_for_turn(self) -> None:
        while not self.server.turns.acquire(timeout=WAIT_BEAT_SECONDS):
            if self.wait_for_hangup(0):
                raise BrokenPipeError


def _chunks(
    script: Script, request: dict[str, Any], words: list[str]
) -> Iterator[dict[str, Any] | str | None]:
    """The chunks of a stream, and comments between them; None where it breaks off."""

    def chunk(delta: dict[str, str], reason: str | None = None, **more: object) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**_completion(request, "chat.completion.chunk"), "choices": [choice], **more}

    def usage(written: list[str]) -> dict[str, Any]:
        return {"usage": _usage(script, request, written)}

    limited = _limited(script, request, words)
    yield from itertools.repeat(": still here", script.comments)
    yield chunk({"role": "assistant", "content": ""})
    yield from (chunk({"reasoning_content": "hm "}) for _ in range(script.thoughts))
    for position, word in enumerate(limited):
        is_half = position >= len(limited) // 2
        if is_half and script.is_cut:
            yield None
        if is_half and script.has_error_inside:
            yield {"error": {"message": "The script says so.", "type": "server_error"}}
            return
        more = usage(limited[: position + 1]) if script.has_usage_in_every_chunk else {}
        yield chunk({"content": f" {time.time():.4f}" if script.is_clock else word}, **more)
        if position + 1 in script.waits_after_words:
            yield WAIT
        if is_half and script.is_stalling:
            yield STALL
    yield chunk({}, "stop" if limited == words else "length")
    if script.has_usage and (request.get("stream_options") or {}).get("include_usage"):
        last = _completion(request, "chat.completion.chunk")
        yield {**last, "choices": [], **usage(limited)}


def _listing(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "owned_by": "sandbox", **SCRIPTS[name].listing}


def _completion(request: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-scripted",
        "object": kind,
        "created": int(time.time()),
        "model": request["model"],
    }


def _limited(script: Script, request: dict[str, Any], words: list[str]) -> list[str]:
    heeded = {"max_completion_tokens", "max_tokens"} - script.ignores
    limits = [request[name] for name in heeded if request.get(name)]
    return words[: min(limits)] if limits else words


def _usage(script: Script, request: dict[str, Any], words: list[str]) -> dict[str, int]:
    """A word counts as a token, where the script doesn't say otherwise."""
    prompt = len(words_of(request["messages"]))
    written = len(words) * script.tokens_per_word
    return {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
    }


def serve(port: int, *, seconds_per_word: float = SECONDS_PER_WORD) -> None:
    """Serves until a signal ends the process."""
    Handler.seconds_per_word = seconds_per_word
    CountingServer(port, Handler).serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.models.scripted", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds-per-word", type=float, default=SECONDS_PER_WORD)
    options = parser.parse_args()
    serve(options.port, seconds_per_word=options.seconds_per_word)


if __name__ == "__main__":
    main()
