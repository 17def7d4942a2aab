"""The clock of a round that collects lines, kept by the database's time.

It starts with the first line of several people: whoever is late then is left out, and pays
nothing. Nothing here commits.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from potluck.database import db
from potluck.rooms.models import Round

LINES_SECONDS = 90
EXTENSION_SECONDS = 60
# However often somebody extends it: so long from now at most.
LEFT_SECONDS_MAX = 600
# For the host to decide about lines that can't be paid for.
DECISION_SECONDS = 60


def begin(round_: Round, *, seconds: int) -> None:
    """Lets the round go on after so long, with what is in it by then."""
    round_.closes_at = func.now() + timedelta(seconds=seconds)


def extend(round_: Round) -> bool:
    """Gives everybody more time; False where no clock runs."""
    if round_.closes_at is None:
        return False
    later = func.greatest(Round.closes_at, func.now()) + timedelta(seconds=EXTENSION_SECONDS)
    round_.closes_at = func.least(later, func.now() + timedelta(seconds=LEFT_SECONDS_MAX))
    return True


def stop(round_: Round) -> None:
    """Nothing happens by itself any more."""
    round_.closes_at = None


def seconds_left(round_: Round) -> int | None:
    """Until it goes on by itself; None where no clock runs. Never below zero."""
    if round_.phase != "collecting" or round_.closes_at is None:
        return None
    return max(0, round((round_.closes_at - datetime.now(UTC)).total_seconds()))


def next_due() -> Round | None:
    """A round whose time is up, locked; None where there is none that nobody else takes."""
    query = (
        select(Round)
        .where(Round.phase == "collecting", Round.closes_at <= func.now())
        .order_by(Round.closes_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=Round)
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(query)
