"""A round starts: by a button, with the last line, or when its time is up.

What every way of starting has in common: it is one transaction, tried again where another was in
the way, and whoever must hear of it is told once it is committed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NoReturn

from potluck.announcements import announce
from potluck.credits import holds, ledger
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import clock, orders, pots, rounds, short_lines
from potluck.rooms.models import Generation, Room
from potluck.texts import gettext as _

logger = logging.getLogger(__name__)


def start(
    room: Room, order: Callable[[], Generation], *, treating_user_id: int | None = None
) -> None:
    """Has `order` hold and ask. Who can't pay is told so in private, and nobody is held.

    Raises `InsufficientCredits` where it is whoever treats others that can't pay: they are told
    to their face. Raises `PotTooSmall`. Commits.
    """
    room_id = room.id
    try:
        generation_id, payers = db.transact(lambda: _placed(order()), is_done=_is_placed)
    except ledger.InsufficientCredits as refusal:
        db.session.rollback()
        current = rounds.current_round(room)
        if current and current.from_pot:
            _give_back(room, refusal.user_ids)
        if {treating_user_id, current.treated_by if current else None} & refusal.user_ids:
            raise
        _tell_short(room, refusal.user_ids)
        return
    # Where somebody looks at the room it is taken at once; where nobody does, on the next beat.
    announce("order", generation_id=generation_id, room_id=room_id)
    for user_id in payers:
        announce("credits", user_id=user_id)


def start_when_complete(room: Room) -> None:
    """Nobody has to press a button for what everybody is waiting for. Commits."""
    if not (room.members and rounds.is_complete(room)):
        return
    try:
        start(room, lambda: orders.order(room))
    except Refusal:
        # Somebody else was a moment faster, or nobody can. What was asked for here is done.
        db.session.rollback()


def start_due() -> None:
    """The beat: rounds whose time is up go on with the lines that are in and can be paid for."""
    while round_ := clock.next_due():
        room, number = round_.room, round_.number
        left_out = short_lines.drop(round_)
        is_empty = not round_.contributions
        if is_empty:
            clock.stop(round_)
        db.session.commit()
        for user_id in left_out:
            announce("left_out", room_id=room.id, user_id=user_id)
        if not is_empty:
            _start_due(room, number)
        announce("round", room_id=room.id)


def _start_due(room: Room, number: int) -> None:
    try:
        start(room, lambda: orders.order(room, number))
    except Refusal as refusal:
        # Whoever opens the page sees what it waits for; to try every second would not help.
        logger.info("a round of room %s doesn't go on by itself: %s", room.code, refusal.code)
        db.session.rollback()
        clock.stop(rounds.locked_round(room))
        db.session.commit()


def _placed(generation: Generation) -> tuple[int, set[int]]:
    """The generation, and who pays for it."""
    return generation.id, holds.payers(generation.id)


def _is_placed(placed: tuple[int, set[int]]) -> bool:
    return db.session.get(Generation, placed[0]) is not None


def _give_back(room: Room, user_ids: frozenset[int]) -> NoReturn:
    """Credits that can't be spent have no place in a pot. Commits."""
    pots.take_out(room, user_ids)
    db.session.commit()
    for user_id in user_ids:
        announce("credits", user_id=user_id)
    message = _(
        "Some of the credits in the pot can't be spent any more, and were given back. "
        "Nobody was charged. See whether what is left is enough, and start again."
    )
    raise pots.PotTooSmall(message)


def _tell_short(room: Room, user_ids: frozenset[int]) -> None:
    marked = short_lines.mark(room, user_ids)
    db.session.commit()
    for user_id in marked:
        announce("short", room_id=room.id, user_id=user_id)
