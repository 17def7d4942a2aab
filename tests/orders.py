"""Generations that somebody pays for, without the room's pages around them."""

from __future__ import annotations

from collections.abc import Mapping

from potluck.credits import holds
from potluck.credits.pricing import current_price
from potluck.database import db
from potluck.rooms import leases, rooms, rounds
from potluck.rooms.endings import Ending
from potluck.rooms.models import Generation
from potluck.rooms.recipes import recipe


def ordered_generation(user_id: int) -> int:
    """A generation without holds, as `orders.order` makes it."""
    room = rooms.current_room(user_id) or rooms.create_room([user_id])
    last = rounds.current_round(room)
    if last:
        last.phase = "done"
    round_ = rounds.open_round(room, recipe("story"))
    generation = Generation(
        round_id=round_.id,
        price_id=current_price("scripted").id,
        messages=[],
        output_tokens_max=1,
    )
    db.session.add(generation)
    db.session.commit()
    return generation.id


def hold(user_id: int, amount_credits: int) -> int:
    """Sets credits aside for a generation that was sent to the model; its id."""
    generation_id = ordered_generation(user_id)
    holds.reserve(amounts={user_id: amount_credits}, generation_id=generation_id, ttl_seconds=60)
    dispatch(generation_id)
    db.session.commit()
    return generation_id


def dispatch(generation_id: int) -> None:
    """Says that it was sent, as `leases.dispatch` does, in the caller's transaction.

    Of one that has ended that isn't said any more.
    """
    values = {"ids": [generation_id], "epochs": [0]}
    db.session.connection().exec_driver_sql(leases.DISPATCH, values)


def ended(generation_id: int, shares: Mapping[int, int]) -> Ending:
    """How it ended, with everybody's share: there is a text, and a sheet of whoever paid."""
    return Ending(
        generation_id=generation_id,
        epoch=0,
        state="done",
        text=f"Once there was frog {generation_id}.",
        messages=[],
        seq=1,
        input_tokens=100,
        output_tokens=20,
        usage_estimated=False,
        cost_credits=sum(shares.values()),
        error_code=None,
        error_detail=None,
        shares=shares,
        hues=dict.fromkeys(shares, 1),
    )


def settle(generation_id: int, *, user_id: int, amount_credits: int) -> None:
    """Takes so many of the credits that were held, and gives the rest back."""
    holds.settle(generation_id, shares={user_id: amount_credits})
    generation = db.session.get_one(Generation, generation_id)
    generation.state, generation.cost_credits = "done", amount_credits
    generation.body = "Once there was a frog."
    db.session.commit()


def spend(user_id: int, amount_credits: int) -> None:
    """A round that cost so much."""
    settle(hold(user_id, amount_credits), user_id=user_id, amount_credits=amount_credits)
