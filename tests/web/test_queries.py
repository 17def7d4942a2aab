"""How often a page asks the database: each question is a way there and back for everybody."""

from __future__ import annotations

import pytest

from potluck.database import db
from tests.conftest import SignInAs
from tests.people import Browser
from tests.rooms.sheet_people import publish
from tests.web.conftest import World
from tests.web.statements import statements

# What nobody has to be asked about: the session, and what its member has, is one of them.
STRANGERS = {
    "/": 3,
    "/sign-in": 0,
    "/credits/badge": 0,
    "/credits/balance": 0,
}
MEMBERS = {
    "/credits/badge": 1,
    "/credits/balance": 1,
    "/healthz": 0,
    "/billing/buy-button": 3,
    # Each of these asks more than three, as many as there are kinds of things on it: every
    # sheet's lines, people and marks are lists of their own, and so is what is on the statement.
    "/": 11,
    "/gallery": 6,
    "/sheets": 6,
    "/credits": 6,
    "/account": 4,
    # The room, those who sit there, its round, the lines, the rounds before, what a round costs,
    # and of whoever looks: balance, pot, draft, last line, what they remix.
    "room": 17,
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
    path = world.path("GET /rooms/<code>") if name == "room" else name
    _ask(client, path, MEMBERS[name])


def _ask(client: Browser, path: str, most: int) -> None:
    # The first look at a page with a form keeps the form's token with the session.
    assert client.get(path).status_code in {200, 401}
    db.session.remove()
    with statements() as asked:
        client.get(path)
    assert len(asked) <= most, "\n".join(asked)
    assert not [each for each in asked if each.strip().startswith(("INSERT", "UPDATE", "DELETE"))]
