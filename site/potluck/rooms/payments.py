"""Who pays for a round: each their part, the host for all, or the room's pot.

The host chooses, and may think better of it before the round begins. Nothing here commits.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from sqlalchemy import func

from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import affordability, clock, rounds
from potluck.rooms.models import Room, Round
from potluck.texts import gettext as _

Payment = Literal["split", "host", "pot"]
PAYMENTS: tuple[Payment, ...] = ("split", "host", "pot")


def chosen(word: str | None) -> Payment:
    """What a form says; refuses anything else."""
    for payment in PAYMENTS:
        if word == payment:
            return payment
    message = _("Each pays their part, the host treats, or the pot pays: nothing else.")
    raise Refusal(message, code="bad_choice", status=HTTPStatus.UNPROCESSABLE_ENTITY)


def payment_of(round_: Round) -> Payment:
    """Who pays for it."""
    if round_.from_pot:
        return "pot"
    return "split" if round_.treated_by is None else "host"


def agree(room: Room, number: int | None, *, payment: Payment, user_id: int) -> None:
    """The host's choice for the round that collects lines.

    Where members would have to pay who had not to before, their lines wait to be sent again:
    nobody agreed to that yet. Raises `InsufficientCredits` where the host can't treat.
    """
    round_ = rounds.locked_round(room, number)
    if round_.phase != "collecting":
        message = _("This round has begun: who pays for it can't change any more.")
        raise rounds.WrongPhase(message)
    before = payment_of(round_)
    if payment == before:
        return
    round_.treated_by = user_id if payment == "host" else None
    round_.from_pot = payment == "pot"
    for line in round_.contributions:
        must_agree = payment == "split" and line.user_id != user_id
        line.short_since = func.now() if must_agree else None
    if payment == "split" and round_.contributions:
        clock.begin(round_, seconds=clock.DECISION_SECONDS)
    db.session.flush()
    if payment == "host":
        affordability.check(round_, room, user_id=user_id)


def no_longer_from(room: Room, user_id: int) -> None:
    """Whoever treats the round that collects lines gives their seat up, and their word with it."""
    current = rounds.current_round(room)
    if current and current.phase == "collecting" and current.treated_by == user_id:
        agree(room, None, payment="split", user_id=user_id)
