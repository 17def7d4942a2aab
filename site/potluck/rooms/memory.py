"""What a room remembers: its rounds so far, told to the model again as the conversation it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select

from potluck.credits import pricing
from potluck.database import db
from potluck.rooms import capabilities, prompts
from potluck.rooms.capabilities import Capabilities
from potluck.rooms.models import Generation, Round
from potluck.rooms.prompts import Message
from potluck.settings import current_settings

# Counted as ceilings are, where a byte may be a token: a quarter of it in English. With the
# instructions, the lines and the text to come so much fits into a window.
BYTES_PER_TOKEN_OF_WINDOW = 1.5
# However much would fit: everybody pays for what is told again.
CONTEXT_TOKENS_MAX = 24_000
# Rounds that failed count, too, and are left out.
ROUNDS_LOOKED_AT_MAX = 20


@dataclass(frozen=True, slots=True)
class Memory:
    """Whole rounds, as messages with the oldest first; `tokens` is an upper bound."""

    rounds: int = 0
    tokens: int = 0
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What was read already: the newest rounds of the room, newest first, and what models can do.

    As many rounds as are looked at, or all there are.
    """

    rounds: Sequence[Round] = ()
    models: Mapping[str, Capabilities] = field(default_factory=dict)


class _Past(NamedTuple):
    starts_fresh: bool
    phase: str
    told: list[Message] | None
    text: str | None


NOTHING = Memory()


def after(last: Round | None, *, model: str | None = None, known: Known | None = None) -> Memory:
    """What the round after this one would remember, as far as it fits into this model's window.

    None is the default of the day. What is `known` isn't asked again.
    """
    if last is None:
        return NOTHING
    if known is None:
        pasts = _rounds(last.room_id, last.number)
        return _remember(pasts, tokens_max=_tokens_max(model))
    pasts = [_past(each) for each in known.rounds[:ROUNDS_LOOKED_AT_MAX]]
    return _remember(pasts, tokens_max=_tokens_max(model, known.models))


def of(round_: Round) -> Memory:
    """What the round was opened with, or less where somebody has left for good since."""
    if not round_.context_rounds:
        return NOTHING
    return _remember(
        _rounds(round_.room_id, round_.number - 1),
        tokens_max=round_.context_tokens,
        rounds_max=round_.context_rounds,
    )


def _tokens_max(model: str | None, known: Mapping[str, Capabilities] | None = None) -> int:
    models = current_settings().openai_models
    name = model or (models[0] if models else None)
    window = capabilities.context_window(name, known) if name else 0
    return min(CONTEXT_TOKENS_MAX, int(window * BYTES_PER_TOKEN_OF_WINDOW))


def _remember(
    pasts: Iterable[_Past], *, tokens_max: int, rounds_max: int = ROUNDS_LOOKED_AT_MAX
) -> Memory:
    """From the newest round backwards, until one doesn't fit or one began afresh."""
    memory = NOTHING
    for exchange in _exchanges(pasts):
        tokens = memory.tokens + pricing.message_tokens_max(exchange)
        if tokens > tokens_max or memory.rounds == rounds_max:
            break
        memory = Memory(memory.rounds + 1, tokens, (*exchange, *memory.messages))
    return memory


def _exchanges(pasts: Iterable[_Past]) -> Iterator[tuple[Message, Message]]:
    """Newest first: what was asked and what was written, until what was asked is forgotten."""
    for past in pasts:
        if past.phase != "failed" and past.text and past.text.strip():
            if not past.told:
                return
            text = prompts.without_marks(past.text)
            yield past.told[-1], {"role": "assistant", "content": text}
        if past.starts_fresh:
            return


def _rounds(room_id: int, number: int) -> list[_Past]:
    query = (
        select(Round.starts_fresh, Round.phase, Generation.messages, Generation.text)
        .outerjoin(Generation, Generation.round_id == Round.id)
        .where(Round.room_id == room_id, Round.number <= number)
        .order_by(Round.number.desc())
        .limit(ROUNDS_LOOKED_AT_MAX)
    )
    return [_Past(*row) for row in db.session.execute(query)]


def _past(round_: Round) -> _Past:
    written = round_.generation
    told, text = (written.messages, written.text) if written else (None, None)
    return _Past(round_.starts_fresh, round_.phase, told, text)
