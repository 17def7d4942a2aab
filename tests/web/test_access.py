"""Everybody gets what is theirs, at every address there is."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import RunBy, SignInAs
from tests.people import Browser
from tests.web.conftest import World
from tests.web.routes import ROUTES, WEBHOOK

OPERATORS_FIELDS = {
    "slug": "taster",
    "name": "Taster",
    "credits": "2000",
    "amount": "2",
    "currency": "usd",
    "model": "another",
    "input": "1",
    "output": "1",
    "key": "1f0e4a52-6d0c-4a5b-9f38-0f0a1b2c3d4e",
    "sentence": "Back at eight.",
}
ROUND_FIELDS = {"recipe": "story", "line": "A cellar.", "vote": "agree"}
IMPLIED_METHODS = {"HEAD", "OPTIONS"}


def rules(app: Flask) -> set[str]:
    """Every rule of the app, as `ROUTES` names them."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - IMPLIED_METHODS
    }


def status(browser: Browser, world: World, route: str, *, form_token: str = "") -> int:
    """What somebody gets who asks for it, or sends its form."""
    path = world.path(route)
    if route.startswith("GET "):
        return browser.get(path).status_code
    fields = {"pack": "taster", **ROUND_FIELDS, **OPERATORS_FIELDS}
    if form_token or route == WEBHOOK:
        return browser.post(path, data={"csrf_token": form_token, **fields}).status_code
    return browser.submit(path, **fields).status_code


def test_every_address_has_a_row_and_every_row_an_address(app: Flask) -> None:
    assert rules(app) - set(ROUTES) == set(), "these have no row: say who gets what"
    assert set(ROUTES) - rules(app) == set(), "these are gone"


@pytest.mark.parametrize("route", ROUTES)
def test_somebody_who_is_signed_out(
    world: World, passer_by: tuple[Browser, str], route: str
) -> None:
    browser, form_token = passer_by
    assert status(browser, world, route, form_token=form_token) == ROUTES[route].signed_out


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger(world: World, client: Browser, sign_in_as: SignInAs, route: str) -> None:
    sign_in_as(client, "Mallory", credits=10_000)
    assert status(client, world, route) == ROUTES[route].stranger


@pytest.mark.parametrize("route", ROUTES)
def test_the_member_whose_it_is(
    world: World, client: Browser, sign_in_as: SignInAs, route: str
) -> None:
    sign_in_as(client, "Ada")
    assert status(client, world, route) == ROUTES[route].member


@pytest.mark.parametrize("route", ROUTES)
def test_the_operator(
    world: World, client: Browser, sign_in_as: SignInAs, run_by: RunBy, route: str
) -> None:
    run_by(sign_in_as(client, "Olga", credits=10_000))
    assert status(client, world, route) == ROUTES[route].operator


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("GET ")])
def test_whoever_is_led_to_sign_in_is_led_back(world: World, client: Browser, route: str) -> None:
    if ROUTES[route].signed_out != 303:
        return
    path = world.path(route)
    assert client.get(path).location == f"/sign-in?next={path}"


def test_a_stranger_is_shown_an_invitation_and_nothing_of_the_room(
    world: World, client: Browser, sign_in_as: SignInAs
) -> None:
    sign_in_as(client, "Mallory")
    page = client.get(f"/rooms/{world.room_code}").get_data(as_text=True)
    assert "Join this room" in page
    assert "A frog." not in page
