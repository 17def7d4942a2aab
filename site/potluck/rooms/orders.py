"""A round's lines become an order: everybody's share is held, and the text is asked for.

All of it in one transaction, which the caller commits.
"""

from __future__ import annotations

from potluck import pauses
from potluck.credits import holds, pricing
from potluck.database import db
from potluck.rooms import clock, memory, parts, pots, prompts, quotes, rooms
from potluck.rooms.models import Generation, Room, Round
from potluck.rooms.rounds import WrongPhase, locked_round
from potluck.texts import gettext as _

HOLD_TTL_SECONDS = 600


def order(room: Room, number: int | None = None) -> Generation:
    """Holds every payer's share and orders the text.

    Raises `InsufficientCredits` naming whoever can't pay; then nobody's credits are held, and
    the caller rolls back and may mark their lines as `short_lines`. Raises `Paused`.
    """
    pauses.check("rounds")
    # Before the round: whoever gives a seat up or closes the room takes the locks in this order.
    rooms.locked(room)
    round_ = locked_round(room, number)
    if round_.phase != "collecting":
        message = _("This round has started already.")
        raise WrongPhase(message)
    _drop_banned(round_)
    if not round_.contributions:
        message = _("The pot is empty. Add a line first.")
        raise WrongPhase(message)
    _write_down_who_pays(round_)
    chosen = round_.kept_recipe
    price = quotes.price_for(chosen, round_.model)
    before = () if chosen.kind == "picture" else memory.of(round_).messages
    messages = prompts.messages(chosen, round_.contributions, before=before)
    generation = Generation(
        round_id=round_.id,
        kind=chosen.kind,
        price_id=price.id,
        messages=messages,
        output_tokens_max=chosen.output_tokens_max,
    )
    db.session.add(generation)
    round_.phase = "generating"
    clock.stop(round_)
    db.session.flush()
    total = pricing.cost_credits(
        price,
        input_tokens=pricing.input_tokens_max(messages),
        output_tokens=chosen.output_tokens_max,
    )
    _hold(round_, total, generation_id=generation.id)
    return generation


def _hold(round_: Round, total_credits: int, *, generation_id: int) -> None:
    if round_.from_pot:
        pots.draw(
            round_.room,
            total_credits=total_credits,
            generation_id=generation_id,
            number=round_.number,
            ttl_seconds=HOLD_TTL_SECONDS,
        )
    else:
        amounts = parts.shares(round_, total_credits)
        holds.reserve(amounts=amounts, generation_id=generation_id, ttl_seconds=HOLD_TTL_SECONDS)


def _drop_banned(round_: Round) -> None:
    """Whoever was shut out since takes no part, and is charged for none."""
    for line in [line for line in round_.contributions if line.user.banned_at]:
        db.session.delete(line)
    db.session.flush()
    db.session.expire(round_, ["contributions"])


def _write_down_who_pays(round_: Round) -> None:
    treater = round_.treated_by
    for line in round_.contributions:
        line.short_since = None
        if treater is not None and line.user_id != treater:
            line.paid_by = treater
    db.session.flush()
