"""A round that failed, once more: the same recipe and the same lines, and nobody types again."""

from __future__ import annotations

from potluck import pauses
from potluck.database import db
from potluck.rooms import rounds
from potluck.rooms.models import Contribution, Room, Round
from potluck.texts import gettext as _


def reopen(room: Room, number: int | None = None, *, user_id: int) -> Round:
    """The next round, with the lines of those who still sit here and pay as they agreed to.

    A line whose author was treated comes along only if whoever treats still sits here, too. The
    caller commits. Raises `Paused`: a round that can't start would only take the old one away.
    """
    pauses.check("rounds")
    failed = rounds.locked_round(room, number)
    if failed.phase != "failed":
        message = _("This round didn't fail, so there is nothing to try again.")
        raise rounds.WrongPhase(message)
    if not rounds.may_stop(failed, user_id):
        message = _("The host and those whose lines are in can try it again.")
        raise rounds.NotPayer(message)
    seated = {member.user_id for member in room.members}
    treater = failed.treated_by if failed.treated_by in seated else None
    again = rounds.open_round(
        room, failed.kept_recipe, fresh=failed.starts_fresh, model=failed.model
    )
    again.treated_by, again.from_pot = treater, failed.from_pot
    for line in failed.contributions:
        if {line.user_id, line.payer_id} <= seated:
            db.session.add(_copy(line, again, is_all_treated=treater is not None))
    db.session.flush()
    db.session.expire(again)
    return again


def _copy(line: Contribution, again: Round, *, is_all_treated: bool) -> Contribution:
    return Contribution(
        round_id=again.id,
        user_id=line.user_id,
        text=line.text,
        created_at=line.created_at,
        # Written down anew with the order where one member treats all.
        paid_by=None if is_all_treated else line.paid_by,
    )
