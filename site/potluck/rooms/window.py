"""The window: a public round as strangers see it while it is written, with initials and no names.

Every live process looks once a second, keeps what it saw, and tells those who watch what is new.
Whoever begins to watch is answered from what is kept: a crowd at the window asks the database
for nothing.
"""

from __future__ import annotations

import time

from sqlalchemy import select, text

from potluck.database import db
from potluck.live import broadcasts
from potluck.live.protocol import OpenLine, OpenRound, WatchedRound
from potluck.rooms import markdown, round_reads
from potluck.rooms.models import Round
from potluck.texts import gettext as _

LOOK_EVERY_SECONDS = 1
# The page that is made from it is kept for as long again.
SEEN_SECONDS = 0.5
# So long the end of a text stands there before another round takes its place.
SHOWN_AFTERWARDS_SECONDS = 15
CHARACTERS_MAX = 12_000
ENDS = {"done", "stopped"}

# One that is read stays, or else one that is being written comes before one that gathers lines.
FIND = """
    SELECT rounds.id FROM rounds
    JOIN rooms ON rooms.id = rounds.room_id AND rooms.doors_opened_at IS NOT NULL
    WHERE rounds.is_public AND coalesce(rounds.recipe_terms ->> 'kind', 'text') = 'text'
        AND (rounds.ended_at IS NULL OR rounds.ended_at > now() - make_interval(secs => :seconds))
        AND EXISTS (SELECT FROM contributions WHERE round_id = rounds.id)
    ORDER BY (rounds.id = :shown AND rounds.phase <> 'collecting') DESC,
        (rounds.phase = 'generating') DESC, (rounds.phase = 'collecting') DESC, rounds.id DESC
    LIMIT 1
"""
SEATS = text("""
    (SELECT json_object_agg(user_id, seat) FROM room_members
        WHERE room_id = rounds.room_id AND left_at IS NULL) AS seats
""")

_shown: OpenRound | None = None
# For pages, which are served by processes that don't look as well.
_seen: OpenRound | None = None
_seen_at = float("-inf")


def shown() -> OpenRound | None:
    """What those who watch through a socket of this process know."""
    return _shown


def told() -> WatchedRound:
    """The same, with the recipe called by its name in the reader's language."""
    return {"round": {**_shown, "title": _(_shown["title"])} if _shown else None}


def at_present() -> OpenRound | None:
    """What a page shows, at most half a second old."""
    global _seen, _seen_at  # noqa: PLW0603 - one state a process
    if time.monotonic() - _seen_at > SEEN_SECONDS:
        _seen_at = time.monotonic()
        _seen = _look(_seen)
    return _seen


def push_news() -> None:
    """The beat: tells those who watch what was added, or all of it where more has changed."""
    global _shown  # noqa: PLW0603 - one state a process
    before, now = _shown, _look(_shown)
    db.session.rollback()
    if now and before and now["id"] == before["id"]:
        now["piece"] = before["piece"]
    _shown = now
    if now == before:
        return
    added = _added(before, now) if now and before else ""
    if now and added:
        now["piece"] += 1
        broadcasts.open_text({"id": now["id"], "piece": now["piece"], "text": added})
    else:
        broadcasts.open_round(told)


def _added(before: OpenRound, now: OpenRound) -> str:
    """What was written since, where nothing else has changed."""
    is_longer = now["text"].startswith(before["text"])
    is_all = is_longer and {**now, "text": before["text"]} == before
    return now["text"].removeprefix(before["text"]) if is_all else ""


def _look(before: OpenRound | None) -> OpenRound | None:
    values = {"shown": before["id"] if before else 0, "seconds": SHOWN_AFTERWARDS_SECONDS}
    is_it = text(f"rounds.id = ({FIND})").bindparams(**values)
    found = next(iter(round_reads.read(select(Round).where(is_it), SEATS)), None)
    return _as_seen(*found) if found else None


def _as_seen(round_: Round, seats: dict[str, int] | None) -> OpenRound:
    generation = round_.generation
    written = generation.text[:CHARACTERS_MAX] if generation and round_.phase != "failed" else ""
    return {
        "id": round_.id,
        "piece": 0,
        "phase": round_.phase,
        "title": round_.kept_recipe.title,
        "lines": _lines(round_, seats or {}),
        "text": written,
        "html": str(markdown.rendered(written)) if round_.phase in ENDS else None,
        "cost_credits": generation.cost_credits if generation else None,
    }


def _lines(round_: Round, seats: dict[str, int]) -> list[OpenLine]:
    return [
        {
            "initials": line.user.initials,
            "hue": seats.get(str(line.user_id), 0),
            "text": line.text,
        }
        for line in round_.contributions
    ]
