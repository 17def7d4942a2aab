"""How a generation ends: every hold is captured or released, in the transaction that ends it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from potluck.credits import holds, pricing
from potluck.database import db
from potluck.rooms import endings, parts, pots, prompts, sheets
from potluck.rooms.model import Usage
from potluck.rooms.models import Generation, Room

logger = logging.getLogger(__name__)

# Where nobody counted: English has about four bytes a token in current vocabularies.
ESTIMATED_BYTES_PER_TOKEN = 4
OVER = """
    SELECT 1 FROM generations
    WHERE id = %(id)s AND lease_epoch = %(epoch)s AND state NOT IN ('reserved', 'dispatched')
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call. Without `usage` the cost is estimated, and marked so."""

    state: str
    text: str
    seq: int
    usage: Usage | None = None
    error_code: str | None = None
    error_detail: str | None = None
    has_picture: bool = False

    @property
    def is_something(self) -> bool:
        """Whether there is anything to pay for."""
        return self.state != "failed" and bool(self.text.strip() or self.has_picture)


@dataclass(frozen=True, slots=True)
class Settled:
    """Who has to be told."""

    room_id: int
    user_ids: frozenset[int]


def settle(generation_id: int, *, epoch: int, outcome: Outcome) -> Settled | None:
    """Ends the generation. Commits.

    None, and nothing done, when the lease went to somebody else: a stale epoch settles nothing. To
    settle twice is to settle once.
    """
    # Nothing that is read here changes while the generation is open, so it takes no lock, and the
    # one statement that ends it is a transaction of its own.
    db.session.commit()
    ending = db.transact(lambda: _ending(generation_id, epoch=epoch, outcome=outcome))
    if ending is None:
        return None
    if ending.pot_of is not None:
        is_settled = db.transact(lambda: _end_from_pot(ending))
    else:
        is_settled = endings.end(ending.written)
    # Where the answer was lost it has been ended again, and there was nothing left to end.
    return ending.settled if is_settled or _is_over(generation_id, epoch) else None


@dataclass(frozen=True, slots=True)
class _Ending:
    """What is to be written, of whose pot, and who has to be told then."""

    written: endings.Ending
    held: Mapping[int, int]
    pot_of: int | None
    settled: Settled


def _ending(generation_id: int, *, epoch: int, outcome: Outcome) -> _Ending | None:
    db.read_without_transaction()
    generation = db.session.scalar(
        select(Generation)
        .where(Generation.id == generation_id, Generation.lease_epoch == epoch)
        .options(joinedload(Generation.round))
        .execution_options(populate_existing=True)
    )
    if generation is None:
        return None
    round_ = generation.round
    usage = outcome.usage or _estimate(generation, outcome.text)
    held = holds.held_for(generation_id)
    cost = 0
    if outcome.is_something:
        cost = _covered_cost(generation, usage, held_credits=sum(held.values()))
    written = endings.Ending(
        generation_id=generation_id,
        epoch=epoch,
        state=outcome.state,
        text=outcome.text,
        # What came before stands in its own rows; a copy would outlive whoever leaves.
        messages=prompts.own_messages(generation.messages),
        seq=outcome.seq,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        usage_estimated=outcome.usage is None,
        cost_credits=cost,
        error_code=outcome.error_code,
        error_detail=outcome.error_detail,
        shares=parts.final_shares(round_, cost, held) if cost else {},
        hues=sheets.hues(round_) if outcome.is_something else None,
    )
    settled = Settled(room_id=round_.room_id, user_ids=frozenset(held))
    pot_of = round_.room_id if round_.from_pot else None
    return _Ending(written=written, held=held, pot_of=pot_of, settled=settled)


def _is_over(generation_id: int, epoch: int) -> bool:
    return db.first(OVER, {"id": generation_id, "epoch": epoch}) is not None


def _end_from_pot(ending: _Ending) -> bool:
    """What is left goes back to the room's pot, which is locked before anything else is."""
    room = db.session.scalar(select(Room).filter_by(id=ending.pot_of).with_for_update())
    assert room
    if not endings.end_here(ending.written):
        return False
    shares = ending.written.shares
    pots.put_back(room, {who: amount - shares.get(who, 0) for who, amount in ending.held.items()})
    return True


@dataclass(frozen=True, slots=True)
class CostSoFar:
    """What a text costs as far as it is written, estimated; pages count on while it grows.

    Of `input_millionths` of a credit, and `credits_per_million` tokens written.
    """

    credits: int
    input_millionths: int
    credits_per_million: int
    bytes_per_token: int = ESTIMATED_BYTES_PER_TOKEN


def cost_so_far(generation: Generation) -> CostSoFar:
    """By the estimate that a text is settled with when its provider counts nothing."""
    price, usage = generation.price, _estimate(generation, generation.text)
    return CostSoFar(
        credits=pricing.cost_credits(
            price, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens
        ),
        input_millionths=usage.input_tokens * price.input_credits_per_million,
        credits_per_million=price.output_credits_per_million,
    )


def _estimate(generation: Generation, written: str) -> Usage:
    if generation.kind == "picture":
        # Whoever draws has drawn the whole by then, whatever of it came.
        output_tokens = generation.output_tokens_max
    else:
        output_tokens = _tokens(len(written.encode()))
    prompt_bytes = sum(len(message["content"].encode()) for message in generation.messages)
    return Usage(
        input_tokens=_tokens(prompt_bytes),
        output_tokens=min(output_tokens, generation.output_tokens_max),
    )


def _tokens(size_bytes: int) -> int:
    return -(-size_bytes // ESTIMATED_BYTES_PER_TOKEN)


def _covered_cost(generation: Generation, usage: Usage, *, held_credits: int) -> int:
    """What the members pay: the cost, and never more than they agreed to."""
    cost = pricing.cost_credits(
        generation.price, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens
    )
    if cost > held_credits:
        logger.warning(
            "generation %s cost %s credits and %s were held: the house pays the rest",
            generation.id,
            cost,
            held_credits,
        )
    return min(cost, held_credits)
