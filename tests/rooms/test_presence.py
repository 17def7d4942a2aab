"""What a room couldn't be told at once, it is told later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from potluck.database import db
from potluck.live import presence
from potluck.rooms import entrance, rooms
from tests.people import make_user


@pytest.fixture
def room_ids(database: None) -> Iterator[list[int]]:
    """Two rooms that somebody looks at, through sockets of this process."""
    made = []
    for number, name in enumerate(("Ada", "Ben")):
        user = make_user(name)
        room = rooms.create_room([user.id])
        db.session.commit()
        presence.enter_room(f"socket-{number}", room_id=room.id, user_id=user.id)
        made.append(room.id)
    yield made
    for number in range(len(made)):
        presence.leave_room(f"socket-{number}")


def test_a_room_that_is_locked_while_it_is_told_is_told_on_the_next_beat(
    room_ids: list[int], owner: Engine
) -> None:
    for room_id in room_ids:
        presence.room_changed(room_id=room_id)
    with owner.connect() as holder:
        holder.execute(text("SELECT FROM rooms WHERE id = ANY(:ids) FOR UPDATE"), {"ids": room_ids})
        db.session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(OperationalError):
            entrance.push_presence()
        db.session.rollback()
    assert presence.take_stale_rooms() == set(room_ids)
