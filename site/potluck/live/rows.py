"""Writes who is connected to this process, in batches, for the other processes to read."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from potluck.announcements import CHANNEL
from potluck.database import db
from potluck.live import crowd, presence, processes
from potluck.live.presence import Onlooker

# One statement, whatever happened since the last. It says how things are and not what changed,
# so that to write it twice does no harm.
WRITE = text("""
    WITH people_gone AS (
        DELETE FROM live_people WHERE process_id = :id AND person = ANY(:people_gone)
    ), people_here AS (
        INSERT INTO live_people (process_id, person, connections)
        SELECT :id, person, connections
        FROM unnest(CAST(:people AS text[]), CAST(:connections AS int[]))
            AS here (person, connections)
        ON CONFLICT (process_id, person) DO UPDATE SET connections = excluded.connections
    ), onlookers_gone AS (
        DELETE FROM live_onlookers
        USING unnest(CAST(:rooms_left AS bigint[]), CAST(:users_gone AS bigint[]))
            AS gone (room, who)
        WHERE process_id = :id AND room_id = room AND user_id = who
    ), onlookers_here AS (
        INSERT INTO live_onlookers (process_id, room_id, user_id)
        SELECT :id, room, who
        FROM unnest(CAST(:rooms AS bigint[]), CAST(:users AS bigint[])) AS here (room, who)
        ON CONFLICT DO NOTHING
    )
    SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload
""")


def write_changes() -> None:
    """Writes whatever changed since the last beat, and tells the other processes."""
    if processes.current_id() == processes.NOBODY:
        _begin()
    people, onlookers = crowd.take_changes(), presence.take_changes()
    if not people and not onlookers:
        return
    try:
        _write(people, onlookers)
    except Exception as error:
        crowd.write_again(set(people))
        presence.write_again(set(onlookers))
        # There is no such process any more: others have buried it while it slept, or a crash of
        # PostgreSQL has emptied the table. Its next look at the lease tells, and everything is
        # written under a new one.
        if not isinstance(error, IntegrityError):
            raise


def _begin() -> None:
    processes.take_lease()
    crowd.write_again()
    presence.write_again()


def _write(people: dict[str, int], onlookers: dict[Onlooker, bool]) -> None:
    here = [each for each, is_here in onlookers.items() if is_here]
    gone = [each for each, is_here in onlookers.items() if not is_here]
    connected = {person: number for person, number in people.items() if number}
    parameters = {
        "id": processes.current_id(),
        "people_gone": [person for person in people if person not in connected],
        "people": list(connected),
        "connections": list(connected.values()),
        "rooms_left": [each.room_id for each in gone],
        "users_gone": [each.user_id for each in gone],
        "rooms": [each.room_id for each in here],
        "users": [each.user_id for each in here],
        "channel": CHANNEL,
        "payloads": _payloads(people, onlookers),
    }
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(WRITE, parameters)


def _payloads(people: dict[str, int], onlookers: dict[Onlooker, bool]) -> list[str]:
    news: list[dict[str, Any]] = [{"kind": "people"}] if people else []
    rooms = sorted({each.room_id for each in onlookers})
    news += [{"kind": "presence", "room_id": room_id} for room_id in rooms]
    return [json.dumps(each) for each in news]
