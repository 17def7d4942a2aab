"""What a room remembers: its rounds so far, told to the model again as the conversation it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from potluck.credits import pricing
from potluck.database import db
from potluck.rooms import prompts
from potluck.rooms.models import Generation, Round
from potluck.rooms.prompts import Message

# Counted as ceilings are, where a byte may be a token: a quarter of it in English. With the
# instructions, the lines and the text to come it fits a window of 4,096 tokens.
CONTEXT_TOKENS_MAX = 6_000
# Rounds that failed count, too, and are left out.
ROUNDS_LOOKED_AT_MAX = 20


@dataclass(frozen=True, slots=True)
class Memory:
    """Whole rounds, as messages with the oldest first; `tokens` is an upper bound."""

    rounds: int = 0
    tokens: int = 0
    messages: tuple[Message, ...] = ()


class _Past(NamedTuple):
    starts_fresh: bool
    phase: str
    told: list[Message] | None
    text: str | None


NOTHING = Memory()


def after(last: Round | None) -> Memory:
    """What the round after this one would remember."""
    if last is None:
        return NOTHING
    return _remember(last.room_id, last.number, tokens_max=CONTEXT_TOKENS_MAX)


def of(round_: Round) -> Memory:
    """What the round was opened with, or less where somebody has left for good since."""
    if not round_.context_rounds:
        return NOTHING
    return _remember(
        round_.room_id,
        round_.number - 1,
        tokens_max=round_.context_tokens,
        rounds_max=round_.context_rounds,
    )


def _remember(
    room_id: int, number: int, *, tokens_max: int, rounds_max: int = ROUNDS_LOOKED_AT_MAX
) -> Memory:
    """From this round backwards, until one doesn't fit or one began afresh."""
    memory = NOTHING
    for exchange in _exchanges(room_id, number):
        tokens = memory.tokens + pricing.message_tokens_max(exchange)
        if tokens > tokens_max or memory.rounds == rounds_max:
            break
        memory = Memory(memory.rounds + 1, tokens, (*exchange, *memory.messages))
    return memory


def _exchanges(room_id: int, number: int) -> Iterator[tuple[Message, Message]]:
    """Newest first: what was asked and what was written, until what was asked is forgotten."""
    for past in _rounds(room_id, number):
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
