"""The host treats a whole round, and may think better of it before it begins.

Nothing here commits.
"""

from __future__ import annotations

from sqlalchemy import func

from potluck.database import db
from potluck.rooms import clock, rounds
from potluck.rooms.models import Room, Round


def treat_round(room: Room, number: int | None = None, *, user_id: int) -> None:
    """Everybody's part is this member's from now on; lines that waited for credits count."""
    round_ = _collecting(room, number)
    round_.treated_by = user_id
    for line in round_.contributions:
        line.short_since = None
    db.session.flush()
    rounds.check_affordable(round_, room, user_id=user_id)


def split_round(room: Room, number: int | None = None) -> None:
    """Each pays their part. Nobody agreed to that yet: others' lines wait to be sent again."""
    round_ = _collecting(room, number)
    treater = round_.treated_by
    if treater is None:
        return
    round_.treated_by = None
    for line in round_.contributions:
        if line.user_id != treater:
            line.short_since = func.now()
    if round_.contributions:
        clock.begin(round_, seconds=clock.DECISION_SECONDS)
    db.session.flush()


def no_longer_from(room: Room, user_id: int) -> None:
    """Whoever treats the round that collects lines gives their seat up, and their word with it."""
    current = rounds.current_round(room)
    if current and current.phase == "collecting" and current.treated_by == user_id:
        split_round(room)


def _collecting(room: Room, number: int | None) -> Round:
    round_ = rounds.locked_round(room, number)
    if round_.phase != "collecting":
        message = "This round has begun: who pays for it can't change any more."
        raise rounds.WrongPhase(message)
    return round_
