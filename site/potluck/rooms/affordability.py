"""Whether whoever would pay for a line can, asked before the line is added."""

from __future__ import annotations

from potluck import languages
from potluck.credits import ledger
from potluck.rooms import quotes
from potluck.rooms.models import Room, Round
from potluck.texts import gettext as _


def check(round_: Round, room: Room, *, user_id: int) -> None:
    """Raises `InsufficientCredits` where whoever would pay for this member's line can't."""
    quote = quotes.quote_of(round_, people=len(room.members))
    if round_.from_pot:
        # Whether it holds enough is seen when the round starts: more can be put in until then.
        return
    treater = round_.treated_by
    if treater is None:
        message = _(
            "Your part of this round can cost %(price)s credits, and you have fewer.",
            price=languages.number(quote.each),
        )
        ledger.check_can_spend(user_id, quote.each, message=message)
    elif treater == user_id:
        message = _(
            "You treat, and this round can cost %(price)s credits: you have fewer.",
            price=languages.number(quote.total),
        )
        ledger.check_can_spend(user_id, quote.total, message=message)
    else:
        message = _("The host treats, and hasn't the credits for this round at the moment.")
        ledger.check_can_spend(treater, quote.total, message=message)
