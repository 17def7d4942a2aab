"""From the pool into a room: in one transaction, first come first served."""

from __future__ import annotations

from potluck.announcements import announce
from potluck.credits import ledger
from potluck.database import db
from potluck.live import broadcasts, pool
from potluck.rooms import quotes, rooms, rounds
from potluck.rooms.recipes import DEFAULT_SLUG, recipe

PEOPLE_MIN = 2


def join_pool(user_id: int) -> None:
    """Takes a place and matches whoever can be matched now.

    Raises `InsufficientCredits` with the price for those who can't pay for one round.
    """
    room = rooms.current_room(user_id)
    if room is not None:
        message = "You sit in a room. Leave it before you wait for another."
        raise rooms.AlreadyInRoom(message)
    price = quotes.quote(recipe(DEFAULT_SLUG), people=1).total
    message = f"One round can cost {price} credits, and you have fewer."
    ledger.check_can_spend(user_id, price, message=message)
    pool.join(user_id)
    db.session.commit()
    announce("pool")
    match_waiting()


def leave_pool(user_id: int) -> None:
    """Gives the place up."""
    pool.leave(user_id)
    db.session.commit()
    announce("pool")


def match_waiting() -> None:
    """Makes rooms for as long as enough people wait."""
    while _match():
        pass


def tell_matched(*, user_id: int, room_id: int) -> None:
    """Leads the member's tabs to their room."""
    room = rooms.current_room(user_id)
    if room is not None and room.id == room_id:
        broadcasts.matched(user_id=user_id, code=room.code)


def _match() -> bool:
    people = pool.take(rooms.SEATS_MAX)
    # Whoever spent their credits or took a seat since they joined loses the place first.
    fit = [user_id for user_id in people if _is_fit(user_id)]
    for user_id in set(people) - set(fit):
        pool.leave(user_id)
    if len(fit) < PEOPLE_MIN:
        db.session.commit()
        return False
    for user_id in fit:
        pool.leave(user_id)
    room = rooms.create_room(fit)
    rounds.open_round(room, recipe(DEFAULT_SLUG))
    db.session.commit()
    for user_id in fit:
        announce("matched", user_id=user_id, room_id=room.id)
    announce("pool")
    return True


def _is_fit(user_id: int) -> bool:
    quote = quotes.quote_or_none()
    balance = ledger.balance(user_id)
    can_pay = quote is not None and not balance.is_frozen and balance.available >= quote.total
    return can_pay and rooms.current_room(user_id) is None
