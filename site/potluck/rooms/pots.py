"""A room's pot: credits that members put in beforehand, and get back what is left of.

They stay their own, as holds. A round takes from everybody alike until somebody's are used up,
so that whoever put in more gets more back. Everything here happens under the room's lock, or a
seat given up at the same moment could leave credits behind. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http import HTTPStatus

from potluck import languages
from potluck.credits import holds, ledger, pricing
from potluck.refusals import Refusal
from potluck.rooms import rooms
from potluck.rooms.models import Room
from potluck.texts import gettext as _

STAKE_CREDITS_MAX = 1_000_000
# For whoever looks at holds that are open for long: a room ends an hour after its last visit.
POT_TTL_SECONDS = 86_400


class BadStake(Refusal):
    """An amount that can't be put into a pot."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_stake"


class PotTooSmall(Refusal):
    """The pot doesn't cover what the round can cost."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "pot_too_small"


class PotChanged(Refusal):
    """What of theirs is in the pot isn't what they saw when they put more in."""

    code = "pot_changed"


def put_in(
    room: Room, *, user_id: int, amount_credits: int | None, seen_credits: int | None
) -> None:
    """Adds to the member's part, once however often the same form comes.

    `seen_credits` is their part as they saw it, where that is known. Raises `PotChanged` where it
    is another, and `InsufficientCredits` where they haven't as many.
    """
    if amount_credits is None or not 0 < amount_credits <= STAKE_CREDITS_MAX:
        message = _("Put in one credit or more, as a whole number.")
        raise BadStake(message)
    rooms.locked(room)
    before = holds.pot(room.id).get(user_id, 0)
    if seen_credits is not None and before != seen_credits:
        if before == seen_credits + amount_credits:
            # They tried again, since nobody told them that it had been done.
            return
        message = _(
            "What of yours is in the pot has changed meanwhile, and nothing was moved. "
            "Load the page anew, and put in again."
        )
        raise PotChanged(message)
    amount = languages.number(amount_credits)
    message = _("You haven't %(amount)s credits to put in. Nothing was moved.", amount=amount)
    ledger.check_can_spend(user_id, amount_credits, message=message)
    holds.take_out_of_pot(room.id, [user_id])
    if not _put(room, user_id, before + amount_credits):
        raise ledger.InsufficientCredits(
            message, user_ids=frozenset({user_id}), price_credits=amount_credits
        )


def take_out(room: Room, user_ids: Collection[int]) -> None:
    """Gives these members back what of theirs is in the pot."""
    rooms.locked(room)
    holds.take_out_of_pot(room.id, user_ids)


def draw(
    room: Room, *, total_credits: int, generation_id: int, number: int, ttl_seconds: int
) -> None:
    """Holds a round's ceiling out of the pot, and puts the rest back.

    Raises `PotTooSmall`, or `InsufficientCredits` naming those whose part can't be spent because
    it is frozen, or repays a debt.
    """
    stakes = holds.pot(room.id)
    in_pot = sum(stakes.values())
    if in_pot < total_credits:
        message = _(
            "This round can cost %(price)s credits, and the pot holds %(held)s. "
            "Put more in, or choose who pays.",
            price=languages.number(total_credits),
            held=languages.number(in_pot),
        )
        raise PotTooSmall(message)
    amounts = pricing.drained(stakes, total_credits, first=number)
    holds.take_out_of_pot(room.id, list(stakes))
    holds.reserve(amounts=amounts, generation_id=generation_id, ttl_seconds=ttl_seconds)
    for user_id, stake in stakes.items():
        _put(room, user_id, stake - amounts.get(user_id, 0))


def put_back(room: Room, left: Mapping[int, int]) -> None:
    """What a round didn't need is in the pot again, of those who still sit in the open room.

    Where that can't be, because it is frozen or has repaid a debt, they simply have it back.
    """
    if room.closed_at:
        return
    seated: set[int] = {member.user_id for member in room.members}
    in_pot = holds.pot(room.id)
    for user_id in sorted(seated & left.keys()):
        if left[user_id]:
            holds.take_out_of_pot(room.id, [user_id])
            _put(room, user_id, in_pot.get(user_id, 0) + left[user_id])


def _put(room: Room, user_id: int, amount_credits: int) -> bool:
    return amount_credits == 0 or holds.put_into_pot(
        user_id=user_id,
        amount_credits=amount_credits,
        room_id=room.id,
        ttl_seconds=POT_TTL_SECONDS,
    )
