"""A scripted model in a process of its own, and a table of people to play with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from potluck.accounts.models import User
from potluck.credits import ledger, pricing
from potluck.credits.audit import audit
from potluck.database import db
from potluck.rooms import generation, leases, orders, rooms, rounds
from potluck.rooms.models import Room, Round
from potluck.rooms.recipes import recipe
from tests.conftest import SignInAs
from tests.people import Browser, make_user
from tests.rooms.four import ADA, BEN, CHIYO, DARA, NAMES, Four
from tests.sandbox.processes import stand_in


@pytest.fixture(autouse=True)
def _credits_add_up(database: None) -> Iterator[None]:
    yield
    db.session.remove()
    report = audit()
    assert report.is_clean, report.faults


@dataclass
class Table:
    """A room with people in it, and what they do together."""

    app: Flask
    room_id: int
    people: list[User]

    @property
    def room(self) -> Room:
        """The room; a request in between ended the session that it was read in."""
        return db.session.get_one(Room, self.room_id)

    def set(self, **changed: object) -> None:
        """Other settings from now on, until the test ends."""
        before = self.app.extensions["settings"]
        self.app.extensions["settings"] = before.model_copy(update=changed)

    def use_model(self, name: str) -> None:
        """The installation's model from now on, at a price of its own."""
        self.set(openai_model=name)
        pricing.set_price(name, input_credits_per_million=1_000, output_credits_per_million=40_000)
        db.session.commit()

    def add_lines(self, *lines: str) -> None:
        """Each of the first people adds a line."""
        for person, line in zip(self.people, lines, strict=False):
            rounds.contribute(self.room, user_id=person.id, line=line)
        db.session.commit()

    def start(self) -> None:
        """Holds everybody's share and orders the text."""
        orders.order(self.room)
        db.session.commit()

    def write(self) -> Round:
        """Runs the order as a live process does; the round as it then is."""
        lease = leases.claim()
        assert lease
        generation.run(lease)
        return self.round

    @property
    def round(self) -> Round:
        """The newest round, read afresh."""
        db.session.expire_all()
        round_ = rounds.current_round(self.room)
        assert round_
        return round_

    def balances(self) -> list[tuple[int, int]]:
        """Posted and held, by person."""
        return [(b.posted, b.held) for b in (ledger.balance(p.id) for p in self.people)]


@dataclass
class Seats:
    """Ada's and Ben's browsers, on the page of their room."""

    table: Table
    browsers: list[Browser]

    @property
    def path(self) -> str:
        return f"/rooms/{self.table.room.code}"

    def add_lines(self) -> None:
        """Everybody adds one, and with the last the round starts."""
        for browser in self.browsers:
            answer = self.send(browser, "contribution", line="A frog who sings.")
            assert answer.status_code == 303

    def send(self, browser: Browser, what: str, **fields: str) -> TestResponse:
        """A form of the page, with the round that it shows unless told otherwise."""
        number = str(self.table.round.number)
        return browser.submit(f"{self.path}/{what}", page=self.path, **{"round": number, **fields})

    def balances(self) -> list[tuple[int, int]]:
        """Posted and held, as each of them sees it."""
        seen = [browser.get("/credits/balance").get_json() for browser in self.browsers]
        return [(numbers["posted"], numbers["held"]) for numbers in seen]


@pytest.fixture(scope="module")
def painter_url() -> Iterator[str]:
    """A scripted model that draws, in a process of its own."""
    with stand_in("sandbox.models.painter", ready_path="/health") as url:
        yield url


@pytest.fixture
def table(app: Flask, database: None, model_url: str) -> Iterator[Table]:
    """Ada and Ben with a thousand credits each, in a room whose first round is open."""
    before = app.extensions["settings"]
    app.extensions["settings"] = before.model_copy(update={"openai_base_url": f"{model_url}/v1"})
    people = [make_user("Ada", credits=1000), make_user("Ben", credits=1000)]
    for person in people:
        db.session.refresh(person)
        db.session.expunge(person)
    room = rooms.create_room([person.id for person in people])
    rounds.open_round(room, recipe("story"))
    db.session.commit()
    yield Table(app, room.id, people)
    app.extensions["settings"] = before


@pytest.fixture
def four(table: Table, browser: Callable[[], Browser], sign_in_as: SignInAs) -> Four:
    """Ada, Ben, Chiyo and Dara at one table, with a thousand credits and a browser each."""
    for name in NAMES[CHIYO:]:
        person = make_user(name)
        rooms.join(table.room, person.id)
        db.session.commit()
        db.session.refresh(person)
        db.session.expunge(person)
        table.people.append(person)
    browsers = [browser() for _ in NAMES]
    for one, name in zip(browsers, NAMES, strict=True):
        sign_in_as(one, name, credits=0 if name in NAMES[:CHIYO] else 1000)
    return Four(table, browsers)


@pytest.fixture
def short(four: Four) -> Four:
    """Chiyo added a line and then spent her credits elsewhere; Dara's line was the last."""
    four.add_lines(ADA, BEN, CHIYO)
    four.take_all(CHIYO)
    four.add_lines(DARA)
    return four


@pytest.fixture
def seats(table: Table, browser: Callable[[], Browser], sign_in_as: SignInAs) -> Seats:
    """Ada and Ben at the table, signed in."""
    browsers = [browser() for _ in table.people]
    for own, person in zip(browsers, table.people, strict=True):
        sign_in_as(own, person.name)
    return Seats(table, browsers)
