"""How often a page asks the database: each question is a way there and back for everybody.

With the session comes what its member has, and what every page shows: that is one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from potluck.database import db
from potluck.live import pool
from potluck.rooms import doors, entrance, rooms, rounds, window
from potluck.rooms.recipes import recipe
from tests.conftest import RunBy, SignInAs
from tests.people import Browser, make_user
from tests.rooms.sheet_people import publish
from tests.web import room_states
from tests.web.conftest import World
from tests.web.routes import ROUTES
from tests.web.statements import statements

PAGE_MAX = 3
WRITES = ("INSERT", "UPDATE", "DELETE")

# Of somebody who runs the installation, sits in a room, made a sheet, and buys: all that there is
# can be on these pages.
READ = {
    "GET /": 3,
    "GET /healthz": 0,
    "GET /readyz": 1,
    "GET /metrics": 0,
    "GET /sign-in": 1,
    "GET /sign-in/<provider>": 1,
    "GET /sign-in/<provider>/callback": 1,
    "GET /account": 3,
    # A file: a question for each kind of thing in it, row by row.
    "GET /account/export": 99,
    "GET /account/deletion": 1,
    "GET /credits": 3,
    "GET /credits/statement.csv": 2,
    "GET /credits/charges/<int:hold_id>": 3,
    "GET /credits/balance": 1,
    "GET /credits/badge": 1,
    "GET /billing/buy-button": 1,
    "GET /billing/checkouts/<uuid:purchase_id>": 2,
    "GET /billing/checkouts/<uuid:purchase_id>/status": 2,
    "GET /billing/card": 2,
    "GET /pool": 1,
    "GET /pool/ticket": 1,
    "GET /rooms": 1,
    "GET /rooms/open": 2,
    "GET /rooms/<code>": 3,
    "GET /rooms/<code>/watch": 2,
    "GET /rooms/<code>/invitation.svg": 2,
    "GET /rooms/<code>/composer": 3,
    "GET /rooms/<code>/round": 3,
    "GET /sheets": 2,
    "GET /sheets/<sheet_slug>": 3,
    "GET /sheets/<sheet_slug>/preview.png": 1,
    "GET /sheets/<sheet_slug>/reactions": 2,
    "GET /rooms/<code>/rounds/<int:number>/sheet": 4,
    "GET /gallery": 2,
    "GET /gallery/news": 1,
    "GET /pictures/<name>": 2,
    "GET /styleguide": 1,
    "GET /admin": 3,
    "GET /admin/tiles": 2,
    "GET /admin/streams": 3,
    "GET /admin/holds": 2,
    "GET /admin/members": 2,
    "GET /admin/members/<int:user_id>": 3,
    "GET /admin/switches": 2,
    "GET /admin/trail": 2,
    "GET /admin/purchases": 3,
    "GET /admin/purchases/<uuid:purchase_id>": 2,
    "GET /admin/prices": 3,
    "GET /admin/sheets": 2,
    "GET /admin/models": 3,
}
NO_PAGES = {"GET /account/export", "GET /rooms/<code>/rounds/<int:number>/sheet"}
STRANGERS = {
    "/": 2,
    "/sign-in": 0,
    "/gallery": 1,
    "/gallery?recipe=story": 1,
    "/credits/badge": 0,
    "/credits/balance": 0,
    "/pool": 0,
    "GET /sheets/<sheet_slug>": 2,
    "GET /sheets/<sheet_slug>/reactions": 1,
    "GET /sheets/<sheet_slug>/preview.png": 1,
    "/nowhere": 0,
}
# What a room shows to those who sit there, whatever goes on.
SEATED = (
    room_states.collecting,
    room_states.waiting_for_credits,
    room_states.treated,
    room_states.from_pot,
    room_states.begun_as_a_remix,
    room_states.written,
    room_states.paid_by_the_pot,
    room_states.drawn,
    room_states.being_written,
    room_states.failed,
    room_states.put_away,
)
SECONDS_LEFT = text("""
    SELECT extract(epoch FROM expires_at - now()) FROM pool_entries WHERE user_id = :user_id
""")
PURCHASES = {"created": 2, "open": 2, "paid": 3, "processing": 2, "failed": 2, "expired": 2}
# Of these Stripe is asked on the way to the page: tests/billing/test_returning.py counts there.
UNFINISHED = {"open", "processing"}
FURTHER = {
    "/gallery?before={sheet}": 3,
    "/gallery?recipe=story": 2,
    "/sheets?before={sheet}": 2,
    "/credits?before=9999999999999999-0-0": 3,
    "/sheets/{sheet}?reported=yes": 3,
    "/admin/members?q=a&page=2": 2,
    "/admin/purchases?q=a": 3,
    "/admin/streams?page=2": 3,
    "/nowhere": 0,
}


class Case(NamedTuple):
    """What somebody sees who has no seat at a room, in some state of it."""

    state: Callable[[World], None]
    path: str
    number: int


UNSEATED = {
    "an invitation": Case(room_states.collecting, "", 2),
    "an invitation to a full room": Case(room_states.full, "", 2),
    "from the window": Case(room_states.full, "/watch", 3),
    "the round from the window": Case(room_states.full, "/round", 3),
    "a closed room": Case(room_states.closed, "", 2),
}


def test_everything_that_is_read_has_a_number() -> None:
    assert {each for each in ROUTES if each.startswith("GET ")} == set(READ)


def test_no_page_has_more_than_three() -> None:
    assert {route for route, number in READ.items() if number > PAGE_MAX} == NO_PAGES


def test_whoever_has_everything_costs_the_database_no_more(
    ada: Browser, world: World, run_by: RunBy, sign_in_as: SignInAs
) -> None:
    run_by(sign_in_as(ada, "Ada"))
    assert "/admin" in ada.get("/").text
    numbers = {route: _number(ada, world.path(route)) for route in READ}
    parts = numbers.pop("GET /account/export")
    assert numbers == {route: READ[route] for route in numbers}
    assert PAGE_MAX < parts < READ["GET /account/export"]


def test_further_pages_cost_the_database_no_more(
    ada: Browser, world: World, run_by: RunBy, sign_in_as: SignInAs
) -> None:
    run_by(sign_in_as(ada, "Ada"))
    numbers = {path: _number(ada, path.format(sheet=world.sheet_slug)) for path in FURTHER}
    assert numbers == FURTHER


def test_a_stranger_costs_the_database_no_more(client: Browser, world: World) -> None:
    publish(world.sheet_slug)
    numbers = {
        path: _number(client, world.path(path) if " " in path else path) for path in STRANGERS
    }
    assert numbers == STRANGERS


def test_an_open_room_costs_a_stranger_one_more(
    client: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(world.sheet_slug)
    user_id = make_user("Kim", credits=1_000).id
    room = rooms.create_room([user_id])
    rounds.open_round(room, recipe("story"))
    doors.open_doors(room)
    rounds.contribute(room, user_id=user_id, line="A frog.", is_for_strangers=True)
    db.session.commit()
    # Looked at anew each time.
    monkeypatch.setattr(window, "SEEN_SECONDS", -1)
    assert "A frog." in client.get("/").text
    assert _number(client, "/") == STRANGERS["/"] + 1


@pytest.mark.parametrize("state", SEATED)
def test_a_room_asks_no_more_whatever_goes_on(
    ada: Browser, world: World, state: Callable[[World], None]
) -> None:
    state(world)
    parts = ("", "/composer", "/round")
    numbers = {part: _number(ada, f"/rooms/{world.room_code}{part}") for part in parts}
    assert numbers == dict.fromkeys(parts, PAGE_MAX)


@pytest.mark.parametrize("name", UNSEATED)
def test_a_room_asks_no_more_for_whoever_has_no_seat(
    ada: Browser, world: World, browser: Callable[[], Browser], sign_in_as: SignInAs, name: str
) -> None:
    case, other = UNSEATED[name], browser()
    case.state(world)
    sign_in_as(other, "Mallory")
    assert _number(other, f"/rooms/{world.room_code}{case.path}") == case.number


def test_what_is_left_of_a_room_asks_no_more(ada: Browser, world: World) -> None:
    room_states.closed(world)
    assert _number(ada, f"/rooms/{world.room_code}") == PAGE_MAX


def test_whoever_has_no_credits_is_offered_packs_and_asks_no_more(
    ada: Browser, world: World, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    other = browser()
    penny = sign_in_as(other, "Penny").id
    rooms.join(room_states.room(world), penny)
    db.session.commit()
    paths = ("/", f"/rooms/{world.room_code}", "/credits", "/billing/buy-button")
    for path in paths:
        assert 'name="pack"' in other.get(path).text, path
        assert _number(other, path) <= PAGE_MAX, path


@pytest.mark.parametrize("state", SEATED)
def test_a_socket_that_comes_to_a_room_asks_no_more_than_a_page(
    app: Flask, world: World, state: Callable[[World], None]
) -> None:
    state(world)
    db.session.remove()
    with app.test_request_context(), statements() as asked:
        room_id = entrance.visible_room(world.room_code, world.user_id)
        assert entrance.room_state(room_id, generation_id=None, last_seq=0)["round"]
    assert len(asked) == PAGE_MAX


def test_the_pool_asks_no_more_and_renews_a_place(
    ada: Browser, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    waiting = browser()
    user = sign_in_as(waiting, "Penny", credits=1_000)
    for path in ("/pool", "/pool/ticket"):
        assert len(_asked(waiting, path)) == PAGE_MAX
    for path in ("/pool", "/pool/ticket"):
        assert pool.join(user.id)
        assert len(_asked(waiting, path)) == 2
        assert db.session.scalar(SECONDS_LEFT, {"user_id": user.id}) > pool.PLACE_SECONDS
        pool.leave(user.id)
        db.session.commit()


@pytest.mark.parametrize("state", PURCHASES)
def test_a_purchase_asks_no_more_however_far_it_is(ada: Browser, world: World, state: str) -> None:
    change = text("""
        UPDATE purchases SET state = CAST(:state AS text),
            checkout_session_id = 'cs_1', checkout_url = 'https://x',
            paid_at = CASE WHEN CAST(:state AS text) = 'paid' THEN now() END,
            paid_minor = CASE WHEN CAST(:state AS text) = 'paid' THEN amount_minor END
        WHERE id = :id
    """)
    if state != "created":
        db.session.execute(change, {"state": state, "id": world.purchase_id})
        db.session.commit()
    page = f"/billing/checkouts/{world.purchase_id}"
    for path in (f"{page}/status", *([] if state in UNFINISHED else [page])):
        assert _number(ada, path) == PURCHASES[state]


def _number(client: FlaskClient, path: str) -> int:
    """How often a page asks that is looked at again, and only reads."""
    asked = _asked(client, path)
    assert not [each for each in asked if each.strip().startswith(WRITES)], path
    return len(asked)


def _asked(client: FlaskClient, path: str) -> list[str]:
    # The first look at a page with a form keeps the form's token with the session.
    client.get(path)
    db.session.remove()
    with statements() as asked:
        client.get(path)
    return asked
