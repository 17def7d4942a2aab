"""What the scripted model says, and how it misbehaves, by the name it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

QUOTED_WORDS_MAX = 40
LONG_ANSWER_WORDS = 300
COMMENTS_WITHOUT_END = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Script:
    """One behaviour. `status` other than 200 answers with an error instead of a stream.

    `refuses` and `ignores` are names of fields of a request. `listing` is what the list of models
    says of it, `ollama_context` what Ollama's own API says.
    """

    # None: as its server is told.
    seconds_per_word: float | None = None
    words_min: int = 0
    status: int = 200
    is_html: bool = False
    is_silent: bool = False
    is_empty: bool = False
    is_cut: bool = False
    # Half of it comes, and then nothing more, or an error where a piece was expected.
    is_stalling: bool = False
    # A line without an end.
    is_flood: bool = False
    has_error_inside: bool = False
    # Misbehaves only when it is asked something for the first time.
    is_better_when_asked_again: bool = False
    # After so many words it waits until somebody posts to /turns, once for each.
    waits_after_words: tuple[int, ...] = ()
    # Comments that keep the line open, before the first word; without an end where that is it.
    comments: int = 0
    has_usage: bool = True
    has_usage_in_every_chunk: bool = False
    # Answers in one piece, whatever was asked.
    is_whole: bool = False
    # Every word is the time at which it is sent, in seconds since 1970.
    is_clock: bool = False
    # Pieces of thought before the first word.
    thoughts: int = 0
    tokens_per_word: int = 1
    says: str | None = None
    refuses: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    listing: Mapping[str, Any] = field(default_factory=dict)
    ollama_context: int | None = None


# What a page must survive: HTML, Markdown that is meant to break out, marks that turn text around.
MARKUP = """# A heading

<script>window.broken = true</script><img src=x onerror="window.broken = true"> <b>bold?</b>

**Bold**, [a bank](https://elsewhere.example/login), [a trap](javascript:window.broken=true), and
![a picture](https://elsewhere.example/pixel.png) with \u202eoverride&#x202e; and \x07bell.

| A wide | table | with | many | columns | that | no | telephone | can | show | at once |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| one | two | three | four | five | six | seven | eight | nine | ten | eleven |

</div></section></main> <div hx-get="/account" hx-trigger="load">Load me</div>

> > > > > > > > > > > > Deep

"""
A_MEGABYTE = "unbreakable" * 100_000
# For pictures of the pages: what a good model might have written.
STORY = """# The wrong crate

Odile kept the light at Farrow Rock, and slept with the door open so that it could find her.

On Thursday the supply boat brought the wrong crate. There was no oil in it, no tea and no \
candles: there were two hundred paper lanterns for a wedding in another town.

She had one night's oil left. She lit the lamp, and then, because the dark was already on the \
stairs, she lit the lanterns too, one by one, and hung them from the gallery to the landing stage.

The captain saw it from four miles out, and took it for a harbour. By nine the wedding had come \
to collect its lanterns. By ten it had decided to stay.
"""
# A word with the space before it, or a part of one that never ends.
PIECE = re.compile(r"\s*\S{1,5000}|\s+$")

SCRIPTS = {
    "scripted": Script(),
    "scripted-story": Script(says=STORY, seconds_per_word=0.03),
    "scripted-500": Script(status=500),
    "scripted-429": Script(status=429),
    # A proxy's page where a stream was expected.
    "scripted-html": Script(is_html=True),
    "scripted-502": Script(is_html=True, status=502),
    "scripted-401": Script(status=401),
    "scripted-400": Script(status=400),
    "scripted-cut": Script(is_cut=True),
    "scripted-silent": Script(is_silent=True),
    "scripted-empty": Script(is_empty=True),
    "scripted-nousage": Script(has_usage=False),
    # Counts far more than anybody asked for, as where thinking is billed.
    "scripted-dear": Script(tokens_per_word=1_000),
    "scripted-blank": Script(says=" \n\n\t "),
    "scripted-markup": Script(says=MARKUP + A_MEGABYTE[:2_000]),
    "scripted-megabyte": Script(says=A_MEGABYTE, seconds_per_word=0),
    "scripted-stalling": Script(is_stalling=True),
    "scripted-flood": Script(is_flood=True),
    "scripted-error": Script(has_error_inside=True),
    "scripted-hiccup": Script(has_error_inside=True, is_better_when_asked_again=True),
    "scripted-comments": Script(comments=3),
    "scripted-kept-open": Script(comments=COMMENTS_WITHOUT_END),
    "scripted-thinking": Script(thoughts=20),
    "scripted-whole": Script(is_whole=True),
    # As servers differ: OpenAI's newer models, old servers, and those who don't heed a limit.
    "scripted-new": Script(refuses=frozenset({"max_tokens"})),
    "scripted-old": Script(
        refuses=frozenset({"max_completion_tokens", "stream_options"}), has_usage=False
    ),
    "scripted-deaf": Script(ignores=frozenset({"max_tokens"}), words_min=LONG_ANSWER_WORDS),
    "scripted-boundless": Script(
        ignores=frozenset({"max_tokens", "max_completion_tokens"}), words_min=LONG_ANSWER_WORDS
    ),
    # How each server says what fits into a call.
    "scripted-vllm": Script(has_usage_in_every_chunk=True, listing={"max_model_len": 2_048}),
    "scripted-llama": Script(listing={"meta": {"n_ctx": 4_096, "n_ctx_train": 131_072}}),
    "scripted-ollama:latest": Script(ollama_context=4_097),
    # Half of a character, and a null byte.
    "scripted-torn": Script(says="Torn \ud83d apart\0."),
    "scripted-negative": Script(tokens_per_word=-1),
    "scripted-absurd": Script(tokens_per_word=1_000_000_000),
    # For measurements: as fast as a model that people like to read along with.
    "scripted-clock": Script(is_clock=True, seconds_per_word=0.05, words_min=60),
    # Long enough for somebody to press Stop.
    "scripted-slow": Script(seconds_per_word=0.2, words_min=LONG_ANSWER_WORDS),
    # In three parts, for whatever has to happen in mid-stream on however slow a machine.
    "scripted-waiting": Script(waits_after_words=(24, 36), words_min=48),
}


def script_for(model: str) -> Script:
    """Any other name gets the plain script: it may stand in for the small model."""
    return SCRIPTS.get(model) or SCRIPTS.get(f"{model}:latest") or SCRIPTS["scripted"]


def again(script: Script, request: dict[str, Any], before: Iterable[dict[str, Any]]) -> Script:
    """How it behaves to a question, which it may have been asked `before`."""
    asked = {(each["model"], str(each["messages"][-1:])) for each in before}
    is_known = (request["model"], str(request["messages"][-1:])) in asked
    return SCRIPTS["scripted"] if script.is_better_when_asked_again and is_known else script


def answer(script: Script, messages: Sequence[dict[str, Any]]) -> list[str]:
    """The words to stream, each with the space before it."""
    if script.is_empty:
        return []
    if script.says:
        return PIECE.findall(script.says)
    quoted = words_of(messages[-1:])[:QUOTED_WORDS_MAX]
    text = (
        "This is a scripted model: no language model runs here, and these words are always "
        "the same. You wrote: " + " ".join(quoted)
    )
    words = text.split()
    while len(words) < script.words_min:
        words += "And so it goes on, word after word, until somebody stops it.".split()
    return [words[0], *(f" {word}" for word in words[1:])]


def words_of(messages: Sequence[dict[str, Any]]) -> list[str]:
    """Every word of `messages`, whose content is a text or a list of parts."""
    words: list[str] = []
    for message in messages:
        content = message.get("content") or ""
        parts = [{"text": content}] if isinstance(content, str) else content
        for part in parts:
            words += str(part.get("text", "")).split()
    return words
