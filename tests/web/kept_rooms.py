"""A room whose page is kept, and somebody who looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from flask import Flask
from werkzeug.test import TestResponse

from potluck.database import db
from potluck.rooms import rooms, rounds
from potluck.rooms.kept_pages import KeptPages
from potluck.rooms.models import Contribution, Generation
from potluck.rooms.recipes import recipe
from potluck.settings import Settings
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser, make_user
from tests.web.statements import statements

REQUEST_ID = "0123456789abcdef"
# The forms' token, which is signed anew each second.
TOKEN = re.compile(rb"I[jm][\w-]+\.[\w-]{6}\.[\w-]{27}")


class Look:
    """Somebody who looks at a room by way of the door."""

    def __init__(self, app: Flask, settings: Settings, client: Browser, path: str) -> None:
        self.client = client
        self.path = path
        self._app = app
        self._behind = app.wsgi_app
        self._door = KeptPages(app.wsgi_app, settings)

    def __enter__(self) -> Self:
        self._app.wsgi_app = self._door  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        self._app.wsgi_app = self._behind  # type: ignore[method-assign]

    def again(self) -> TestResponse:
        """One look."""
        return self.client.get(self.path, headers={"X-Request-Id": REQUEST_ID})

    def keep(self) -> None:
        """Looks until the page is kept."""
        # The first look keeps the forms' token with the session, and the next two the page.
        for _ in range(3):
            assert self.again().status_code == 200
        assert self.is_kept()

    def is_kept(self) -> bool:
        """Whether one question is all that a look takes."""
        db.session.remove()
        with statements() as asked:
            self.again()
        return len(asked) == 1

    def is_as_the_app_says(self) -> bool:
        """Whether both say the same to the letter."""
        said = self.again()
        self.__exit__()
        by_app = self.again()
        self.__enter__()
        are_same = TOKEN.sub(b"", said.data) == TOKEN.sub(b"", by_app.data)
        return are_same and sorted(said.headers) == sorted(by_app.headers)


@dataclass(frozen=True)
class Room:
    """Ada's and Ben's, where Cy has been invited; she looks at it."""

    look: Look
    ids: dict[str, int]


@contextmanager
def looked_at(
    app: Flask, settings: Settings, client: Browser, sign_in_as: SignInAs
) -> Iterator[Room]:
    """A room with an earlier round and a line in the newest; the door is open in the block."""
    ada = sign_in_as(client, "Ada", credits=10_000).id
    ben, cy = (make_user(name, credits=10_000).id for name in ("Ben", "Cy"))
    made = rooms.create_room([ada, ben])
    earlier = _earlier_round(ada, ben)
    round_ = rounds.open_round(made, recipe("story"))
    rounds.contribute(made, user_id=ada, line="A frog.")
    # With a clock that runs it would be another page each second.
    round_.closes_at = None
    db.session.commit()
    ids = {"ada": ada, "ben": ben, "cy": cy, "room": made.id, "round": round_.id}
    with Look(app, settings, client, f"/rooms/{made.code}") as look:
        yield Room(look, {**ids, "earlier": earlier})


def _earlier_round(*user_ids: int) -> int:
    """In the room that they sit in."""
    generation_id = histories.held_generation(dict.fromkeys(user_ids, 30))
    shares = dict.fromkeys(user_ids, 7)
    histories.end_generation(generation_id, shares, body="Once there was a frog.")
    round_id = db.session.get_one(Generation, generation_id).round_id
    for user_id in user_ids:
        db.session.add(Contribution(round_id=round_id, user_id=user_id, text="A toad."))
    db.session.commit()
    return round_id
