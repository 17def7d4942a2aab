"""Asks a model a small question, and notices how it answers. It costs a few tokens."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

from potluck.rooms import context_size, model, provider
from potluck.rooms.capabilities import Capabilities, LimitField
from potluck.rooms.provider import ModelFailed, Server
from potluck.settings import Settings

# Whoever heeds no limit would count for much longer than this.
QUESTION = "Count from 1 to 200, one number after the other."
ANSWER_TOKENS_MAX = 16
# And is cut off then: a piece is a token, more or less.
PIECES_MAX = 48


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask."""

    limit_field: LimitField
    takes_stream_options: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it."""

    way: Way
    pieces: int
    usage: model.Usage | None
    first_token_ms: int | None

    @property
    def heeds_limit(self) -> bool:
        """Whether it stopped where it was told to."""
        written = self.usage.output_tokens if self.usage else self.pieces
        return written <= ANSWER_TOKENS_MAX


def probe(name: str, settings: Settings) -> Capabilities:
    """What can be found out about a model. Raises `ModelFailed` where it doesn't answer."""
    server = provider.text_server(settings)
    entries = context_size.listed(server)
    answers = _answers(name, server, settings)
    answer = next((each for each in answers if each.heeds_limit), answers[0])
    context = context_size.find(name, server, entries)
    spent = [each.usage for each in answers if each.usage]
    return Capabilities(
        is_listed=context_size.entry_of(name, entries) is not None if entries is not None else None,
        streams=answer.pieces > 1,
        takes_stream_options=answer.way.takes_stream_options,
        counts_usage=answer.usage is not None,
        limit_field=answer.way.limit_field,
        heeds_limit=answer.heeds_limit,
        context_tokens=context.tokens if context else None,
        context_source=context.source if context else None,
        first_token_ms=answer.first_token_ms,
        tokens_spent=sum(each.input_tokens + each.output_tokens for each in spent) or None,
    )


def _answers(name: str, server: Server, settings: Settings) -> list[Answer]:
    """Asks one way after the other, until one is taken and heeded; a refusal costs nothing."""
    answers: list[Answer] = []
    refusal: ModelFailed | None = None
    for way in _ways(server):
        if answers and not way.takes_stream_options:
            break
        try:
            answers.append(_ask(name, way, settings))
        except ModelFailed as failure:
            if failure.code != "provider_refused_request":
                raise
            refusal = failure
            continue
        if answers[-1].heeds_limit:
            break
    if not answers:
        assert refusal
        raise refusal
    return answers


def _ways(server: Server) -> Iterator[Way]:
    fields: list[LimitField] = ["max_tokens", "max_completion_tokens"]
    if server.is_openai:
        fields.reverse()
    for options, field in itertools.product((True, False), fields):
        yield Way(limit_field=field, takes_stream_options=options)


def _ask(name: str, way: Way, settings: Settings) -> Answer:
    call = model.Call(
        model=name,
        messages=[{"role": "user", "content": QUESTION}],
        output_tokens_max=ANSWER_TOKENS_MAX,
        room_id=0,
        capabilities=Capabilities(
            limit_field=way.limit_field, takes_stream_options=way.takes_stream_options
        ),
    )
    began_at = time.monotonic()
    first_token_ms = None
    pieces = 0
    stream = model.open_stream(call, settings)
    try:
        for _ in itertools.islice(stream, PIECES_MAX):
            pieces += 1
            if first_token_ms is None:
                first_token_ms = round((time.monotonic() - began_at) * 1000)
    finally:
        stream.close()
    return Answer(way, pieces=pieces, usage=stream.usage, first_token_ms=first_token_ms)
