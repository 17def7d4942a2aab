"""Somebody leaves for good: what is theirs goes, what others share in stays without a name."""

from __future__ import annotations

from blinker import Signal
from sqlalchemy import delete, func, select

from potluck.accounts import identities
from potluck.accounts.models import SessionRow, User
from potluck.database import db

FORMER_NAME = "Former member"

# Sent with the `User` inside the transaction in which they leave. Who hears of it takes out what
# is theirs, or raises a `Refusal` while something of theirs is under way, and nobody leaves.
user_leaving = Signal()
# Sent with the user's id after that was committed, for what others must be told over the network.
# Nobody may count on being asked: a process can die in between.
user_left = Signal()


def leave(user_id: int) -> None:
    """Deletes the account. Commits. Raises a `Refusal`, and then nothing has changed."""
    if db.transact(lambda: _leave(user_id)):
        user_left.send(user_id)


def _leave(user_id: int) -> bool:
    query = select(User).filter_by(id=user_id, deleted_at=None).with_for_update()
    user = db.session.scalar(query.execution_options(populate_existing=True))
    if user is None:
        # In another tab, a moment ago.
        return False
    user_leaving.send(user)
    for identity in identities.of_user(user_id):
        identities.forget(identity)
    db.session.execute(delete(SessionRow).filter_by(user_id=user_id))
    user.name, user.deleted_at = FORMER_NAME, func.now()
    return True
