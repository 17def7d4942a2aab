"""How often a page asks the database: each question is a way there and back for everybody."""

from __future__ import annotations

import pytest

from potluck.database import db
from tests.conftest import RunBy, SignInAs
from tests.people import Browser
from tests.rooms.sheet_people import publish
from tests.web.conftest import World
from tests.web.statements import statements

# What nobody has to be asked about. With the session comes what its member has, and what every
# page shows: that is one of them.
STRANGERS = {
    "/": 2,
    "/sign-in": 0,
    "/gallery": 1,
    "/credits/badge": 0,
    "/credits/balance": 0,
}
MEMBERS = {
    "/credits/badge": 1,
    "/credits/balance": 1,
    "/healthz": 0,
    "/billing/buy-button": 1,
    "/": 3,
    "/gallery": 2,
    "/sheets": 2,
    "/credits": 3,
    "/account": 3,
    "/pool": 1,
    "room": 3,
    "composer": 3,
    # Who sees it, its lines, its people, its marks, whether they were in it, what it remixes, and
    # who paid: each is a question of its own still.
    "sheet": 9,
}
PLACES = {
    "room": "GET /rooms/<code>",
    "composer": "GET /rooms/<code>/composer",
    "sheet": "GET /sheets/<sheet_slug>",
}


@pytest.mark.parametrize("path", STRANGERS)
def test_a_stranger_costs_the_database_no_more(client: Browser, world: World, path: str) -> None:
    publish(world.sheet_slug)
    _ask(client, path, STRANGERS[path])


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_costs_the_database_no_more(
    client: Browser, world: World, sign_in_as: SignInAs, name: str
) -> None:
    publish(world.sheet_slug)
    sign_in_as(client, "Ada")
    path = world.path(PLACES[name]) if name in PLACES else name
    _ask(client, path, MEMBERS[name])


def test_an_operator_costs_the_database_no_more(
    client: Browser, world: World, sign_in_as: SignInAs, run_by: RunBy
) -> None:
    run_by(sign_in_as(client, "Ada"))
    assert "/admin" in client.get("/").text
    _ask(client, "/", MEMBERS["/"])


def _ask(client: Browser, path: str, most: int) -> None:
    # The first look at a page with a form keeps the form's token with the session.
    assert client.get(path).status_code in {200, 303, 401}
    db.session.remove()
    with statements() as asked:
        client.get(path)
    assert len(asked) <= most, "\n".join(asked)
    assert not [each for each in asked if each.strip().startswith(("INSERT", "UPDATE", "DELETE"))]
