"""The newest round of a room with what came of it, to be read: in one question with those before.

What it says of the sheet and of the payers belongs to the round that is the newest there: it is
never that of another, whatever happens meanwhile.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import text

from potluck import json_rows
from potluck.credits import payers
from potluck.credits.payers import Payer
from potluck.rooms import round_reads, sheet_reads
from potluck.rooms.models import Room, Round
from potluck.rooms.sheet_models import Sheet

ITS_GENERATION = "(SELECT id FROM generations WHERE round_id = rounds.id)"
# Nothing of those before it.
OUTCOME_VALUE = f"""
    CASE WHEN NOT EXISTS (
        SELECT FROM rounds later
        WHERE later.room_id = rounds.room_id AND later.number > rounds.number
    ) THEN json_build_object(
        'sheet', (
            SELECT json_build_object('row', to_json(sheets), 'people', ({sheet_reads.PEOPLE}))
            FROM sheets WHERE sheets.round_id = rounds.id
        ),
        'payers', CASE WHEN rounds.from_pot
            THEN ({payers.PAYERS.format(generation_id=ITS_GENERATION)}) END
    ) END
"""  # noqa: S608 - put together from constants
OUTCOME = text(f"{OUTCOME_VALUE} AS outcome")


class Newest(NamedTuple):
    """The round, its sheet with those in it, and who pays for it if the pot does."""

    round: Round
    sheet: Sheet | None
    payers: list[Payer]

    @property
    def paying(self) -> set[int]:
        """Their ids."""
        return {payer.user_id for payer in self.payers}


def read(room: Room) -> Newest | None:
    """None in a room where no round was opened yet."""
    found = read_with_earlier(room, earlier_max=0)
    return found[0] if found else None


def read_with_earlier(room: Room, *, earlier_max: int) -> tuple[Newest, list[Round]] | None:
    """The newest and those before it, newest first."""
    rows = round_reads.newest(room, OUTCOME, rounds_max=1 + earlier_max)
    if not rows:
        return None
    (round_, outcome), *earlier = rows
    return _newest(round_, outcome), [row[0] for row in earlier]


def _newest(round_: Round, outcome: dict[str, Any]) -> Newest:
    return Newest(round_, _sheet(round_, outcome["sheet"]), payers.as_payers(outcome["payers"]))


def _sheet(round_: Round, row: dict[str, Any] | None) -> Sheet | None:
    """What it made, if it has ended and made something."""
    if row is None or round_.generation is None or not round_.generation.is_something:
        return None
    return sheet_reads.with_people(json_rows.entity(Sheet, row["row"]), row["people"] or [])
