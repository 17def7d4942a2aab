"""From the pool into a room: in waves, in one transaction, first come first served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import select

from potluck import metrics, pauses
from potluck.accounts.models import User
from potluck.announcements import announce
from potluck.credits import ledger
from potluck.database import db
from potluck.gathering import Gathering
from potluck.languages import number
from potluck.live import broadcasts, pool
from potluck.refusals import Refusal
from potluck.rooms import may_wait, quotes, rooms, rounds
from potluck.rooms.recipes import DEFAULT_SLUG, recipe
from potluck.texts import gettext as _

PEOPLE_MIN = 2
PEOPLE_MAX = 4
NO_ROOM = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction did: whom it seated in which room, and whose place it took away."""

    room_id: int
    seated: list[int]
    unfit: list[int]


class Joined(NamedTuple):
    """What was known of somebody, whether they have a place now, and how many wait."""

    facts: Sequence[Any]
    has_place: bool
    waiting: int


def join_pool(user_id: int) -> int:
    """Takes a place and matches whoever can be matched now; how many wait then.

    Raises `InsufficientCredits` with the price for those who can't pay for one round, and `Paused`
    while none can start.
    """
    joined = _joining.ask(user_id)
    if not joined.has_place:
        may_wait.check(user_id, joined.facts)
        # The room was made after that was read.
        raise may_wait.already_in_room()
    return joined.waiting


def join_all(user_ids: Sequence[int]) -> list[Joined]:
    """Takes a place for each who may wait; why another may not is told by `may_wait`."""
    facts = may_wait.read(set(user_ids))
    fit = [each for each in facts if _may_wait(each, facts[each])]
    placed = pool.join_all(fit) if fit else set()
    waiting = match_waiting() if placed else 0
    return [Joined(facts[each], each in placed, waiting) for each in user_ids]


def leave_pool(user_id: int) -> int:
    """Gives the place up; how many still wait.

    Raises `AlreadyInRoom` where it had led to a room before this was asked.
    """
    left = _leaving.ask(user_id)
    if not left.had_place and rooms.has_room(user_id):
        message = _("You have been matched: your room is open. Leave it there.")
        raise rooms.AlreadyInRoom(message)
    return left.waiting


def match_waiting() -> int:
    """Makes rooms for as long as it is time to, and says how many wait then.

    It is time when a wave has come, or a room is full.

    Any process may do this at any moment. Commits. Those who waited before rounds were stopped
    keep their places: a room in which nothing can start is worse than a wait.
    """
    while (look := pool.look(people_min=PEOPLE_MIN, people_max=PEOPLE_MAX)).is_ripe:
        if pauses.are_paused("rounds"):
            break
        try:
            step = db.transact(_match, is_done=_is_taken)
        except rooms.AlreadyInRoom:
            # Somebody sat down elsewhere since the look at them; the next look finds out who.
            db.session.rollback()
            continue
        if step.seated:
            metrics.MATCHES.inc()
        for user_id in step.seated:
            announce("matched", user_id=user_id, room_id=step.room_id)
        for user_id in step.unfit:
            announce("place_lost", user_id=user_id)
        if not step.seated and not step.unfit:
            break
    return look.waiting


def tell_matched(*, user_id: int, room_id: int) -> None:
    """Leads the member's tabs to their room."""
    room = rooms.current_room(user_id)
    if room is not None and room.id == room_id:
        broadcasts.matched(user_id=user_id, code=room.code)


def tell_place_lost(*, user_id: int) -> None:
    """Tells a member why nobody will match them any more, unless a room of theirs is the reason."""
    quote = quotes.quote_or_none()
    if quote and rooms.current_room(user_id) is None:
        word = partial(_word_to_dropped, quote.total)
        broadcasts.notice(user_id=user_id, code="insufficient_credits", message=word)


def _may_wait(user_id: int, facts: Sequence[Any]) -> bool:
    try:
        may_wait.check(user_id, facts)
    except Refusal:
        return False
    return True


# Whoever comes in one moment is asked for together.
_joining, _leaving = Gathering(join_all), Gathering(pool.leave_all)


def _word_to_dropped(price_credits: int) -> str:
    price = number(price_credits)
    return _("You lost your place in the pool: a round can cost %(price)s credits.", price=price)


def _match() -> Step:
    waiting = pool.take(PEOPLE_MAX)
    # Whoever spent their credits or took a seat since they joined loses the place first.
    fit = [each for each in waiting if _is_fit(each.user_id)]
    unfit = [each.user_id for each in waiting if each not in fit]
    for user_id in unfit:
        pool.leave(user_id)
    if not _is_time(fit):
        return Step(room_id=NO_ROOM, seated=[], unfit=unfit)
    seated = [each.user_id for each in fit]
    for user_id in seated:
        pool.leave(user_id)
    room = rooms.create_room(seated)
    rounds.open_round(room, recipe(DEFAULT_SLUG))
    return Step(room_id=room.id, seated=seated, unfit=unfit)


def _is_taken(step: Step) -> bool:
    """Whether nobody of it waits any more, whoever did it: who is told looks where they are."""
    return not pool.has_any_of([*step.seated, *step.unfit])


def _is_time(fit: list[pool.Waiting]) -> bool:
    are_due = sum(each.is_due for each in fit) >= PEOPLE_MIN
    return are_due or len(fit) == PEOPLE_MAX


def _is_fit(user_id: int) -> bool:
    if db.session.scalar(select(User.banned_at).filter_by(id=user_id)):
        # Their sockets are closed, and their place has yet to lapse.
        return False
    quote = quotes.quote_or_none()
    balance = ledger.balance(user_id)
    can_pay = quote is not None and not balance.is_frozen and balance.available >= quote.total
    return can_pay and rooms.current_room(user_id) is None
